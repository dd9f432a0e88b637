import * as lax from "../primitives/index.js";
import type { DType } from "../tensor/dtype.js";
import type { Value } from "../trace/graph.js";
import { operation } from "./operation.js";
import { asFloat, resultType, together } from "./promotion.js";
import { apply, applyPromoted, type Tensor, type TensorLike, toTensor } from "./tensor.js";

// Keras's names (https://keras.io/api/ops/numpy/). Operands are broadcast and promoted as in Keras; functions that
// Keras computes in floating point give float32.

const pair = (x: TensorLike, y: TensorLike, compute: (x: Value, y: Value) => Value, dtype?: DType) =>
  apply([x, y], (a, b) => compute(...(together([a, b], dtype ?? resultType(a, b)) as [Value, Value])));
const float = (x: TensorLike, compute: (x: Value) => Value) => apply([x], (a) => compute(asFloat(a)));
const same = (x: TensorLike, compute: (x: Value) => Value) =>
  apply([toTensor(x)], (a) => compute(a as Value));

export const add = /* @__PURE__ */ operation(
  "numpy.Add(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.add),
);
export const subtract = /* @__PURE__ */ operation(
  "numpy.Subtract(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.sub),
);
export const multiply = /* @__PURE__ */ operation(
  "numpy.Multiply(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.mul),
);
/** True division: float32. */
export const divide = /* @__PURE__ */ operation(
  "numpy.Divide(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => pair(x, y, lax.div, "float32"),
);
/** Division, 0 where the divisor is 0. */
export const divideNoNan = /* @__PURE__ */ operation(
  "numpy.DivideNoNan(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor =>
    pair(x, y, (a, b) => lax.select(lax.eq(b, 0), 0, lax.div(a, lax.select(lax.eq(b, 0), 1, b))), "float32"),
);
/** Quotient rounded down, in the promoted dtype. */
export const floorDivide = /* @__PURE__ */ operation(
  "numpy.FloorDivide(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor =>
    apply([x, y], (a, b) => {
      const [m, n] = together([a, b], "float32");
      return lax.convert(lax.floor(lax.div(m, n)), resultType(a, b));
    }),
);
export const power = /* @__PURE__ */ operation(
  "numpy.Power(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => pair(x, y, lax.pow, "float32"),
);
/** Remainder with the divisor's sign, as in Python. */
export const mod = /* @__PURE__ */ operation(
  "numpy.Mod(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor =>
    applyPromoted([x, y], (a, b) => {
      const r = lax.rem(a, b);
      const wrong = lax.and(lax.ne(r, 0), lax.ne(lax.lt(r, 0), lax.lt(b, 0)));
      return lax.select(wrong, lax.add(r, b), r);
    }),
);
export const maximum = /* @__PURE__ */ operation(
  "numpy.Maximum(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.max),
);
export const minimum = /* @__PURE__ */ operation(
  "numpy.Minimum(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.min),
);

