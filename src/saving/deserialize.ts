import * as activations from "../activations/index.js";
import * as constraints from "../constraints/index.js";
import * as initializers from "../initializers/index.js";
import { Layer } from "../layers/layer.js";
import { deserialize as deserializeLayer } from "../layers/registry.js";
import * as losses from "../losses/index.js";
import * as metrics from "../metrics/index.js";
import { tensor } from "../ops/tensor.js";
import * as optimizers from "../optimizers/index.js";
import * as regularizers from "../regularizers/index.js";
import type { DType } from "../tensor/dtype.js";
import { type CustomObjects, customObjectScope, getRegisteredObject } from "../utils/registration.js";
import {
  type Config,
  isSerializedObject,
  type Json,
  type SerializableClass,
  type SerializedObject,
} from "../utils/serialization.js";
import { sharingObjects } from "../utils/sharedObjects.js";

/** How names in configurations are understood. */
export interface ObjectOptions {
  /** Classes and functions that a configuration may name, beside Keras's and those registered. */
  readonly customObjects?: CustomObjects;
  /**
   * Whether code in a configuration is refused with an explanation (default true). Python's code cannot be run here: without
   * safe mode a layer with code is what `customObjects` has for it.
   */
  readonly safeMode?: boolean;
}

type Deserialize = (config: Json) => unknown;

/** What reads the classes of each of Keras's modules. */
const modules: readonly (readonly [RegExp, Deserialize])[] = [
  [/^keras(\.src)?\.optimizers(\.|$)/, optimizers.deserialize],
  [/^keras(\.src)?\.losses(\.|$)/, losses.deserialize],
  [/^keras(\.src)?\.metrics(\.|$)/, metrics.deserialize],
  [/^keras(\.src)?\.initializers(\.|$)/, initializers.deserialize],
  [/^keras(\.src)?\.regularizers(\.|$)/, regularizers.deserialize],
  [/^keras(\.src)?\.constraints(\.|$)/, constraints.deserialize],
  [/^keras(\.src)?\.activations(\.|$)/, activations.deserialize],
  [/^keras(\.src)?(\.(layers|models)(\.|$)|$)/, deserializeLayer],
];

/**
 * The object of a dictionary that `serializeKerasObject` has given.
 * @throws if it names something unknown, or holds code
 * @see https://keras.io/api/models/model_saving_apis/serialization_utils/#deserializekerasobject-function
 */
export function deserializeKerasObject(config: Json, options: ObjectOptions = {}): unknown {
  if (options.safeMode ?? true) refuseCode(config, options.customObjects);
  return customObjectScope(options.customObjects ?? {}, () => sharingObjects(() => deserialized(config)));
}

function deserialized(config: Json): unknown {
  if (typeof config === "string") return getRegisteredObject(config) ?? config;
  if (typeof config !== "object" || config === null) return config;
  if (Array.isArray(config)) return config.map(deserialized);
  if (!isSerializedObject(config) || !Object.hasOwn(config, "config"))
    return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, deserialized(value)]));
  const special = Object.hasOwn(specials, config.class_name) && specials[config.class_name];
  if (special) return special(config.config as Config);
  const object = ofClass(config);
  if (object instanceof Layer) {
    if (config.build_config && !object.built) object.buildFromConfig(config.build_config);
    restoreCompiled(object, config);
  }
  return object;
}

/**
 * Compiles a model that a dictionary describes as it was, if it was; models inside of models too, as in Keras.
 * @throws if a class or function in the dictionary is unknown
 */
export function restoreCompiled(layer: Layer, config: SerializedObject): void {
  const { build_config: build, compile_config: compile } = config;
  // a model that is compiled was met before: the registry has made it, or it is in several places
  if (!compile || !isCompilable(layer) || layer.compiled) return;
  if (build && !layer.built) layer.buildFromConfig(build);
  compileAgain(layer, compile);
}

