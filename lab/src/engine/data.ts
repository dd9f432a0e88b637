import { type Tensor, tensor } from "keratin";
import { type Digits, joined } from "../data/mnistFile.js";

interface Samples {
  /** uint8 `[samples, 28, 28]`, 0 (background) to 255. */
  readonly x: Tensor;
  /** uint8 `[samples]`, 0 to 9. */
  readonly y: Tensor;
}

interface Data {
  readonly train: Samples;
  readonly test: Samples;
  readonly source: string;
}

let arrived: (data: Data) => void;
let failed: (error: Error) => void;
const data = new Promise<Data>((resolve, reject) => {
  arrived = resolve;
  failed = reject;
});
// whoever asks for the data gets the reason; that nobody has asked yet is no error
data.catch(() => {});

/** @param train in several lots */
export function dataArrived(train: readonly Digits[], test: Digits): void {
  const samples = ({ images, labels }: Digits): Samples => ({
    x: tensor(images, [labels.length, 28, 28], "uint8"),
    y: tensor(labels, [labels.length], "uint8"),
  });
  arrived({ train: samples(joined(train)), test: samples(test), source: "the lab's own copy of MNIST" });
}

export function dataFailed(message: string): void {
  failed(new Error(message));
}

/** MNIST as `datasets.mnist.loadData` gives it, from the lab's own file. */
export const loadData = (): Promise<Data> => data;
