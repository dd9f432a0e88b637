import type { Scalar1, ScalarMath } from "../../trace/scalar.js";
import { horner } from "./horner.js";

/*
 * x = 2ᵉ·(1 + f) with 1 + f in [√½, √2), taken apart by integer arithmetic on the bits, then
 * log x = e·ln 2 + log(1 + f). The polynomial is a minimax fit of (log(1 + f) − f)/f², made for this file.
 * One float32 serves as ln 2: it is off by 2e-9, less than 0.1 ulp of any result with e ≠ 0.
 */

const SQRT_HALF_BITS = 0x3f3504f3;
const MANTISSA_BITS = 0x7fffff;
const SMALLEST_NORMAL = 2 ** -126;
const SIGN_BIT = -(2 ** 31);

/** (log(1 + f) − f)/f² for √½ ≤ 1 + f ≤ √2; relative to log(1 + f) the error is below 4.3e-9. */
const LOG_TAIL = [
  -0.49999988079071045, 0.33333322405815125, -0.2500160336494446, 0.20002205669879913, -0.16608870029449463,
  0.14177437126636505, -0.13239942491054535, 0.1292945146560669, -0.07659124583005905,
];

/** log of 2ᵉ·(1 + f), e given as a float32. */
function logReduced<T, W>(m: ScalarMath<T, W>, e: T, f: T): T {
  const logOnePlus = m.add(f, m.mul(m.mul(f, f), horner(m, f, LOG_TAIL)));
  return m.add(m.mul(e, m.f32(Math.LN2)), logOnePlus);
}

/** Natural logarithm: −∞ at ±0, NaN below. At most 1.1 ulp off. */
export const log: Scalar1 = (m, x) => {
  const tiny = m.lt(x, m.f32(SMALLEST_NORMAL));
  const scaled = m.select(tiny, m.mul(x, m.f32(2 ** 23)), x);
  const offset = m.select(tiny, m.i32(SQRT_HALF_BITS + (23 << 23)), m.i32(SQRT_HALF_BITS));
  const bits = m.isub(m.asInt(scaled), offset);
  const e = m.intToFloat(m.shrS(bits, 23));
  const mantissa = m.asFloat(m.iadd(m.and(bits, m.i32(MANTISSA_BITS)), m.i32(SQRT_HALF_BITS)));
  const result = logReduced(m, e, m.sub(mantissa, m.f32(1)));
  return atEdges(m, x, m.f32(0), x, result);
};

/** `result` where edge < x < ∞; −∞ where x = edge, NaN below it, and ∞ or NaN as they are. */
function atEdges<T, W>(m: ScalarMath<T, W>, x: T, edge: T, otherwise: T, result: T): T {
  const finite = m.select(m.lt(x, m.f32(Infinity)), result, otherwise);
  const atEdge = m.select(m.eq(x, edge), m.f32(-Infinity), finite);
  return m.select(m.lt(x, edge), m.f32(NaN), atEdge);
}

/**
 * log(1 + x), accurate near 0: −∞ at −1, NaN below. At most 1.55 ulp off.
 *
 * As `log` of the rounded sum u = 1 + x, but what the rounding lost, x − (u − 1), goes back into f; with
 * e = 0 this makes f exactly x. (Of a large x, where u − 1 is rounded too, it does not matter.)
 */
export const log1p: Scalar1 = (m, x) => {
  const one = m.f32(1);
  const u = m.add(x, one);
  const lost = m.sub(x, m.sub(u, one));
  const bits = m.isub(m.asInt(u), m.i32(SQRT_HALF_BITS));
  const exponent = m.shrS(bits, 23);
  const mantissa = m.asFloat(m.iadd(m.and(bits, m.i32(MANTISSA_BITS)), m.i32(SQRT_HALF_BITS)));
  // 2⁻ᵉ; for e = 128 nothing is lost, and 0 does as well
  const inverse = m.asFloat(m.shl(m.imax(m.isub(m.i32(127), exponent), m.i32(0)), 23));
  const f = m.add(m.sub(mantissa, one), m.mul(lost, inverse));
  const result = logReduced(m, m.intToFloat(exponent), f);
  const edged = atEdges(m, x, m.f32(-1), x, result);
  // the result has the sign of x: −0 would be lost
  return m.asFloat(m.or(m.asInt(edged), m.and(m.asInt(x), m.i32(SIGN_BIT))));
};
