import * as lax from "../primitives/index.js";
import type { DType } from "../tensor/dtype.js";
import type { Value } from "../trace/graph.js";
import { asFloat, resultType, together } from "./promotion.js";
import { apply, applyPromoted, type Tensor, type TensorLike, toTensor } from "./tensor.js";

// Keras's names (https://keras.io/api/ops/numpy/). Operands are broadcast and promoted as in Keras; functions that
// Keras computes in floating point give float32.

const pair = (x: TensorLike, y: TensorLike, compute: (x: Value, y: Value) => Value, dtype?: DType) =>
  apply([x, y], (a, b) => compute(...(together([a, b], dtype ?? resultType(a, b)) as [Value, Value])));
const float = (x: TensorLike, compute: (x: Value) => Value) => apply([x], (a) => compute(asFloat(a)));
const same = (x: TensorLike, compute: (x: Value) => Value) =>
  apply([toTensor(x)], (a) => compute(a as Value));

export const add = (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.add);
export const subtract = (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.sub);
export const multiply = (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.mul);
/** True division: float32. */
export const divide = (x: TensorLike, y: TensorLike): Tensor => pair(x, y, lax.div, "float32");
/** Division, 0 where the divisor is 0. */
export const divideNoNan = (x: TensorLike, y: TensorLike): Tensor =>
  pair(x, y, (a, b) => lax.select(lax.eq(b, 0), 0, lax.div(a, lax.select(lax.eq(b, 0), 1, b))), "float32");
/** Quotient rounded down, in the promoted dtype. */
export const floorDivide = (x: TensorLike, y: TensorLike): Tensor =>
  apply([x, y], (a, b) => {
    const [m, n] = together([a, b], "float32");
    return lax.convert(lax.floor(lax.div(m, n)), resultType(a, b));
  });
export const power = (x: TensorLike, y: TensorLike): Tensor => pair(x, y, lax.pow, "float32");
/** Remainder with the divisor's sign, as in Python. */
export const mod = (x: TensorLike, y: TensorLike): Tensor =>
  applyPromoted([x, y], (a, b) => {
    const r = lax.rem(a, b);
    const wrong = lax.and(lax.ne(r, 0), lax.ne(lax.lt(r, 0), lax.lt(b, 0)));
    return lax.select(wrong, lax.add(r, b), r);
  });
export const maximum = (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.max);
export const minimum = (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.min);

export const negative = (x: TensorLike): Tensor => same(x, lax.neg);
export const absolute = (x: TensorLike): Tensor => same(x, lax.abs);
export { absolute as abs };
export const sign = (x: TensorLike): Tensor => same(x, lax.sign);
export const square = (x: TensorLike): Tensor => same(x, (v) => lax.mul(v, v));
export const sqrt = (x: TensorLike): Tensor => float(x, lax.sqrt);
export const rsqrt = (x: TensorLike): Tensor => float(x, lax.rsqrt);
export const reciprocal = (x: TensorLike): Tensor => float(x, (v) => lax.div(1, v));
export const exp = (x: TensorLike): Tensor => float(x, lax.exp);
export const expm1 = (x: TensorLike): Tensor => float(x, lax.expm1);
export const log = (x: TensorLike): Tensor => float(x, lax.log);
export const log1p = (x: TensorLike): Tensor => float(x, lax.log1p);
export const sin = (x: TensorLike): Tensor => float(x, lax.sin);
export const cos = (x: TensorLike): Tensor => float(x, lax.cos);
export const tanh = (x: TensorLike): Tensor => float(x, lax.tanh);
export const erf = (x: TensorLike): Tensor => float(x, lax.erf);
export const floor = (x: TensorLike): Tensor => float(x, lax.floor);
export const ceil = (x: TensorLike): Tensor => float(x, lax.ceil);
/** Nearest integer, ties to even. */
export const round = (x: TensorLike): Tensor => float(x, lax.round);
/** Limits to [`xMin`, `xMax`]; NaN stays NaN. */
export const clip = (x: TensorLike, xMin: number, xMax: number): Tensor =>
  same(x, (v) => lax.clamp(xMin, v, xMax));

export const equal = (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.eq);
export const notEqual = (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.ne);
export const less = (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.lt);
export const lessEqual = (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.le);
export const greater = (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.gt);
export const greaterEqual = (x: TensorLike, y: TensorLike): Tensor => applyPromoted([x, y], lax.ge);
export const logicalAnd = (x: TensorLike, y: TensorLike): Tensor => pair(x, y, lax.and, "bool");
export const logicalOr = (x: TensorLike, y: TensorLike): Tensor => pair(x, y, lax.or, "bool");
export const logicalNot = (x: TensorLike): Tensor => same(x, (v) => lax.not(lax.convert(v, "bool")));
export const isnan = (x: TensorLike): Tensor => float(x, (v) => lax.ne(v, v));
export const isfinite = (x: TensorLike): Tensor => float(x, (v) => lax.eq(lax.sub(v, v), 0));
export const isinf = (x: TensorLike): Tensor => float(x, (v) => lax.eq(lax.abs(v), Number.POSITIVE_INFINITY));

/** `condition ? x : y`, element by element. */
export function where(condition: TensorLike, x: TensorLike, y: TensorLike): Tensor {
  return apply([toTensor(condition), x, y], (mask, a, b) => {
    const [first, second] = together([a, b], resultType(a, b));
    return lax.select(lax.convert(mask as Value, "bool"), first, second);
  });
}

/** Converted to `dtype`; floats are truncated towards zero. */
export function cast(x: TensorLike, dtype: DType): Tensor {
  return toTensor(x).astype(dtype);
}

/** The same tensor, taken as a constant by differentiation. */
export const stopGradient = (x: TensorLike): Tensor => same(x, lax.stopGradient);
