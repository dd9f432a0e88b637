import * as lax from "../../primitives/index.js";
import type { Value } from "../../trace/graph.js";
import { floating, pair } from "../lift.js";
import { operation } from "../operation.js";
import { apply, type Tensor, type TensorLike, toTensor } from "../tensor.js";

// https://keras.io/api/ops/numpy/: angles and hyperbolic functions. All compute in float32.

export const tan = /* @__PURE__ */ operation(
  "numpy.Tan(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.div(lax.sin(v), lax.cos(v))),
);

/** √(1 − x²) without cancellation next to ±1. */
const cosineOf = (v: Value) => lax.sqrt(lax.mul(lax.sub(1, v), lax.add(1, v)));

/** In [−π/2, π/2]; NaN outside of [−1, 1]. */
export const arcsin = /* @__PURE__ */ operation(
  "numpy.Arcsin(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.atan2(v, cosineOf(v))),
);
/** In [0, π]; NaN outside of [−1, 1]. */
export const arccos = /* @__PURE__ */ operation(
  "numpy.Arccos(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.atan2(cosineOf(v), v)),
);
/** In [−π/2, π/2]. */
export const arctan = /* @__PURE__ */ operation(
  "numpy.Arctan(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.atan2(v, 1)),
);
/** The angle of the point (x2, x1), in (−π, π]; the signs of zeros count. */
export const arctan2 = /* @__PURE__ */ operation(
  "numpy.Arctan2(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor => pair(x1, x2, lax.atan2, "float32"),
);

const HALF = Math.log(0.5);

/** (eˣ − e⁻ˣ) / 2 */
export const sinh = /* @__PURE__ */ operation(
  "numpy.Sinh(x)",
  (x: TensorLike): Tensor =>
    floating(x, (v) => {
      const near = lax.lt(lax.abs(v), 1);
      const e = lax.expm1(lax.select(near, v, 0));
      const small = lax.mul(lax.add(e, lax.div(e, lax.add(e, 1))), 0.5);
      // half of each exponential by its exponent: no overflow before the result's own
      const large = lax.sub(lax.exp(lax.add(v, HALF)), lax.exp(lax.sub(HALF, v)));
      return lax.select(near, small, large);
    }),
);
/** (eˣ + e⁻ˣ) / 2 */
export const cosh = /* @__PURE__ */ operation(
  "numpy.Cosh(x)",
  (x: TensorLike): Tensor =>
    floating(x, (v) => lax.add(lax.exp(lax.add(v, HALF)), lax.exp(lax.sub(HALF, v)))),
);

/** From here on x² + 1 is x², and x² may overflow. */
const HUGE = 1e10;

export const arcsinh = /* @__PURE__ */ operation(
  "numpy.Arcsinh(x)",
  (x: TensorLike): Tensor =>
    floating(x, (v) => {
      const a = lax.abs(v);
      const huge = lax.gt(a, HUGE);
      const b = lax.select(huge, 1, a);
      const square = lax.mul(b, b);
      const usual = lax.log1p(lax.add(b, lax.div(square, lax.add(1, lax.sqrt(lax.add(square, 1))))));
      const result = lax.select(huge, lax.add(lax.log(lax.select(huge, a, 1)), Math.LN2), usual);
      // the sign of zero stays
      return lax.select(lax.eq(v, 0), v, lax.mul(lax.sign(v), result));
    }),
);
/** NaN below 1. */
export const arccosh = /* @__PURE__ */ operation(
  "numpy.Arccosh(x)",
  (x: TensorLike): Tensor =>
    floating(x, (v) => {
      const huge = lax.gt(v, HUGE);
      const above = lax.sub(lax.select(huge, 2, v), 1);
      const usual = lax.log1p(lax.add(above, lax.sqrt(lax.mul(above, lax.add(above, 2)))));
      return lax.select(huge, lax.add(lax.log(lax.select(huge, v, 1)), Math.LN2), usual);
    }),
);
/** ±∞ at ±1, NaN beyond. */
export const arctanh = /* @__PURE__ */ operation(
  "numpy.Arctanh(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.mul(lax.sub(lax.log1p(v), lax.log1p(lax.neg(v))), 0.5)),
);

/** √(x1² + x2²), without overflow on the way. */
export const hypot = /* @__PURE__ */ operation(
  "numpy.Hypot(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    pair(
      x1,
      x2,
      (x, y) => {
        const [a, b] = [lax.abs(x), lax.abs(y)];
        const large = lax.max(a, b);
        const infinite = lax.or(lax.eq(a, Number.POSITIVE_INFINITY), lax.eq(b, Number.POSITIVE_INFINITY));
        const none = lax.or(lax.eq(large, 0), infinite);
        const divisor = lax.select(none, 1, large);
        const ratio = lax.div(lax.select(none, 0, lax.min(a, b)), divisor);
        const length = lax.mul(divisor, lax.sqrt(lax.add(lax.mul(ratio, ratio), 1)));
        return lax.select(infinite, Number.POSITIVE_INFINITY, lax.select(none, large, length));
      },
      "float32",
    ),
);

export const deg2rad = /* @__PURE__ */ operation(
  "numpy.Deg2rad(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.mul(v, Math.PI / 180)),
);
export const rad2deg = /* @__PURE__ */ operation(
  "numpy.Rad2deg(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.mul(v, 180 / Math.PI)),
);
/** sin(πx) / (πx), 1 at 0. */
export const sinc = /* @__PURE__ */ operation(
  "numpy.Sinc(x)",
  (x: TensorLike): Tensor =>
    floating(x, (v) => {
      const zero = lax.eq(v, 0);
      const angle = lax.mul(lax.select(zero, 1, v), Math.PI);
      return lax.select(zero, 1, lax.div(lax.sin(angle), angle));
    }),
);

// ---- real numbers as complex ones

/** Of real numbers: 0, or π below 0. */
export const angle = /* @__PURE__ */ operation(
  "numpy.Angle(x)",
  (x: TensorLike): Tensor => floating(x, (v) => lax.atan2(0, v)),
);
/** Of real numbers the same. */
export const real = /* @__PURE__ */ operation("numpy.Real(x)", (x: TensorLike): Tensor => toTensor(x));
/** Of real numbers 0. */
export const imag = /* @__PURE__ */ operation(
  "numpy.Imag(x)",
  (x: TensorLike): Tensor => apply([toTensor(x)], (v) => lax.full((v as Value).shape, 0, (v as Value).dtype)),
);
/** Of real numbers the same. */
export const conjugate = /* @__PURE__ */ operation(
  "numpy.Conjugate(x)",
  (x: TensorLike): Tensor => toTensor(x),
);
export { conjugate as conj };
/** Whether the imaginary part is 0: true of all tensors here. */
export const isreal = /* @__PURE__ */ operation(
  "numpy.Isreal(x)",
  (x: TensorLike): Tensor => apply([toTensor(x)], (v) => lax.full((v as Value).shape, 1, "bool")),
);