export const negative = /* @__PURE__ */ operation(
  "numpy.Negative(x)",
  (x: TensorLike): Tensor => same(x, lax.neg),
);
export const absolute = /* @__PURE__ */ operation(
  "numpy.Absolute(x)",
  (x: TensorLike): Tensor => same(x, lax.abs),
);
export { absolute as abs };
export const sign = /* @__PURE__ */ operation("numpy.Sign(x)", (x: TensorLike): Tensor => same(x, lax.sign));
export const square = /* @__PURE__ */ operation(
  "numpy.Square(x)",
  (x: TensorLike): Tensor => same(x, (v) => lax.mul(v, v)),
);
export const sqrt = /* @__PURE__ */ operation("numpy.Sqrt(x)", (x: TensorLike): Tensor => float(x, lax.sqrt));
export const rsqrt = /* @__PURE__ */ operation(
  "math.Rsqrt(x)",
  (x: TensorLike): Tensor => float(x, lax.rsqrt),
);
export const reciprocal = /* @__PURE__ */ operation(
  "numpy.Reciprocal(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.div(1, v)),
);
export const exp = /* @__PURE__ */ operation("numpy.Exp(x)", (x: TensorLike): Tensor => float(x, lax.exp));
export const expm1 = /* @__PURE__ */ operation(
  "numpy.Expm1(x)",
  (x: TensorLike): Tensor => float(x, lax.expm1),
);
export const log = /* @__PURE__ */ operation("numpy.Log(x)", (x: TensorLike): Tensor => float(x, lax.log));
export const log1p = /* @__PURE__ */ operation(
  "numpy.Log1p(x)",
  (x: TensorLike): Tensor => float(x, lax.log1p),
);
export const sin = /* @__PURE__ */ operation("numpy.Sin(x)", (x: TensorLike): Tensor => float(x, lax.sin));
export const cos = /* @__PURE__ */ operation("numpy.Cos(x)", (x: TensorLike): Tensor => float(x, lax.cos));
export const tanh = /* @__PURE__ */ operation("numpy.Tanh(x)", (x: TensorLike): Tensor => float(x, lax.tanh));
export const erf = /* @__PURE__ */ operation("math.Erf(x)", (x: TensorLike): Tensor => float(x, lax.erf));
export const floor = /* @__PURE__ */ operation(
  "numpy.Floor(x)",
  (x: TensorLike): Tensor => float(x, lax.floor),
);
export const ceil = /* @__PURE__ */ operation("numpy.Ceil(x)", (x: TensorLike): Tensor => float(x, lax.ceil));
/** Nearest integer, ties to even. */
export const round = /* @__PURE__ */ operation(
  "numpy.Round(x; decimals?=0)",
  (x: TensorLike): Tensor => float(x, lax.round),
);
/** Limits to [`xMin`, `xMax`]; NaN stays NaN. */
export const clip = /* @__PURE__ */ operation(
  "numpy.Clip(x; x_min, x_max)",
  (x: TensorLike, xMin: number, xMax: number): Tensor => same(x, (v) => lax.clamp(xMin, v, xMax)),
);

export const equal = /* @__PURE__ */ operation(
  "numpy.Equal(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.eq),
);
export const notEqual = /* @__PURE__ */ operation(
  "numpy.NotEqual(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.ne),
);
export const less = /* @__PURE__ */ operation(
  "numpy.Less(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.lt),
);
export const lessEqual = /* @__PURE__ */ operation(
  "numpy.LessEqual(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.le),
);
export const greater = /* @__PURE__ */ operation(
  "numpy.Greater(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.gt),
);
export const greaterEqual = /* @__PURE__ */ operation(
  "numpy.GreaterEqual(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.ge),
);
export const logicalAnd = /* @__PURE__ */ operation(
  "numpy.LogicalAnd(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => pair(x, y, lax.and, "bool"),
);
export const logicalOr = /* @__PURE__ */ operation(
  "numpy.LogicalOr(x1, x2)",
  (x: TensorLike, y: TensorLike): Tensor => pair(x, y, lax.or, "bool"),
);
export const logicalNot = /* @__PURE__ */ operation(
  "numpy.LogicalNot(x)",
  (x: TensorLike): Tensor => same(x, (v) => lax.not(lax.convert(v, "bool"))),
);
export const isnan = /* @__PURE__ */ operation(
  "numpy.Isnan(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.ne(v, v)),
);
export const isfinite = /* @__PURE__ */ operation(
  "numpy.Isfinite(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.eq(lax.sub(v, v), 0)),
);
export const isinf = /* @__PURE__ */ operation(
  "numpy.Isinf(x)",
  (x: TensorLike): Tensor => float(x, (v) => lax.eq(lax.abs(v), Number.POSITIVE_INFINITY)),
);

/** `condition ? x : y`, element by element. */
export const where = /* @__PURE__ */ operation(
  "numpy.Where(condition, x1, x2)",
  (condition: TensorLike, x: TensorLike, y: TensorLike): Tensor => {
    return apply([toTensor(condition), x, y], (mask, a, b) => {
      const [first, second] = together([a, b], resultType(a, b));
      return lax.select(lax.convert(mask as Value, "bool"), first, second);
    });
  },
);

/** Converted to `dtype`; floats are truncated towards zero. */
export const cast = /* @__PURE__ */ operation(
  "core.Cast(x; dtype)",
  (x: TensorLike, dtype: DType): Tensor => {
    return toTensor(x).astype(dtype);
  },
);

/** The same tensor, taken as a constant by differentiation. */
export const stopGradient = /* @__PURE__ */ operation(
  "core.StopGradient(variable)",
  (x: TensorLike): Tensor => same(x, lax.stopGradient),
);
