import type { SerializableClass } from "./serialization.js";

/** What a configuration can name beside Keras's own classes: a class of the user's, or a function. */
export type CustomObject =
  | (abstract new (
      ...args: never[]
    ) => object)
  | SerializableClass<unknown>
  | ((...args: never[]) => unknown);

/** Classes and functions by the names that a file knows them under. */
export type CustomObjects = Readonly<Record<string, CustomObject>>;

const registered = new Map<string, CustomObject>();
const namesOf = new WeakMap<CustomObject, string>();
/** What the scopes around give, innermost last. */
let scopes: CustomObjects[] = [];

/**
 * Makes a class or function known to loading, under `package>name`. A decorator, or to be called with the class:
 *
 * ```ts
 * const Scale = registerKerasSerializable("mine")(class Scale extends Layer { … });
 * ```
 *
 * @param packageName default `"Custom"`
 * @param name default: the class's `className`, else its name. Minifiers rename classes, so give it where code is minified.
 * @throws if the name is taken by another class
 * @see https://keras.io/api/models/model_saving_apis/serialization_utils/#register_keras_serializable-function
 */
export function registerKerasSerializable(packageName = "Custom", name?: string) {
  return <T extends CustomObject>(object: T, _context?: unknown): T => {
    const full = `${packageName}>${name ?? ownClassName(object)}`;
    const known = registered.get(full);
    if (known && known !== object)
      throw new Error(
        `${full} has already been registered to another class or function. Choose another name.`,
      );
    registered.set(full, object);
    namesOf.set(object, full);
    return object;
  };
}

/** Whether a class or function was registered. */
export function isRegistered(object: CustomObject): boolean {
  return namesOf.has(object);
}

/** The name that a class or function was registered under; else its own name. */
export function getRegisteredName(object: CustomObject): string {
  return namesOf.get(object) ?? ownClassName(object);
}

/**
 * The class or function of that name, from `customObjects`, the scopes around, or registration.
 * @returns undefined if there is none
 */
export function getRegisteredObject(
  name: string | null | undefined,
  customObjects: CustomObjects = {},
): CustomObject | undefined {
  if (!name) return undefined;
  for (const objects of [customObjects, ...[...scopes].reverse()])
    if (Object.hasOwn(objects, name)) return objects[name];
  return registered.get(name);
}

/** All that is registered, and what the scopes around give. */
export function getCustomObjects(): CustomObjects {
  return Object.assign(Object.create(null), Object.fromEntries(registered), ...scopes);
}

/**
 * Runs `body`, in which configurations may name these classes and functions. `models.loadModel` called in `body` keeps them
 * until it has finished.
 * @see https://keras.io/api/models/model_saving_apis/serialization_utils/#customobjectscope-class
 */
export function customObjectScope<R>(objects: CustomObjects, body: () => R): R {
  const outer = scopes;
  scopes = [...outer, objects];
  try {
    return body();
  } finally {
    scopes = outer;
  }
}

/** A class's name as data (`className` of its own), else what the code calls it. */
export function ownClassName(object: CustomObject): string {
  return Object.hasOwn(object, "className")
    ? (object as unknown as SerializableClass<unknown>).className
    : (object as { readonly name: string }).name;
}
