import { concatenate, max, mean } from "./arrays.js";
import type { DataFormat } from "./nn.js";
import { operation } from "./operation.js";
import { type Tensor, type TensorLike, toTensor } from "./tensor.js";

export interface AdaptivePoolOptions {
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
}

type Reduce = (x: Tensor, axis: number, keepdims: boolean) => Tensor;

/** One axis as `size` windows, from ⌊i · extent / size⌋ to ⌈(i + 1) · extent / size⌉. */
function pooledAxis(x: Tensor, axis: number, size: number, reduce: Reduce): Tensor {
  const extent = x.shape[axis];
  const windows = Array.from({ length: size }, (_, i) => {
    const from = Math.floor((i * extent) / size);
    const to = Math.ceil(((i + 1) * extent) / size);
    const part = x.slice(
      x.shape.map((_e, a) => (a === axis ? from : 0)),
      x.shape.map((e, a) => (a === axis ? to - from : e)),
    );
    return reduce(part, axis, true);
  });
  return windows.length === 1 ? windows[0] : concatenate(windows, axis);
}

function pooled(
  inputs: TensorLike,
  outputSize: number | readonly number[],
  options: AdaptivePoolOptions,
  reduce: Reduce,
): Tensor {
  const x = toTensor(inputs);
  const rank = x.rank - 2;
  const sizes = typeof outputSize === "number" ? Array.from({ length: rank }, () => outputSize) : outputSize;
  if (sizes.length !== rank || !sizes.every((size) => Number.isInteger(size) && size > 0)) {
    throw new Error(
      `Adaptive pooling: expected \`outputSize\` to be a positive integer or ${rank} of them. Received: ${JSON.stringify(outputSize)}`,
    );
  }
  const from = options.dataFormat === "channels_first" ? 2 : 1;
  return sizes.reduce((y, size, i) => pooledAxis(y, from + i, size, reduce), x);
}

/** The means of as many windows as give the size `outputSize`. @see https://keras.io/api/ops/nn/ */
export const adaptiveAveragePool = /* @__PURE__ */ operation(
  'nn.AdaptiveAveragePool(inputs; output_size, ...data_format="channels_last")',
  (inputs: TensorLike, outputSize: number | readonly number[], options: AdaptivePoolOptions = {}): Tensor =>
    pooled(inputs, outputSize, options, mean),
);

/** The largest values of as many windows as give the size `outputSize`. @see https://keras.io/api/ops/nn/ */
export const adaptiveMaxPool = /* @__PURE__ */ operation(
  'nn.AdaptiveMaxPool(inputs; output_size, ...data_format="channels_last")',
  (inputs: TensorLike, outputSize: number | readonly number[], options: AdaptivePoolOptions = {}): Tensor =>
    pooled(inputs, outputSize, options, max),
);
