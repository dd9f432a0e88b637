import { platform } from "#platform";
import { Layer } from "../layers/layer.js";
import { customObjectScope } from "../utils/registration.js";
import { isSerializedObject, type Json, type SerializedObject } from "../utils/serialization.js";
import { limitingWeights } from "../utils/weightMemory.js";
import { readZip } from "./archive/zip.js";
import { compileAgain, deserializeKerasObject, type ObjectOptions } from "./deserialize.js";
import { Hdf5File } from "./hdf5/file.js";
import { parseJson } from "./json.js";
import { CONFIG, type SavedModel, WEIGHTS } from "./kerasFile.js";
import { registerLegacyActivations } from "./legacyActivations.js";
import { modernCompileConfig, modernConfig } from "./legacyConfig.js";
import { loadLegacyOptimizer, loadLegacyWeights } from "./legacyHdf5.js";
import { besideSource, type FileSource, nameOfSource, readSource } from "./source.js";
import { loadState } from "./state.js";
import { loadTfjsWeights, parseTfjs } from "./tfjs/read.js";

export interface LoadOptions extends ObjectOptions {
  /** Whether the model is compiled as it was when it was saved. Default true. */
  readonly compile?: boolean;
}

/** See `models.loadModel`. */
export async function loadModel(source: FileSource, options: LoadOptions = {}): Promise<SavedModel> {
  const where = nameOfSource(source);
  const bytes = await readSource(source);
  if (isHdf5(bytes)) return fromHdf5File(bytes, where, options);
  if (/^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 64)))) return fromTfjs(bytes, source, options);
  return fromKerasFile(bytes, where, options);
}

function isHdf5(bytes: Uint8Array): boolean {
  return bytes[0] === 0x89 && bytes[1] === 0x48 && bytes[2] === 0x44 && bytes[3] === 0x46;
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

/** The model of an `.h5` file, as Keras 1 and 2 wrote them, and Keras 3 still can. */
async function fromHdf5File(bytes: Uint8Array, where: string, options: LoadOptions): Promise<SavedModel> {
  const file = await Hdf5File.open(bytes, where);
  try {
    const [config] = file.texts("", "model_config") ?? [];
    if (config === undefined) {
      throw new Error(
        `${where} has weights, but no model: it has no model_config. Make the model, then call model.loadWeights(…).`,
      );
    }
    const value = modernConfig(parseJson(config, where));
    const model = modelFromConfig(value, where, file.arrayElements, { ...options, compile: false });
    loadLegacyWeights(file, model, { skipMismatch: false, where });
    const [training] = file.texts("", "training_config") ?? [];
    compileLegacy(model, training === undefined ? null : parseJson(training, where), where, options);
    const { optimizer } = model;
    if (
      optimizer?.built &&
      file.has("optimizer_weights") &&
      !loadLegacyOptimizer(file, optimizer.variables, where)
    )
      platform.writeError(`${where}: the optimizer's state has another form; the optimizer starts anew.\n`);
    return model;
  } finally {
    file.close();
  }
}

/** The model of a TensorFlow.js layers-model. */
async function fromTfjs(bytes: Uint8Array, source: FileSource, options: LoadOptions): Promise<SavedModel> {
  const where = nameOfSource(source);
  const { config, training, groups, elements } = parseTfjs(
    parseJson(new TextDecoder().decode(bytes), where),
    where,
  );
  const model = modelFromConfig(config, where, elements, { ...options, compile: false });
  await loadTfjsWeights(model, groups, (path) => readSource(besideSource(source, path)), where);
  compileLegacy(model, training, where, options);
  return model;
}

function compileLegacy(model: SavedModel, training: Json, where: string, options: LoadOptions): void {
  const config = modernCompileConfig(training);
  if (!config || !(options.compile ?? true)) return;
  try {
    customObjectScope(options.customObjects ?? {}, () => compileAgain(model, config));
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      `${where}: the model cannot be compiled as it was (${message}). Pass \`compile: false\` and compile it yourself.`,
      { cause: error },
    );
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
  registerLegacyActivations();
  try {
    const object = limitingWeights(elements, () =>
      deserializeKerasObject(config as unknown as Json, options),
    );
    if (!(object instanceof Layer && "compileFromConfig" in object))
      throw new Error(`It describes no model: its class is ${value.class_name}.`);
    const model = object as SavedModel;
    if (compileConfig && (options.compile ?? true))
      customObjectScope(options.customObjects ?? {}, () => compileAgain(model, compileConfig));
    return model;
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${where}: the model that it describes cannot be made. ${message}`, { cause: error });
  }
}
