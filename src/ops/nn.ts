import * as lax from "../primitives/index.js";
import { samePadding } from "../primitives/windowShape.js";
import { prepareConvolution } from "../runtime/convolution.js";
import { preparePooling } from "../runtime/pooling.js";
import type { Value } from "../trace/graph.js";
import { operation } from "./operation.js";
import { asFloat } from "./promotion.js";
import { apply, type Tensor, type TensorLike, toTensor } from "./tensor.js";

// https://keras.io/api/ops/nn/

export type Padding = "valid" | "same";
export type DataFormat = "channels_last" | "channels_first";

export interface ConvOptions {
  /** Default 1. */
  readonly strides?: number | readonly number[];
  /** Default `"valid"`. */
  readonly padding?: Padding;
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
  /** Default 1. */
  readonly dilationRate?: number | readonly number[];
}

export interface PoolOptions {
  /** Default: the pool size. */
  readonly strides?: number | readonly number[];
  /** Default `"valid"`. */
  readonly padding?: Padding;
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
}

function each(
  value: number | readonly number[] | undefined,
  rank: number,
  otherwise: number | readonly number[] = 1,
): readonly number[] {
  const given = value ?? otherwise;
  return typeof given === "number" ? Array.from({ length: rank }, () => given) : given;
}

/** Runs `compute` with the channels last. */
function channelsLast(x: Value, dataFormat: DataFormat | undefined, compute: (x: Value) => Value): Value {
  if (dataFormat !== "channels_first") return compute(x);
  const rank = x.shape.length;
  const last = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
  const first = [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];
  return lax.transpose(compute(lax.transpose(x, last)), first);
}

/**
 * Convolution (as cross-correlation) over 1, 2 or 3 spatial axes. `kernel` is `[...window, channels / groups, filters]`; the
 * number of groups follows from the shapes.
 */
export const conv = /* @__PURE__ */ operation(
  'nn.Conv(inputs, kernel; ...strides=1, padding="valid", data_format="channels_last", dilation_rate=1)',
  (inputs: TensorLike, kernel: TensorLike, options: ConvOptions = {}): Tensor => {
    return apply([toTensor(inputs), toTensor(kernel)], (x, k) =>
      channelsLast(asFloat(x), options.dataFormat, (value) => convOf(value, asFloat(k), options)),
    );
  },
);

function convOf(x: Value, kernel: Value, options: ConvOptions, groups?: number): Value {
  prepareConvolution();
  const rank = kernel.shape.length - 2;
  const strides = each(options.strides, rank);
  const dilation = each(options.dilationRate, rank);
  return lax.convGeneralDilated(x, kernel, {
    strides: [...strides],
    padding: paddingFor(x, kernel.shape, strides, dilation, options.padding ?? "valid"),
    lhsDilation: strides.map(() => 1),
    rhsDilation: [...dilation],
    groups: groups ?? x.shape[x.shape.length - 1] / kernel.shape[rank],
  });
}

function paddingFor(
  x: Value,
  window: readonly number[],
  strides: readonly number[],
  dilation: readonly number[],
  padding: Padding,
): [number, number][] {
  return strides.map((stride, axis) => {
    if (padding === "valid") return [0, 0];
    const [low, high] = samePadding(x.shape[axis + 1], window[axis], stride, dilation[axis]);
    return [low, high];
  });
}

/** Convolution of each channel by itself; `kernel` is `[...window, channels, multiplier]`. */
export const depthwiseConv = /* @__PURE__ */ operation(
  'nn.DepthwiseConv(inputs, kernel; ...strides=1, padding="valid", data_format="channels_last", dilation_rate=1)',
  (inputs: TensorLike, kernel: TensorLike, options: ConvOptions = {}): Tensor => {
    return apply([toTensor(inputs), toTensor(kernel)], (x, k) =>
      channelsLast(asFloat(x), options.dataFormat, (value) => {
        const filters = asFloat(k);
        const rank = filters.shape.length - 2;
        const [channels, multiplier] = filters.shape.slice(-2);
        const grouped = lax.reshape(filters, [...filters.shape.slice(0, rank), 1, channels * multiplier]);
        return convOf(value, grouped, options, channels);
      }),
    );
  },
);

/** Convolution of each channel by itself, then a convolution with a `pointwiseKernel` `[1, …, channels · multiplier, filters]`. */
export const separableConv = /* @__PURE__ */ operation(
  'nn.SeparableConv(inputs, depthwise_kernel, pointwise_kernel; ...strides=1, padding="valid", data_format="channels_last", dilation_rate=1)',
  (
    inputs: TensorLike,
    depthwiseKernel: TensorLike,
    pointwiseKernel: TensorLike,
    options: ConvOptions = {},
  ): Tensor => {
    const { dataFormat } = options;
    return conv(depthwiseConv(inputs, depthwiseKernel, options), pointwiseKernel, { dataFormat });
  },
);

