import * as lax from "../primitives/index.js";
import { formatShape, normalizeAxis } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import { operation } from "./operation.js";
import { asFloat } from "./promotion.js";
import { type Axes, apply, normalizeAxes, type Tensor, type TensorLike } from "./tensor.js";

// https://keras.io/api/ops/nn/

const float = (x: TensorLike, compute: (x: Value) => Value) => apply([x], (a) => compute(asFloat(a)));

/** `max(x, 0)`; its derivative at 0 is 0, NaN stays NaN. */
export const relu = /* @__PURE__ */ operation("nn.Relu(x)", (x: TensorLike): Tensor => float(x, reluOf));
const reluOf = (v: Value) => lax.select(lax.le(v, 0), 0, v);
/** relu limited to 6. */
export const relu6 = /* @__PURE__ */ operation("nn.Relu6(x)", (x: TensorLike): Tensor => float(x, relu6Of));
const relu6Of = (v: Value) => lax.select(lax.le(v, 0), 0, lax.select(lax.ge(v, 6), 6, v));
/** x, but `negativeSlope · x` below 0 (default slope 0.2). */
export const leakyRelu = /* @__PURE__ */ operation(
  "nn.LeakyRelu(x; negative_slope=0.2)",
  (x: TensorLike, negativeSlope = 0.2): Tensor =>
    float(x, (v) => lax.select(lax.ge(v, 0), v, lax.mul(v, negativeSlope))),
);
/** x, but `alpha · (eˣ − 1)` below 0. */
export const elu = /* @__PURE__ */ operation(
  "nn.Elu(x; alpha=1)",
  (x: TensorLike, alpha = 1): Tensor => float(x, (v) => eluOf(v, alpha)),
);
function eluOf(v: Value, alpha: number): Value {
  const positive = lax.gt(v, 0);
  // the exponential is taken of 0 where it is not used: no infinity times 0 in the gradient
  return lax.select(positive, v, lax.mul(lax.expm1(lax.select(positive, 0, v)), alpha));
}
/** Scaled elu: https://arxiv.org/abs/1706.02515 */
export const selu = /* @__PURE__ */ operation(
  "nn.Selu(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.mul(eluOf(v, 1.6732632423543772), 1.0507009873554805)),
);
/** x · Φ(x); with `approximate` (Keras's op default is true, the activation's false) by tanh. https://arxiv.org/abs/1606.08415 */
export const gelu = /* @__PURE__ */ operation(
  "nn.Gelu(x; approximate=true)",
  (x: TensorLike, approximate = true): Tensor =>
    float(x, (v) => {
      if (!approximate) return lax.div(lax.mul(v, lax.add(lax.erf(lax.div(v, Math.SQRT2)), 1)), 2);
      const inner = lax.mul(lax.add(v, lax.mul(lax.mul(lax.mul(v, v), v), 0.044715)), Math.sqrt(2 / Math.PI));
      return lax.mul(v, lax.mul(lax.add(lax.tanh(inner), 1), 0.5));
    }),
);
export const sigmoid = /* @__PURE__ */ operation(
  "nn.Sigmoid(x)",
  (x: TensorLike): Tensor => float(x, lax.logistic),
);
/** x · sigmoid(x), also called swish. */
export const silu = /* @__PURE__ */ operation(
  "nn.Silu(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.mul(v, lax.logistic(v))),
);
/** relu6(x + 3) / 6 */
export const hardSigmoid = /* @__PURE__ */ operation(
  "nn.HardSigmoid(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.div(relu6Of(lax.add(v, 3)), 6)),
);
export const hardSilu = /* @__PURE__ */ operation(
  "nn.HardSilu(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.mul(v, lax.div(relu6Of(lax.add(v, 3)), 6))),
);
export const hardTanh = /* @__PURE__ */ operation(
  "nn.HardTanh(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.select(lax.gt(v, 1), 1, lax.select(lax.lt(v, -1), -1, v))),
);
/** log(1 + eˣ), without overflow. */
export const softplus = /* @__PURE__ */ operation(
  "nn.Softplus(x)",
  (x: TensorLike): Tensor => float(x, softplusOf),
);
const softplusOf = (v: Value) => lax.add(reluOf(v), lax.log1p(lax.exp(lax.neg(lax.abs(v)))));
/** x / (1 + |x|) */
export const softsign = /* @__PURE__ */ operation(
  "nn.Softsign(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.div(v, lax.add(lax.abs(v), 1))),
);
/** x · tanh(softplus(x)): https://arxiv.org/abs/1908.08681 */
export const mish = /* @__PURE__ */ operation(
  "nn.Mish(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.mul(v, lax.tanh(softplusOf(v)))),
);
export const logSigmoid = /* @__PURE__ */ operation(
  "nn.LogSigmoid(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.neg(softplusOf(lax.neg(v)))),
);
/** elu with a derivative of 1 at 0 for every alpha: https://arxiv.org/abs/1704.07483 */
export const celu = /* @__PURE__ */ operation(
  "nn.Celu(x; alpha=1)",
  (x: TensorLike, alpha = 1): Tensor =>
    float(x, (v) => {
      const positive = lax.gt(v, 0);
      const below = lax.mul(lax.expm1(lax.div(lax.select(positive, 0, v), alpha)), alpha);
      return lax.select(positive, v, below);
    }),
);
/** The first half along `axis`, times the sigmoid of the second: https://arxiv.org/abs/1612.08083 */
export const glu = /* @__PURE__ */ operation(
  "nn.Glu(x; axis=-1)",
  (x: TensorLike, axis = -1): Tensor =>
    float(x, (v) => {
      const at = normalizeAxis(axis, v.shape.length);
      const half = v.shape[at] / 2;
      if (!Number.isInteger(half)) {
        throw new Error(`glu: axis ${axis} must have an even size. Received: shape=${formatShape(v.shape)}`);
      }
      const part = (from: number) =>
        lax.slice(
          v,
          v.shape.map((_, a) => (a === at ? from : 0)),
          v.shape.map((extent, a) => (a === at ? from + half : extent)),
        );
      return lax.mul(part(0), lax.logistic(part(half)));
    }),
);
/** 0 within ±`threshold`, else x. */
export const hardShrink = /* @__PURE__ */ operation(
  "nn.HardShrink(x; threshold=0.5)",
  (x: TensorLike, threshold = 0.5): Tensor =>
    float(x, (v) => lax.select(lax.gt(lax.abs(v), threshold), v, 0)),
);
/** x moved towards 0 by `threshold`, and 0 within ±`threshold`. */
export const softShrink = /* @__PURE__ */ operation(
  "nn.SoftShrink(x; threshold=0.5)",
  (x: TensorLike, threshold = 0.5): Tensor =>
    float(x, (v) =>
      lax.select(
        lax.gt(v, threshold),
        lax.sub(v, threshold),
        lax.select(lax.lt(v, -threshold), lax.add(v, threshold), 0),
      ),
    ),
);
/** x where it is above `threshold`, else `defaultValue`. */
export const threshold = /* @__PURE__ */ operation(
  "nn.Threshold(x; threshold, default_value)",
  (x: TensorLike, threshold: number, defaultValue: number): Tensor =>
    float(x, (v) => lax.select(lax.gt(v, threshold), v, defaultValue)),
);
/** (x + √(x² + b)) / 2 */
export const squareplus = /* @__PURE__ */ operation(
  "nn.Squareplus(x; b=4)",
  (x: TensorLike, b = 4): Tensor =>
    float(x, (v) => lax.mul(lax.add(v, lax.sqrt(lax.add(lax.mul(v, v), b))), 0.5)),
);
/** 0 up to −1, (x + 1)² / 4 between −1 and 1, x from there on. */
export const sparsePlus = /* @__PURE__ */ operation(
  "nn.SparsePlus(x)",
  (x: TensorLike): Tensor =>
    float(x, (v) => {
      const middle = lax.mul(lax.mul(lax.add(v, 1), lax.add(v, 1)), 0.25);
      return lax.select(lax.le(v, -1), 0, lax.select(lax.ge(v, 1), v, middle));
    }),
);
/** (x + 1) / 2, limited to [0, 1]. */
export const sparseSigmoid = /* @__PURE__ */ operation(
  "nn.SparseSigmoid(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.mul(lax.clamp(-1, v, 1), 0.5)).add(0.5),
);
/**
 * Like softmax, but with zeros (https://arxiv.org/abs/1602.02068). What is subtracted is computed as Keras computes it, from the
 * running sums: its results have sum 1 only where one or two elements are left.
 */
