import * as lax from "../primitives/index.js";
import type { Value } from "../trace/graph.js";

/** Uniform float32 in [0, 1), multiples of 2⁻²³. */
export function unitUniform(key: Value, size: number): Value {
  const mantissa = lax.or(lax.shiftRightLogical(lax.randomBits(key, size), 9), 0x3f800000);
  return lax.sub(lax.bitcastConvert(mantissa, "float32"), 1);
}

/** Uniform float32 in [low, high), with the fused multiply-add that XLA uses. */
export function uniform(key: Value, size: number, low: number, high: number): Value {
  const from = Math.fround(low);
  const width = Math.fround(Math.fround(high) - from);
  return lax.max(from, lax.fma(unitUniform(key, size), width, from));
}

/** Horner's rule with one rounding a step; highest power first. */
function polynomial(x: Value, coefficients: readonly number[]): Value {
  let sum: Value = lax.broadcastTo(lax.full([], coefficients[0], "float32"), x.shape);
  for (const coefficient of coefficients.slice(1)) sum = lax.fma(sum, x, coefficient);
  return sum;
}

const LOG = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
];

/** The natural logarithm as XLA's CPU code computes it (positive normal numbers). */
function xlaLog(z: Value): Value {
  const bits = lax.bitcastConvert(z, "int32");
  const exponent = lax.sub(lax.shiftRightLogical(bits, 23), 126);
  const mantissa = lax.bitcastConvert(lax.or(lax.and(bits, 0x007fffff), 0x3f000000), "float32");
  const small = lax.lt(mantissa, Math.fround(Math.SQRT1_2));
  const e = lax.convert(lax.select(small, lax.sub(exponent, 1), exponent), "float32");
  const less = lax.sub(mantissa, 1);
  const x = lax.select(small, lax.add(less, mantissa), less);
  const x2 = lax.mul(x, x);
  const x3 = lax.mul(x2, x);
  let y = lax.fma(polynomial(x, LOG.slice(0, 3)), x3, polynomial(x, LOG.slice(3, 6)));
  y = lax.fma(y, x3, polynomial(x, LOG.slice(6)));
  y = lax.fma(y, x3, lax.mul(e, -2.1219444e-4));
  return lax.add(lax.add(lax.sub(x, lax.mul(x2, 0.5)), y), lax.mul(e, 0.693359375));
}

const LOG1P_NUMERATOR = [
  4.52700008624452e-5, 0.49854102823193375, 6.578732594206104, 29.911919328553072, 60.94966798098779,
  57.11296359058554, 20.039553499201283,
];
const LOG1P_DENOMINATOR = [
  1, 15.062909083469192, 83.04756596796722, 221.76239823732857, 309.09872225312057, 216.42788614495947,
  60.11866049760384,
];

function xlaLog1p(x: Value): Value {
  const xx = lax.mul(x, x);
  const ratio = lax.div(polynomial(x, LOG1P_NUMERATOR), polynomial(x, LOG1P_DENOMINATOR));
  const near = lax.add(x, lax.fma(-0.5, xx, lax.mul(lax.mul(x, xx), ratio)));
  return lax.select(lax.lt(lax.abs(x), Math.fround(Math.SQRT2 - 1)), near, xlaLog(lax.add(x, 1)));
}

const ERF_INV_CENTRE = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
];
const ERF_INV_TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
];

/** The inverse error function as XLA computes it. @see Giles, Approximating the erfinv function (2010) */
export function xlaErfInv(x: Value): Value {
  const w = lax.neg(xlaLog1p(lax.neg(lax.mul(x, x))));
  const centre = lax.lt(w, 5);
  const t = lax.select(centre, lax.sub(w, 2.5), lax.sub(lax.sqrt(w), 3));
  return lax.mul(lax.select(centre, polynomial(t, ERF_INV_CENTRE), polynomial(t, ERF_INV_TAIL)), x);
}

/** Standard normal numbers. */
export function standardNormal(key: Value, size: number): Value {
  // the smallest float32 above −1
  const low = -1 + 2 ** -24;
  return lax.mul(xlaErfInv(uniform(key, size, low, 1)), Math.fround(Math.SQRT2));
}

/** Standard normal numbers, drawn again in effect until they lie within two standard deviations. */
export function standardTruncatedNormal(key: Value, size: number): Value {
  const limit = 0.9544997215270996; // erf(√2) as float32
  const z = lax.mul(xlaErfInv(uniform(key, size, -limit, limit)), Math.fround(Math.SQRT2));
  const edge = 1.9999998807907104; // the largest float32 below 2
  return lax.clamp(-edge, z, edge);
}
