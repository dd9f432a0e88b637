import { platform } from "#platform";
import { readZip } from "./archive/zip.js";
import { Hdf5File } from "./hdf5/file.js";
import { kerasFile, type SavedModel, WEIGHTS } from "./kerasFile.js";
import { type FileSource, nameOfSource, readSource } from "./source.js";
import { allOrNothing, loadState, weightsFile } from "./state.js";

export interface SaveOptions {
  /** Whether a file of that name is replaced. Default true. */
  readonly overwrite?: boolean;
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
  if (typeof path !== "string" || !path.endsWith(".keras")) {
    throw new Error(
      `Invalid filepath extension for saving. Please add a \`.keras\` extension for the native Keras format. Received: filepath=${String(path)}`,
    );
  }
  await refuseOverwriting(path, options);
  await platform.writeFileAtomic(path, await toBytes(model));
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
    const load = () => loadState(file, model, { skipMismatch, where });
    if (skipMismatch) load();
    else allOrNothing(model, load);
  } finally {
    file.close();
  }
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}