export const sparsemax = /* @__PURE__ */ operation(
  "nn.Sparsemax(x; axis=-1)",
  (x: TensorLike, axis = -1): Tensor => {
    return float(x, (v) => {
      const at = normalizeAxis(axis, v.shape.length);
      const [sorted] = lax.sort(v, at, true);
      const sums = lax.cumsum(sorted, at);
      const rank = lax.add(lax.iota(v.shape, "float32", at), 1);
      const supported = lax.gt(lax.sub(sorted, lax.div(lax.sub(sums, 1), rank)), 0);
      const count = keeping(lax.convert(supported, "float32"), at, lax.reduceSum);
      const total = keeping(lax.select(supported, sums, 0), at, lax.reduceSum);
      return reluOf(lax.sub(v, lax.div(lax.sub(total, 1), count)));
    });
  },
);
/** x − tanh(x) */
export const tanhShrink = /* @__PURE__ */ operation(
  "nn.TanhShrink(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.sub(v, lax.tanh(v))),
);

/** eˣ / Σ eˣ along `axis` (or several axes). */
export const softmax = /* @__PURE__ */ operation(
  "nn.Softmax(x; axis=-1)",
  (x: TensorLike, axis: Axes = -1): Tensor =>
    float(x, (v) => {
      const e = lax.exp(lax.sub(v, maximumAlong(v, axis)));
      return lax.div(e, keeping(e, axis, lax.reduceSum));
    }),
);