function isCompilable(layer: Layer): layer is Layer & Compilable & { readonly compiled: boolean } {
  return "compileFromConfig" in layer;
}

interface Compilable {
  compileFromConfig(config: Config): void;
}

/**
 * Compiles a model as it was. Its own method knows no learning-rate schedules and not all metrics, so that programs without files
 * do not have them in them.
 * @throws if a class or function in the configuration is unknown
 */
export function compileAgain(model: Compilable, config: Config): void {
  const given = Object.entries(config).map(([name, value]): [string, Json] => {
    const read = Object.hasOwn(compiledBy, name) ? compiledBy[name] : undefined;
    return [name, read ? objectsIn(value, read) : value];
  });
  model.compileFromConfig(Object.fromEntries(given));
}

const compiledBy: Readonly<Record<string, Deserialize>> = {
  optimizer: optimizers.deserialize,
  loss: losses.deserialize,
  metrics: metrics.deserialize,
  weighted_metrics: metrics.deserialize,
};

/** Dictionaries of objects at any depth, replaced by the objects. */
function objectsIn(value: Json, read: Deserialize): Json {
  if (typeof value !== "object" || value === null) return value;
  if (isSerializedObject(value)) return read(value as unknown as Json) as Json;
  if (Array.isArray(value)) return value.map((part) => objectsIn(part, read));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, objectsIn(part, read)]));
}

/** Values that JSON has no form for. */
const specials: Readonly<Record<string, (config: Config) => unknown>> = {
  __tensor__: ({ value, dtype }) => tensor(value as never, undefined, dtype as DType),
  __numpy__: ({ value, dtype }) => tensor(value as never, undefined, dtype as DType),
  __bytes__: ({ value }) => value,
  DTypePolicy: ({ name }) => name,
};

function ofClass(config: SerializedObject): unknown {
  const { module, class_name, config: inner, registered_name } = config;
  const isFunction = class_name === "function" && typeof inner === "string";
  const name = isFunction ? inner : class_name;
  const custom = getRegisteredObject(registered_name) ?? getRegisteredObject(name);
  if (custom) {
    if (isFunction || !("fromConfig" in custom)) return custom;
    return (custom as SerializableClass<unknown>).fromConfig(inner as Config);
  }
  if (isFunction && (module === "builtins" || module === null)) return activations.get(name as never);
  const known = modules.find(([pattern]) => pattern.test(module ?? ""));
  if (known) return known[1](config as unknown as Json);
  throw new Error(
    `Could not locate class '${class_name}' (module ${module ?? "none"}). Make custom classes and functions known with registerKerasSerializable, or name them in \`customObjects\`.`,
  );
}

/**
 * A file is data: code in it is never run.
 * @throws if there is code anywhere in a configuration
 */
export function refuseCode(config: Json, customObjects: CustomObjects = {}): void {
  const pending: Json[] = [config];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== "object" || value === null) continue;
    let layer = "";
    if (isSerializedObject(value) && value.class_name === "Lambda" && typeof value.config === "object") {
      // whoever gives a class for it says what it does
      if (getRegisteredObject("Lambda", customObjects)) continue;
      layer = ` in layer '${String(value.config?.name)}'`;
    }
    if (layer ? holdsCode((value as unknown as SerializedObject).config) : isLambda(value)) {
      throw new Error(
        `The configuration holds Python bytecode (a lambda${layer}). It is never run: a file is data. ` +
          "Replace the Lambda layer by a layer of your own that is registered with registerKerasSerializable in Python and here, " +
          "or pass `customObjects: { Lambda: … }` with a class that does the same.",
      );
    }
    for (const element of Object.values(value)) pending.push(element);
  }
}

function isLambda(value: Json | undefined): boolean {
  return isSerializedObject(value) && value.class_name === "__lambda__";
}

/** Bytecode of a Lambda layer is a list in old files, a dictionary in new ones. */
function holdsCode(config: Config | string): boolean {
  const { function: code } = config as Config;
  return Array.isArray(code) || isLambda(code);
}
