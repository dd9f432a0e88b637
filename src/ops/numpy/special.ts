import * as lax from "../../primitives/index.js";
import type { Value } from "../../trace/graph.js";
import { floating } from "../lift.js";
import { operation } from "../operation.js";
import type { Tensor, TensorLike } from "../tensor.js";

// https://keras.io/api/ops/core/ (keras.ops.erfc, erfinv)

/** c₀xⁿ + c₁xⁿ⁻¹ + … */
const polynomial = (x: Value, [first, ...rest]: readonly number[]): Value =>
  rest.reduce<Value>((sum, c) => lax.add(lax.mul(sum, x), c), lax.full(x.shape, first, "float32"));

/** erfc(x) · exp(x²) · x as polynomials of 1/x²: for 1 < x < 2, and above (Cephes, single precision). */
const ERFC_NEAR = [
  2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1,
  6.210004621745983e-1, -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1,
  5.638259427386472e-1,
];
const ERFC_FAR = [
  -1.047766399936249e1, 1.297719955372516e1, -7.495518717768503, 2.92101901921078, -1.0152652792027,
  4.218463358204948e-1, -2.820767439740514e-1, 5.641895067754075e-1,
];
/** 1 − erf(x), with a small relative error also where that is next to 0. */
export const erfc = /* @__PURE__ */ operation(
  "math.Erfc(x)",
  (x: TensorLike): Tensor =>
    floating(x, (v) => {
      const a = lax.abs(v);
      const small = lax.lt(a, 1);
      const b = lax.clamp(1, a, 12);
      const inverse = lax.div(1, b);
      const square = lax.mul(inverse, inverse);
      const ratio = lax.select(lax.lt(b, 2), polynomial(square, ERFC_NEAR), polynomial(square, ERFC_FAR));
      const tail = lax.mul(lax.mul(lax.exp(lax.neg(lax.mul(b, b))), inverse), ratio);
      const large = lax.select(lax.lt(v, 0), lax.sub(2, tail), tail);
      return lax.select(lax.or(small, lax.ne(v, v)), lax.sub(1, lax.erf(v)), large);
    }),
);

/** erfinv(x)/x as polynomials of w = −log(1 − x²): of w − 2.5 for w < 5, else of √w − 3 (Giles 2010, single precision). */
const ERFINV_NEAR = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
];
const ERFINV_FAR = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
];
/** What erf has given x for; ±∞ at ±1, NaN beyond. */
export const erfinv = /* @__PURE__ */ operation(
  "math.Erfinv(x)",
  (x: TensorLike): Tensor =>
    floating(x, (v) => {
      const end = lax.eq(lax.abs(v), 1);
      const inner = lax.select(end, 0, v);
      const w = lax.neg(lax.log1p(lax.neg(lax.mul(inner, inner))));
      const near = lax.lt(w, 5);
      const far = lax.sub(lax.sqrt(lax.select(near, 9, w)), 3);
      const ratio = lax.select(near, polynomial(lax.sub(w, 2.5), ERFINV_NEAR), polynomial(far, ERFINV_FAR));
      return lax.select(end, lax.mul(lax.sign(v), Number.POSITIVE_INFINITY), lax.mul(ratio, inner));
    }),
);
