import { Layer } from "../layers/layer.js";
import { customObjectScope } from "../utils/registration.js";
import { isSerializedObject, type Json, type SerializedObject } from "../utils/serialization.js";
import { limitingWeights } from "../utils/weightMemory.js";
import { readZip } from "./archive/zip.js";
import { deserializeKerasObject, type ObjectOptions } from "./deserialize.js";
import { Hdf5File } from "./hdf5/file.js";
import { parseJson } from "./json.js";
import { CONFIG, type SavedModel, WEIGHTS } from "./kerasFile.js";
import { type FileSource, nameOfSource, readSource } from "./source.js";
import { loadState } from "./state.js";

export interface LoadOptions extends ObjectOptions {
  /** Whether the model is compiled as it was when it was saved. Default true. */
  readonly compile?: boolean;
}

/** See `models.loadModel`. */
export async function loadModel(source: FileSource, options: LoadOptions = {}): Promise<SavedModel> {
  const where = nameOfSource(source);
  return fromKerasFile(await readSource(source), where, options);
}

/**
 * The model of a `.keras` file.
 * @param where the file, for messages
 * @throws if it is damaged, or names a class that is unknown here
 */
async function fromKerasFile(bytes: Uint8Array, where: string, options: LoadOptions): Promise<SavedModel> {
  const members = await readZip(bytes, [CONFIG, WEIGHTS], where);
  const config = members.get(CONFIG);
  const weights = members.get(WEIGHTS);
  if (!config) throw new Error(`${where} is no .keras file: it has no ${CONFIG}.`);
  if (!weights) throw new Error(`${where} is no complete .keras file: it has no ${WEIGHTS}.`);
  const inside = `${where} (${CONFIG})`;
  const value = parseJson(new TextDecoder().decode(config), inside);
  const file = await Hdf5File.open(weights, `${where} (${WEIGHTS})`);
  try {
    const model = modelFromConfig(value, inside, file.arrayElements, options);
    loadState(file, model, { skipMismatch: false, where });
    return model;
  } finally {
    file.close();
  }
}

/**
 * A model from Keras's dictionary, built if it says for which shape, compiled if it says how.
 * @param elements numbers that its weights may have at most
 */
function modelFromConfig(value: Json, where: string, elements: number, options: LoadOptions): SavedModel {
  if (!isSerializedObject(value))
    throw new Error(`${where} is damaged: it is not the configuration of a model.`);
  const { compile_config: compileConfig, ...config } = value as SerializedObject;
  const object = limitingWeights(elements, where, () =>
    deserializeKerasObject(config as unknown as Json, options),
  );
  if (!(object instanceof Layer && "compileFromConfig" in object))
    throw new Error(`${where} is not the configuration of a model: its class is ${value.class_name}.`);
  const model = object as SavedModel;
  if (compileConfig && (options.compile ?? true))
    customObjectScope(options.customObjects ?? {}, () => model.compileFromConfig(compileConfig));
  return model;
}
