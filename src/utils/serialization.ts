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
}

export interface Serializable {
  getConfig(): Config;
}

/** A class that can be written and read. Minifiers rename classes, so the name is data. */
export interface SerializableClass<T> {
  readonly className: string;
  /** Keras's module, such as `"keras.layers"`; users' own classes have none. */
  readonly module: string | null;
  fromConfig(config: Config): T;
}

/** `{ module, class_name, config, registered_name }`, as Keras's `serialize_keras_object` gives it. */
export function serializeObject(object: Serializable): Json {
  const { className, module } = object.constructor as unknown as SerializableClass<unknown>;
  return {
    module: module ?? null,
    class_name: className,
    config: object.getConfig(),
    registered_name: module ? null : className,
  };
}

/** Whether a value is a dictionary that names a class. */
export function isSerializedObject(value: unknown): value is SerializedObject {
  return typeof value === "object" && value !== null && "class_name" in value;
}

/** The classes of one kind, by the names that Keras knows them under. */
export class Registry<T> {
  readonly #classes = new Map<string, SerializableClass<T>>();

  /**
   * @param kind for messages: `"layer"`, `"loss"`, …
   * @param classes found by class name
   * @param aliases further names, such as `{ mse: MeanSquaredError }`
   */
  constructor(
    readonly kind: string,
    classes: readonly SerializableClass<T>[],
    aliases: Readonly<Record<string, SerializableClass<T>>> = {},
  ) {
    for (const cls of classes) this.#classes.set(cls.className, cls);
    for (const [alias, cls] of Object.entries(aliases)) this.#classes.set(alias, cls);
  }

  /** Makes a further class known. */
  register(cls: SerializableClass<T>): void {
    this.#classes.set(cls.className, cls);
  }

  /** @throws if there is no such name; the message suggests the nearest one */
  find(name: string): SerializableClass<T> {
    const cls = this.#classes.get(name);
    if (cls) return cls;
    throw new Error(`Unknown ${this.kind}: '${name}'.${didYouMean(name, this.names())}`);
  }

  has(name: string): boolean {
    return this.#classes.has(name);
  }

  /** All names; those in snake case, as users write them, first. */
  names(): string[] {
    const all = [...this.#classes.keys()];
    const snake = (name: string) => name === name.toLowerCase();
    return [...all.filter(snake), ...all.filter((name) => !snake(name))];
  }

  /**
   * An object from a name (then with the defaults) or from Keras's dictionary.
   * @throws if it is neither, or names an unknown class
   */
  deserialize(value: unknown): T {
    if (typeof value === "string") return this.find(value).fromConfig({});
    if (isSerializedObject(value)) {
      const { class_name, config } = value;
      return this.find(class_name).fromConfig(typeof config === "string" ? {} : config);
    }
    throw new Error(
      `Could not interpret ${this.kind}: expected a name or a configuration. Received: ${JSON.stringify(value)}`,
    );
  }
}

/** `{ use_bias: true }` → `{ useBias: true }`; nested values stay as they are. */
export function camelCaseKeys(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const camel = (key: string) => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [camel(key), value]));
}
