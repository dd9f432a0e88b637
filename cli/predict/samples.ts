import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { datasets, Tensor } from "keratin";
import { gunzipped } from "../../src/datasets/compression.js";
import { parseIdx } from "../../src/datasets/idx.js";
import { parseNpz } from "../../src/datasets/npz.js";
import { readPicture } from "./picture.js";

/** Names of arrays that are samples, as `np.savez(x=…)` and Keras's data sets have them. */
const SAMPLES = ["x", "x_test"];

/** An array of samples, and whether its elements are bytes, such as the brightness of pixels. */
export interface SampleArray {
  readonly x: Tensor;
  readonly bytes: boolean;
}

/**
 * The samples of a file: an array of an .npz file, a PNG picture, an IDX file; or the test images of a folder with MNIST's files.
 * @param shape of one sample, as the model takes it; null where it takes any extent
 * @throws if there is no such file, or it holds something else
 */
export async function readSamples(path: string, shape: readonly (number | null)[]): Promise<SampleArray> {
  if (!existsSync(path)) throw new Error(`There is no file ${path}. Name an .npz, PNG or IDX file.`);
  if (statSync(path).isDirectory())
    return { x: (await datasets.mnist.loadData({ path })).test.x, bytes: true };
  const file = await gunzipped(await readFile(path), path);
  const [first, second] = file;
  if (first === 0x89 && second === 0x50) return { x: await readPicture(file, path, shape), bytes: true };
  if (first === 0x50 && second === 0x4b) return fromNpz(file, path);
  if (first === 0 && second === 0) {
    const { shape, data } = parseIdx(file, path);
    return { x: new Tensor(data, { shape, dtype: "uint8" }), bytes: true };
  }
  throw new Error(`${path} is no .npz, PNG or IDX file. Pictures of other kinds are saved as PNG first.`);
}

async function fromNpz(file: Uint8Array, path: string): Promise<SampleArray> {
  const arrays = await parseNpz(file, path);
  const name = SAMPLES.find((candidate) => arrays.has(candidate));
  const array = name === undefined ? undefined : arrays.get(name);
  if (!array)
    throw new Error(
      `${path} has no array x. Found: ${[...arrays.keys()].join(", ") || "nothing"}. Save it with np.savez("${path}", x=samples).`,
    );
  const { shape, data } = array;
  const dtype = data instanceof Uint8Array ? "uint8" : data instanceof Int32Array ? "int32" : "float32";
  return { x: new Tensor(data, { shape, dtype }), bytes: dtype === "uint8" };
}
