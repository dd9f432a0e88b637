import * as lax from "../primitives/index.js";
import { normalizeAxis } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import { operation } from "./operation.js";
import { asFloat } from "./promotion.js";
import { apply, type Tensor, type TensorLike } from "./tensor.js";

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
/** x − tanh(x) */
export const tanhShrink = /* @__PURE__ */ operation(
  "nn.TanhShrink(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.sub(v, lax.tanh(v))),
);

/** eˣ / Σ eˣ along `axis`. */
export const softmax = /* @__PURE__ */ operation(
  "nn.Softmax(x; axis=-1)",
  (x: TensorLike, axis = -1): Tensor =>
    float(x, (v) => {
      const e = lax.exp(lax.sub(v, maximumAlong(v, axis)));
      return lax.div(e, keeping(e, axis, lax.reduceSum));
    }),
);

/** log(softmax(x)), accurately. */
export const logSoftmax = /* @__PURE__ */ operation(
  "nn.LogSoftmax(x; axis=-1)",
  (x: TensorLike, axis = -1): Tensor => float(x, (v) => logSoftmaxOf(v, axis)),
);
function logSoftmaxOf(v: Value, axis: number): Value {
  const shifted = lax.sub(v, maximumAlong(v, axis));
  return lax.sub(shifted, lax.log(keeping(lax.exp(shifted), axis, lax.reduceSum)));
}

/** log Σ eˣ along `axis`. */
export const logsumexp = /* @__PURE__ */ operation(
  "math.Logsumexp(x; axis=null, keepdims=false)",
  (x: TensorLike, axis: number, keepdims = false): Tensor =>
    float(x, (v) => {
      const top = maximumAlong(v, axis);
      const sum = lax.add(lax.log(keeping(lax.exp(lax.sub(v, top)), axis, lax.reduceSum)), top);
      const a = normalizeAxis(axis, v.shape.length);
      return keepdims
        ? sum
        : lax.reshape(
            sum,
            v.shape.filter((_, i) => i !== a),
          );
    }),
);

/** The largest element along an axis, which stays with size 1; constant for differentiation, since it cancels. */
function maximumAlong(v: Value, axis: number): Value {
  return lax.stopGradient(keeping(v, axis, lax.reduceMax));
}

function keeping(v: Value, axis: number, reduce: (v: Value, axes: readonly number[]) => Value): Value {
  const a = normalizeAxis(axis, v.shape.length);
  return lax.reshape(
    reduce(v, [a]),
    v.shape.map((extent, i) => (i === a ? 1 : extent)),
  );
}
