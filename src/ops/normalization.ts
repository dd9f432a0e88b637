import { formatShape, normalizeAxis } from "../tensor/shape.js";
import { variance } from "./arrays.js";
import { absolute, add, divide, maximum, minimum, multiply, power, rsqrt, square } from "./elementwise.js";
import { operation } from "./operation.js";
import { type Axes, normalizeAxes, type Tensor, type TensorLike, toTensor } from "./tensor.js";

// https://keras.io/api/ops/nn/

/** The smallest divisor (Keras's `backend.epsilon()`). */
const EPSILON = 1e-7;

/**
 * Brought to length 1 along an axis (or several): `x / max(norm, epsilon)`.
 * @param order of the norm: `(Σ |x|^order)^(1/order)`, default 2
 */
export const normalize = /* @__PURE__ */ operation(
  "nn.Normalize(x; axis=-1, order=2, epsilon=null)",
  (x: TensorLike, axis: Axes = -1, order = 2, epsilon = EPSILON): Tensor => {
    if (!Number.isInteger(order) || order < 1)
      throw new Error(`normalize: argument \`order\` must be an int >= 1. Received: order=${order}`);
    const t = toTensor(x).astype("float32");
    if (order === 2) return multiply(t, minimum(rsqrt(square(t).sum(axis, true)), 1 / epsilon));
    const sizes = absolute(t);
    const norm = order === 1 ? sizes.sum(axis, true) : power(power(sizes, order).sum(axis, true), 1 / order);
    return divide(t, maximum(norm, epsilon));
  },
);

/** Mean and variance (divided by the count) over `axes`. */
export const moments = /* @__PURE__ */ operation(
  "nn.Moments(x; axes, keepdims=false, synchronized=false)",
  (x: TensorLike, axes: Axes, keepdims = false): [mean: Tensor, variance: Tensor] => {
    const t = toTensor(x).astype("float32");
    return [t.mean(axes, keepdims), variance(t, axes, keepdims)];
  },
);

/** `x · factor + (offset − mean · factor)`, in Keras's order of operations. */
function scaled(x: Tensor, mean: Tensor, factor: Tensor, offset: Tensor | undefined): Tensor {
  const shift = multiply(mean.neg(), factor);
  return add(multiply(x, factor), offset ? add(shift, offset) : shift);
}

export interface BatchNormalizationOpOptions {
  /** Added to the result. */
  readonly offset?: TensorLike | null;
  /** Factor of the result. */
  readonly scale?: TensorLike | null;
  /** Default 1e-3. */
  readonly epsilon?: number;
}

/**
 * `(x − mean) / √(variance + epsilon) · scale + offset`, where all but `x` have the size of `axis` only.
 * @see https://keras.io/api/ops/nn/#batchnormalization-function
 */
export const batchNormalization = /* @__PURE__ */ operation(
  "nn.BatchNorm(x, mean, variance, offset?, scale?; axis, ...epsilon=0.001)",
  (
    x: TensorLike,
    mean: TensorLike,
    varianceOfX: TensorLike,
    axis: number,
    options: BatchNormalizationOpOptions = {},
  ): Tensor => {
    const t = toTensor(x).astype("float32");
    const at = normalizeAxis(axis, t.rank);
    const spread = (v: TensorLike) =>
      toTensor(v).reshape(t.shape.map((extent, a) => (a === at ? extent : 1)));
    const { offset, scale, epsilon = 1e-3 } = options;
    let factor = rsqrt(add(spread(varianceOfX), epsilon));
    if (scale !== undefined && scale !== null) factor = multiply(factor, spread(scale));
    return scaled(
      t,
      spread(mean),
      factor,
      offset === undefined || offset === null ? undefined : spread(offset),
    );
  },
);

export interface LayerNormalizationOpOptions {
  /** Factor, of the sizes of the normalized axes. */
  readonly gamma?: TensorLike | null;
  /** Added, of the sizes of the normalized axes. */
  readonly beta?: TensorLike | null;
  /** Default −1. */
  readonly axis?: Axes;
  /** Default 1e-7. */
  readonly epsilon?: number;
}

/** A weight of the normalized axes' sizes, to be broadcast over the others. */
function spreadOver(weight: TensorLike, x: Tensor, axes: readonly number[], name: string): Tensor {
  const w = toTensor(weight);
  const shape = x.shape.map((extent, a) => (axes.includes(a) ? extent : 1));
  if (w.rank > 0 && w.size !== shape.reduce((a, b) => a * b, 1)) {
    throw new Error(
      `${name}: a weight of shape ${formatShape(w.shape)} does not fit axes ${JSON.stringify(axes)} of shape ${formatShape(x.shape)}.`,
    );
  }
  return w.rank === 0 ? w : w.reshape(shape);
}

/**
 * Each sample normalized by its own mean and variance over `axis`.
 * @see https://keras.io/api/ops/nn/#layernormalization-function
 */
export const layerNormalization = /* @__PURE__ */ operation(
  "nn.LayerNorm(x, gamma?, beta?; ...axis=-1, epsilon=null, rms_scaling=false)",
  (x: TensorLike, options: LayerNormalizationOpOptions = {}): Tensor => {
    const { gamma, beta, axis = -1, epsilon = EPSILON } = options;
    const t = toTensor(x).astype("float32");
    const axes = normalizeAxes(axis, t.rank);
    const [mean, deviation] = moments(t, axes, true);
    let factor = rsqrt(add(deviation, epsilon));
    const weight = (w: TensorLike) => spreadOver(w, t, axes, "layerNormalization");
    if (gamma !== undefined && gamma !== null) factor = multiply(factor, weight(gamma));
    return scaled(t, mean, factor, beta === undefined || beta === null ? undefined : weight(beta));
  },
);

/**
 * `x / √(mean(x²) + epsilon) · scale` over `axis`.
 * @see https://keras.io/api/ops/nn/#rmsnormalization-function
 */
export const rmsNormalization = /* @__PURE__ */ operation(
  "nn.RMSNorm(x, scale=; ...axis=-1, epsilon=null)",
  (x: TensorLike, options: { scale?: TensorLike | null; axis?: Axes; epsilon?: number } = {}): Tensor => {
    const { scale, axis = -1, epsilon = EPSILON } = options;
    const t = toTensor(x).astype("float32");
    const axes = normalizeAxes(axis, t.rank);
    const y = multiply(t, rsqrt(add(square(t).mean(axes, true), epsilon)));
    return scale === undefined || scale === null
      ? y
      : multiply(y, spreadOver(scale, t, axes, "rmsNormalization"));
  },
);