/** log(softmax(x)), accurately. */
export const logSoftmax = /* @__PURE__ */ operation(
  "nn.LogSoftmax(x; axis=-1)",
  (x: TensorLike, axis: Axes = -1): Tensor => float(x, (v) => logSoftmaxOf(v, axis)),
);
function logSoftmaxOf(v: Value, axis: Axes): Value {
  const shifted = lax.sub(v, maximumAlong(v, axis));
  return lax.sub(shifted, lax.log(keeping(lax.exp(shifted), axis, lax.reduceSum)));
}

/** log Σ eˣ along `axis` (default: all axes). */
export const logsumexp = /* @__PURE__ */ operation(
  "math.Logsumexp(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: Axes, keepdims = false): Tensor =>
    float(x, (v) => {
      const axes = normalizeAxes(axis, v.shape.length);
      const top = maximumAlong(v, axes);
      const sum = lax.add(lax.log(keeping(lax.exp(lax.sub(v, top)), axes, lax.reduceSum)), top);
      return keepdims
        ? sum
        : lax.reshape(
            sum,
            v.shape.filter((_, i) => !axes.includes(i)),
          );
    }),
);

/** The largest element along axes, which stay with size 1; constant for differentiation, since it cancels. */
function maximumAlong(v: Value, axis: Axes): Value {
  return lax.stopGradient(keeping(v, axis, lax.reduceMax));
}

function keeping(v: Value, axis: Axes, reduce: (v: Value, axes: readonly number[]) => Value): Value {
  const axes = normalizeAxes(axis, v.shape.length);
  return lax.reshape(
    reduce(v, axes),
    v.shape.map((extent, i) => (axes.includes(i) ? 1 : extent)),
  );
}
