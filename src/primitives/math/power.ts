import type { Scalar2, ScalarMath } from "../../trace/scalar.js";
import { horner, hornerWide } from "./horner.js";

const SQRT_HALF_BITS = 0x3f3504f3;
const SIGN_BIT = -(2 ** 31);

/** log₂(m)/s with s = (m − 1)/(m + 1) as a polynomial of s², √½ ≤ m ≤ √2; relative error below 3e-14. */
const LOG2_SERIES = [
  2.8853900817778517, 0.9617966941136382, 0.5770779422092603, 0.41220927248177913, 0.31990473485406373,
  0.2829155474473279,
];
/** (2ᶠ − 1)/f for |f| ≤ ½; relative to 2ᶠ the error is below 3e-9. */
const EXP2_TAIL = [
  0.6931471824645996, 0.24022647738456726, 0.05550359934568405, 0.009618505835533142, 0.0013390806270763278,
  0.0001532646274426952,
];

/** log₂ of a positive float32 in float64; some finite number for 0, ∞ and NaN. */
function log2Wide<T, W>(m: ScalarMath<T, W>, x: T): W {
  const tiny = m.lt(x, m.f32(2 ** -126));
  const scaled = m.select(tiny, m.mul(x, m.f32(2 ** 23)), x);
  const offset = m.select(tiny, m.i32(SQRT_HALF_BITS + (23 << 23)), m.i32(SQRT_HALF_BITS));
  const bits = m.isub(m.asInt(scaled), offset);
  const exponent = m.widen(m.intToFloat(m.shrS(bits, 23)));
  const mantissa = m.widen(m.asFloat(m.iadd(m.and(bits, m.i32(0x7fffff)), m.i32(SQRT_HALF_BITS))));
  const one = m.f64(1);
  const s = m.wdiv(m.wsub(mantissa, one), m.wadd(mantissa, one));
  return m.wadd(exponent, m.wmul(s, hornerWide(m, m.wmul(s, s), LOG2_SERIES)));
}

/** 2 to the power of a finite float64, rounded to float32 (0 and ∞ beyond its range). */
function exp2<T, W>(m: ScalarMath<T, W>, power: W): T {
  const integer = m.wnearest(power);
  const f = m.narrow(m.wsub(power, integer));
  const n = m.pmax(m.pmin(m.narrow(integer), m.f32(129)), m.f32(-152));
  // n + twice the exponent bias, in the low bits of a float32; each half becomes an exponent
  const bits = m.asInt(m.add(n, m.f32(1.5 * 2 ** 23 + 254)));
  const half = m.shrS(bits, 1);
  const scale = m.asFloat(m.shl(half, 23));
  const otherScale = m.asFloat(m.shl(m.isub(bits, half), 23));
  return m.mul(m.mul(horner(m, f, [1, ...EXP2_TAIL]), scale), otherScale);
}

/**
 * xʸ as 2^(y·log₂|x|) with the exponent in float64, at most 1.2 ulp off; signs and special values are those
 * of C's pow: x⁰ = 1ʸ = 1 even for NaN, (−1)^±∞ = 1, NaN for finite x < 0 and y no integer, and the sign of
 * x, −0 and −∞ included, where y is an odd integer.
 */
export const pow: Scalar2 = (m, x, y) => {
  const zero = m.f32(0);
  const one = m.f32(1);
  const infinity = m.f32(Infinity);
  const magnitude = m.abs(x);
  // an infinite y decides by the sign of the logarithm alone, and so does a huge one
  const limited = m.pmax(m.pmin(y, m.f32(2 ** 60)), m.f32(-(2 ** 60)));
  const regular = exp2(m, m.wmul(m.widen(limited), log2Wide(m, magnitude)));

  const isZero = m.eq(magnitude, zero);
  const atEnd = m.or(isZero, m.eq(magnitude, infinity));
  const vanishes = m.xor(isZero, m.lt(y, zero));
  const positive = m.select(atEnd, m.select(vanishes, zero, infinity), regular);

  const halfY = m.mul(y, m.f32(0.5));
  const isInteger = m.eq(m.floor(y), y);
  const isOdd = m.and(isInteger, m.ne(m.floor(halfY), halfY));
  const signBit = m.select(isOdd, m.and(m.asInt(x), m.i32(SIGN_BIT)), m.i32(0));
  const signed = m.asFloat(m.or(m.asInt(positive), signBit));

  const isNegative = m.and(m.lt(x, zero), m.lt(magnitude, infinity));
  const undefinedRoot = m.and(isNegative, m.not(isInteger));
  const undefinedOperand = m.or(m.ne(x, x), m.ne(y, y));
  const result = m.select(m.or(undefinedRoot, undefinedOperand), m.f32(NaN), signed);
  return m.select(m.or(m.eq(x, one), m.eq(y, zero)), one, result);
};
