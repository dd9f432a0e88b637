/** https://keras.io/api/models/model_saving_apis/ */

import { deserializeKerasObject as deserialize, type ObjectOptions } from "../saving/deserialize.js";
import type { LoadWeightsOptions, SaveOptions } from "../saving/files.js";
import { type LoadOptions, loadModel as load } from "../saving/load.js";
import type { FileSource } from "../saving/source.js";
import { getCustomObjects } from "../utils/registration.js";
import type { Json } from "../utils/serialization.js";
import { registerModels } from "./deserialize.js";
import type { Model } from "./model.js";

export type { ObjectOptions } from "../saving/deserialize.js";
export type { LoadWeightsOptions, SaveOptions } from "../saving/files.js";
export type { LoadOptions } from "../saving/load.js";
export { serializeKerasObject } from "../saving/serialize.js";
export type { FileSource } from "../saving/source.js";
export {
  type CustomObject,
  type CustomObjects,
  customObjectScope,
  getCustomObjects,
  getRegisteredName,
  getRegisteredObject,
  registerKerasSerializable,
} from "../utils/registration.js";

/**
 * The model of a file, with its weights, and compiled as it was, with the optimizer's state.
 *
 * Reads `.keras` files, `.h5` files of Keras 1 to 3, and TensorFlow.js layers-models (`model.json`, with its weights beside it).
 *
 * A file is data: no code in it is run, and a damaged or hostile one gives one error.
 *
 * @param source a path or address, or a file's content
 * @param options `customObjects`: classes and functions that the file names; `compile` (default true); `safeMode` (default true)
 * @throws if there is no such file, it is damaged, or it names a class that is unknown here
 * @see https://keras.io/api/models/model_saving_apis/model_saving_and_loading/#loadmodel-function
 */
export async function loadModel(source: FileSource, options: LoadOptions = {}): Promise<Model> {
  const customObjects = { ...getCustomObjects(), ...options.customObjects };
  registerModels();
  return (await load(source, { ...options, customObjects })) as Model;
}

/** As `model.save(path, options)`. */
export function saveModel(model: Model, path: string, options: SaveOptions = {}): Promise<void> {
  return model.save(path, options);
}

/** As `model.saveWeights(path, options)`. */
export function saveWeights(model: Model, path: string, options: SaveOptions = {}): Promise<void> {
  return model.saveWeights(path, options);
}

/** As `model.loadWeights(source, options)`. */
export function loadWeights(
  model: Model,
  source: FileSource,
  options: LoadWeightsOptions = {},
): Promise<void> {
  return model.loadWeights(source, options);
}

/** The bytes of a `.keras` file: for pages, which have no files, and for keeping a model elsewhere. */
export async function toBytes(model: Model): Promise<Uint8Array> {
  const { toBytes: bytes } = await import("../saving/files.js");
  return bytes(model);
}

/**
 * The files of a TensorFlow.js layers-model by name: `model.json` and the weights that it names.
 * @throws if the model has something that TensorFlow.js does not have
 */
export async function toTfjs(
  model: Model,
  options: Pick<SaveOptions, "quantization"> = {},
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { toTfjs: files } = await import("../saving/files.js");
  return files(model, options);
}

/**
 * The object of a dictionary that `serializeKerasObject` has given.
 * @throws if it names something unknown, or holds code
 * @see https://keras.io/api/models/model_saving_apis/serialization_utils/#deserializekerasobject-function
 */
export function deserializeKerasObject(config: Json, options: ObjectOptions = {}): unknown {
  registerModels();
  return deserialize(config, options);
}