export interface ConvTransposeOptions extends ConvOptions {
  /** What is added at the end of each axis of the result. Default: `size · stride` for `"same"`, else at least the stride. */
  readonly outputPadding?: number | readonly number[] | null;
}

/** How far the input reaches over both ends of the kernel, as Keras has it on JAX. */
function transposedPadding(
  window: number,
  stride: number,
  dilation: number,
  padding: Padding,
  outputPadding: number | undefined,
): [low: number, high: number] {
  const reach = (window - 1) * dilation + 1;
  if (padding === "valid") return [reach - 1, reach - 1 + (outputPadding ?? Math.max(reach, stride) - reach)];
  const total = outputPadding === undefined ? stride + reach - 2 : reach + (reach % 2) - 2 + outputPadding;
  const low = Math.min(Math.ceil(total / 2), reach - 1);
  return [low, total - low];
}

/** The size of an axis of a transposed convolution's result. */
export function transposedSize(
  size: number,
  window: number,
  stride: number,
  dilation: number,
  padding: Padding,
  outputPadding: number | undefined,
): number {
  const [low, high] = transposedPadding(window, stride, dilation, padding, outputPadding);
  return (size - 1) * stride + 1 + low + high - (window - 1) * dilation;
}

/**
 * The transpose of a convolution, as a linear map; `kernel` is `[...window, filters, channels]`.
 * @see https://keras.io/api/ops/nn/#convtranspose-function
 */
export const convTranspose = /* @__PURE__ */ operation(
  'nn.ConvTranspose(inputs, kernel; ...strides=1, padding="valid", output_padding=null, data_format="channels_last", dilation_rate=1)',
  (inputs: TensorLike, kernel: TensorLike, options: ConvTransposeOptions = {}): Tensor => {
    const { padding = "valid", outputPadding } = options;
    prepareConvolution();
    return apply([toTensor(inputs), toTensor(kernel)], (x, k) =>
      channelsLast(asFloat(x), options.dataFormat, (value) => {
        const weights = asFloat(k);
        const rank = weights.shape.length - 2;
        const strides = each(options.strides, rank);
        const dilation = each(options.dilationRate, rank);
        const added =
          outputPadding === undefined || outputPadding === null ? undefined : each(outputPadding, rank);
        const axes = strides.map((_, axis) => axis);
        return lax.convGeneralDilated(
          value,
          lax.transpose(lax.reverse(weights, axes), [...axes, rank + 1, rank]),
          {
            strides: axes.map(() => 1),
            padding: axes.map((axis) =>
              transposedPadding(weights.shape[axis], strides[axis], dilation[axis], padding, added?.[axis]),
            ),
            lhsDilation: [...strides],
            rhsDilation: [...dilation],
            groups: 1,
          },
        );
      }),
    );
  },
);

function pooled(
  inputs: TensorLike,
  poolSize: number | readonly number[],
  options: PoolOptions,
  compute: (x: Value, params: lax.ReduceWindowParams) => Value,
): Tensor {
  preparePooling();
  return apply([toTensor(inputs)], (x) =>
    channelsLast(asFloat(x), options.dataFormat, (value) => {
      const rank = value.shape.length - 2;
      const size = each(poolSize, rank);
      const strides = each(options.strides, rank, size);
      const padding = paddingFor(value, size, strides, each(1, rank), options.padding ?? "valid");
      return compute(value, {
        window: [1, ...size, 1],
        strides: [1, ...strides, 1],
        padding: [[0, 0], ...padding, [0, 0]],
      });
    }),
  );
}

/** The largest value of each window. The gradient goes to the first of equal ones. */
export const maxPool = /* @__PURE__ */ operation(
  'nn.MaxPool(inputs; pool_size, ...strides=null, padding="valid", data_format="channels_last")',
  (inputs: TensorLike, poolSize: number | readonly number[], options: PoolOptions = {}): Tensor => {
    return pooled(inputs, poolSize, options, lax.reduceWindowMax);
  },
);

/** The mean of each window; with `"same"` padding only real cells count. */
export const averagePool = /* @__PURE__ */ operation(
  'nn.AveragePool(inputs; pool_size, ...strides=null, padding="valid", data_format="channels_last")',
  (inputs: TensorLike, poolSize: number | readonly number[], options: PoolOptions = {}): Tensor => {
    return pooled(inputs, poolSize, options, (x, params) => {
      const sum = lax.reduceWindowSum(x, params);
      const size = params.window.reduce((a, b) => a * b, 1);
      if (params.padding.every(([low, high]) => low === 0 && high === 0)) return lax.div(sum, size);
      const one = lax.full([1, ...x.shape.slice(1, -1), 1], 1, "float32");
      return lax.div(sum, lax.reduceWindowSum(one, params));
    });
  },
);
