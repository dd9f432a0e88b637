import { platform } from "#platform";
import { readZip } from "./archive/zip.js";
import { Hdf5File } from "./hdf5/file.js";
import { kerasFile, type SavedModel, WEIGHTS } from "./kerasFile.js";
import { isLegacy, loadLegacyWeights } from "./legacyHdf5.js";
import { type FileSource, nameOfSource, readSource } from "./source.js";
import { allOrNothing, loadState, weightsFile } from "./state.js";
import type { Quantization } from "./tfjs/weights.js";
import { tfjsFiles } from "./tfjs/write.js";

export { registerRarer } from "./rarer.js";

export interface SaveOptions {
  /** Whether a file of that name is replaced. Default true. */
  readonly overwrite?: boolean;
  /** For a `model.json`: in what form weights are kept, to save space. Default: as they are. */
  readonly quantization?: Quantization;
}

export interface LoadWeightsOptions {
  /** Whether layers whose variables differ in number or shape keep what they have. Default false. */
  readonly skipMismatch?: boolean;
}

/** The bytes of a `.keras` file: for pages, which have no files, and for storing a model elsewhere. */
export function toBytes(model: SavedModel): Promise<Uint8Array> {
  return kerasFile(model, new Date());
}

/** See `Model.save`. */
export async function saveModel(model: SavedModel, path: string, options: SaveOptions = {}): Promise<void> {
  if (typeof path !== "string" || !/\.(keras|json)$/.test(path)) {
    throw new Error(
      `Invalid filepath extension for saving. Please add a \`.keras\` extension for the native Keras format, or name a \`model.json\` for a TensorFlow.js layers-model. Received: filepath=${String(path)}`,
    );
  }
  await refuseOverwriting(path, options);
  if (path.endsWith(".json")) return saveTfjs(model, path, options);
  await platform.writeFileAtomic(path, await toBytes(model));
}

/** Weights first: until `model.json` is replaced, it names the old ones, which go last. */
async function saveTfjs(model: SavedModel, path: string, { quantization }: SaveOptions): Promise<void> {
  const folder = path.replace(/[^/\\]*$/, "");
  const before = (await platform.fileExists(path)) ? await platform.readFile(path) : new Uint8Array();
  const files = await tfjsFiles(model, quantization);
  for (const [name, content] of files)
    await platform.writeFileAtomic(name === "model.json" ? path : folder + name, content);
  for (const [old] of new TextDecoder().decode(before).matchAll(SHARD))
    if (!files.has(old)) await platform.removeFile(folder + old);
}

/** The names that `tfjsFiles` gives. */
const SHARD = /group1-shard1of1-[0-9a-f]{8}\.bin/g;

/**
 * The files of a TensorFlow.js layers-model by name: `model.json` and the weights that it names.
 * @throws if the model has something that TensorFlow.js does not have
 */
export function toTfjs(
  model: SavedModel,
  options: Pick<SaveOptions, "quantization"> = {},
): Promise<ReadonlyMap<string, Uint8Array>> {
  return tfjsFiles(model, options.quantization);
}

/** See `Model.saveWeights`. */
export async function saveWeights(model: SavedModel, path: string, options: SaveOptions = {}): Promise<void> {
  if (typeof path !== "string" || !path.endsWith(".weights.h5")) {
    throw new Error(`The filename must end in \`.weights.h5\`. Received: filepath=${String(path)}`);
  }
  await refuseOverwriting(path, options);
  await platform.writeFileAtomic(path, await weightsFile(model));
}

async function refuseOverwriting(path: string, { overwrite = true }: SaveOptions): Promise<void> {
  if (overwrite || !(await platform.fileExists(path))) return;
  throw new Error(`${path} already exists. Name another file, or pass \`overwrite: true\`.`);
}

/** See `Model.loadWeights`. */
export async function loadWeights(
  model: SavedModel,
  source: FileSource,
  { skipMismatch = false }: LoadWeightsOptions = {},
): Promise<void> {
  const where = nameOfSource(source);
  let bytes = await readSource(source);
  if (isZip(bytes)) {
    const weights = (await readZip(bytes, [WEIGHTS], where)).get(WEIGHTS);
    if (!weights) throw new Error(`${where} has no weights: there is no ${WEIGHTS} in it.`);
    bytes = weights;
  }
  const file = await Hdf5File.open(bytes, where);
  try {
    const load = () =>
      isLegacy(file)
        ? loadLegacyWeights(file, model, { skipMismatch, where })
        : loadState(file, model, { skipMismatch, where });
    if (skipMismatch) load();
    else allOrNothing(model, load);
  } finally {
    file.close();
  }
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}
