import { snakeCase } from "./naming.js";
import {
  type CustomObject,
  getRegisteredName,
  getRegisteredObject,
  isRegistered,
  ownClassName,
} from "./registration.js";
import { shared, sharedObject } from "./sharedObjects.js";
import { didYouMean } from "./suggest.js";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Keras's configuration dictionaries, with Keras's own snake_case keys. */
export type Config = { [key: string]: Json };

/** How Keras writes an object: its class and what its constructor needs. */
export interface SerializedObject {
  readonly module: string | null;
  readonly class_name: string;
  readonly config: Config | string;
  readonly registered_name: string | null;
  readonly build_config?: Config;
  readonly compile_config?: Config;
  readonly shared_object_id?: number;
}

export interface Serializable {
  getConfig(): Config;
  /** The shapes that it was built for, if it is built. */
  getBuildConfig?(): Config | undefined;
  /** How it is trained; empty if it is not compiled. */
  getCompileConfig?(): Json;
}

/** A class that can be written and read. Minifiers rename classes, so the name is data. */
export interface SerializableClass<T> {
  readonly className: string;
  /** The name that Keras exports it under, where that is another. */
  readonly exportedAs?: string;
  /** Keras's module, such as `"keras.layers"`; users' own classes have none. */
  readonly module: string | null;
  /** @param registry where classes of objects inside of the configuration are found */
  fromConfig(config: Config, registry?: Registry<T>): T;
}

/** `{ module, class_name, config, registered_name, … }`, as Keras's `serialize_keras_object` gives it. */
export function serializeObject(object: Serializable): Json {
  return sharedObject(object, () => {
    const cls = object.constructor as unknown as SerializableClass<unknown>;
    // a subclass of the user's inherits Keras's names without being that class
    const isKeras = Object.hasOwn(cls, "className") && !isRegistered(cls);
    const module = isKeras ? (cls.module ?? null) : null;
    const build = object.getBuildConfig?.();
    const compile = object.getCompileConfig?.();
    return {
      module,
      class_name: (isKeras && cls.exportedAs) || ownClassName(cls),
      config: object.getConfig(),
      // only what Keras exports goes without
      registered_name: module && !module.startsWith("keras.src.") ? null : getRegisteredName(cls),
      ...(build ? { build_config: build } : {}),
      ...(compile === undefined || compile === null ? {} : { compile_config: compile }),
    };
  });
}

/** Whether a value is a dictionary that names a class. */
export function isSerializedObject(value: unknown): value is SerializedObject {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.hasOwn(value, "class_name") &&
    typeof (value as SerializedObject).class_name === "string"
  );
}

/** What a registry has beside classes. */
export interface RegistryOptions<T> {
  /** Makes an object of a registered function, where functions can stand for objects. */
  readonly fromFunction?: (fn: never) => T;
  /** Whether classes are known in snake case too: `mean_squared_error`. */
  readonly snakeCase?: boolean;
  /** Names of classes that are registered only when somebody wants one. */
  readonly later?: readonly string[];
}

/** The classes of one kind, by the names that Keras knows them under. */
export class Registry<T> {
  readonly #classes = new Map<string, SerializableClass<T>>();
  readonly #fromFunction: ((fn: never) => T) | undefined;
  readonly #namesOf: (className: string) => string[];
  readonly #later: readonly string[];
  #finish: ((object: never, config: SerializedObject) => void) | undefined;

  /**
   * @param kind for messages: `"layer"`, `"loss"`, …
   * @param classes found by class name
   * @param aliases further names of classes, such as `{ mse: MeanSquaredError }` or `{ mse: "MeanSquaredError" }`
   */
  constructor(
    readonly kind: string,
    classes: readonly SerializableClass<T>[],
    aliases: Readonly<Record<string, SerializableClass<T> | string>> = {},
    options: RegistryOptions<T> = {},
  ) {
    this.#namesOf = (name) => (options.snakeCase ? [name, snakeCase(name)] : [name]);
    this.#later = (options.later ?? []).flatMap(this.#namesOf);
    this.#fromFunction = options.fromFunction;
    for (const cls of classes) this.register(cls);
    for (const [alias, cls] of Object.entries(aliases))
      this.#classes.set(alias, typeof cls === "string" ? this.find(cls) : cls);
  }

  /** Makes a further class known. */
  register(cls: SerializableClass<T>): void {
    for (const name of this.#namesOf(cls.className)) this.#classes.set(name, cls);
  }

  /** Whether a name or a dictionary stands for a class that is still to be registered. */
  awaits(identifier: unknown): boolean {
    const name = isSerializedObject(identifier) ? identifier.class_name : identifier;
    return typeof name === "string" && !this.#classes.has(name) && this.#later.includes(name);
  }

  /** Says what is done with each object once it is made from a dictionary. */
  finishWith(finish: (object: T, config: SerializedObject) => void): void {
    this.#finish = finish;
  }

  /** @throws if there is no such name; the message suggests the nearest one */
  find(name: string): SerializableClass<T> {
    const cls = this.#classes.get(name);
    if (cls) return cls;
    throw new Error(
      `Unknown ${this.kind}: '${name}'.${didYouMean(name, this.names())} If it is a class of your own, make it known with registerKerasSerializable or \`customObjects\`.`,
    );
  }

  has(name: string): boolean {
    return this.#classes.has(name);
  }

  /** All names; those in snake case, as users write them, first. */
  names(): string[] {
    const all = [...new Set([...this.#classes.keys(), ...this.#later])];
    const snake = (name: string) => name === name.toLowerCase();
    return [...all.filter(snake), ...all.filter((name) => !snake(name))];
  }

  /**
   * An object from a name (then with the defaults) or from Keras's dictionary. Registered classes and those of
   * `customObjectScope` are found as well.
   * @throws if it is neither, or names an unknown class
   */
  deserialize(value: unknown): T {
    if (typeof value === "string") return this.#make(getRegisteredObject(value) ?? this.find(value), {});
    if (isSerializedObject(value)) {
      const { class_name, config, registered_name } = value;
      return shared(value, () => {
        const isFunction = class_name === "function" && typeof config === "string";
        const name = isFunction ? config : class_name;
        const custom = getRegisteredObject(registered_name) ?? getRegisteredObject(name);
        const object = this.#make(custom ?? this.find(name), isObject(config) ? config : {});
        this.#finish?.(object as never, value);
        return object;
      });
    }
    throw new Error(
      `Could not interpret ${this.kind}: expected a name or a configuration. Received: ${excerpt(value)}`,
    );
  }

  #make(cls: CustomObject, config: Config): T {
    if ("fromConfig" in cls && typeof cls.fromConfig === "function")
      return (cls as SerializableClass<T>).fromConfig(config, this);
    if (this.#fromFunction && typeof cls === "function") return this.#fromFunction(cls as never);
    throw new Error(`The custom ${this.kind} ${ownClassName(cls)} has no static fromConfig(config).`);
  }
}

function isObject(value: unknown): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The beginning of a value as JSON, for messages. */
function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** `{ use_bias: true }` → `{ useBias: true }`; nested values stay as they are. */
export function camelCaseKeys(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const camel = (key: string) => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [camel(key), value]));
}
