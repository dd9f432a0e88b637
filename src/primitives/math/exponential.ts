import type { Scalar1 } from "../../trace/scalar.js";
import { horner } from "./horner.js";

/*
 * All four functions reduce their argument as Cody and Waite do (Software Manual for the Elementary
 * Functions, 1980): x = n·ln 2 + r with an integer n, then eˣ = 2ⁿ·eʳ with a polynomial for eʳ. The
 * polynomials are minimax fits of (eʳ − 1 − r)/r², made for this file and rounded to float32 one
 * coefficient after the other.
 *
 * n comes from adding a number so large that the sum's last bit counts ones: the addition rounds to the
 * nearest integer, and the sum's low bits are n (plus a bias), ready to be shifted into an exponent.
 * That saves the conversion to an integer, which is slow in wasm.
 */

const LOG2_E = Math.LOG2E;
/** ln 2 in two parts; the first has 15 bits, so its products with |n| ≤ 2^8 are exact. */
const LN2_HIGH = 0.693145751953125;
const LN2_LOW = 1.4286068203094173e-6;
/** The sum's last bit is 1 and the low nine bits of its representation are zero. */
const ROUNDER = 1.5 * 2 ** 23;
const SIGN_BIT = -(2 ** 31);

/** (eʳ − 1 − r)/r² for |r| ≤ ln 2 / 2; relative to eʳ the error is below 3.3e-9. */
const EXP_TAIL = [
  0.4999999403953552, 0.1666652113199234, 0.04166829213500023, 0.0083687212318182, 0.001381874200887978,
];

/**
 * eˣ. At most 1.2 ulp off, subnormal results included: 2ⁿ is multiplied in two halves, the first of
 * them exact.
 */
export const exp: Scalar1 = (m, x) => {
  // outside of these limits the result is 0 or ∞; pmin and pmax keep NaN
  const limited = m.pmax(m.pmin(x, m.f32(89)), m.f32(-104));
  // the bias of 254 becomes twice the exponent bias 127 when n is split into halves
  const shifted = m.add(m.mul(limited, m.f32(LOG2_E)), m.f32(ROUNDER + 254));
  const n = m.sub(shifted, m.f32(ROUNDER + 254));
  const r = m.sub(m.sub(limited, m.mul(n, m.f32(LN2_HIGH))), m.mul(n, m.f32(LN2_LOW)));
  const bits = m.asInt(shifted);
  const half = m.shrS(bits, 1);
  const scale = m.asFloat(m.shl(half, 23));
  const otherScale = m.asFloat(m.shl(m.isub(bits, half), 23));
  return m.mul(m.mul(horner(m, r, [1, 1, ...EXP_TAIL]), scale), otherScale);
};

/** (e⁻ʳ − 1 + r)/r²: the same polynomial of −r. */
const EXP_NEGATED_TAIL = EXP_TAIL.map((coefficient, power) => (power % 2 === 0 ? coefficient : -coefficient));

/**
 * 1 / (1 + e⁻ˣ), the sigmoid. At most 2 ulp off, subnormal results included.
 *
 * With e⁻ˣ = 2ⁿ·(1 + q) and n = h + k, it is 2⁻ʰ / (2⁻ʰ + 2ᵏ + q·2ᵏ): nothing overflows, and only
 * the division can become subnormal. The largest term comes last, so that one rounding at most is of its size.
 */
export const logistic: Scalar1 = (m, x) => {
  const limited = m.pmax(m.pmin(x, m.f32(30)), m.f32(-104));
  const shifted = m.sub(m.f32(ROUNDER + 254), m.mul(limited, m.f32(LOG2_E)));
  const n = m.sub(shifted, m.f32(ROUNDER + 254));
  const r = m.add(m.add(limited, m.mul(n, m.f32(LN2_HIGH))), m.mul(n, m.f32(LN2_LOW)));
  const q = m.mul(r, horner(m, r, [-1, ...EXP_NEGATED_TAIL]));
  const bits = m.asInt(shifted);
  const half = m.shrS(bits, 1);
  const inverse = m.asFloat(m.isub(m.i32(254 << 23), m.shl(half, 23)));
  const scale = m.asFloat(m.shl(m.isub(bits, half), 23));
  return m.div(inverse, m.add(m.pmax(inverse, scale), m.add(m.pmin(inverse, scale), m.mul(q, scale))));
};

/**
 * With this shift, n = 0 holds for −ln(4/3) ≤ x ≤ ln(3/2), where eˣ − 1 goes from −¼ to ½: cancellation
 * in the neighbouring intervals then starts where the spacing of the results doubles.
 */
const EXPM1_SHIFT = Math.log2(4 / 3) - 0.5;
/** (eʳ − 1 − r)/r² for −ln(4/3) ≤ r ≤ ln(3/2); relative to eʳ − 1 the error is below 1.4e-8. */
const EXPM1_TAIL = [
  0.5000001192092896, 0.16666585206985474, 0.041659701615571976, 0.008358723483979702, 0.0014598217094317079,
];

/**
 * eˣ − 1, accurate near 0. At most 1.4 ulp off.
 *
 * It is 2·(2ⁿ⁻¹·q + (2ⁿ⁻¹ − ½)) with q = eʳ − 1; half of it first, so that 2ⁿ does not overflow before
 * the result does.
 */
export const expm1: Scalar1 = (m, x) => {
  const limited = m.pmax(m.pmin(x, m.f32(89)), m.f32(-18));
  const bias = ROUNDER + 126;
  const shifted = m.add(m.add(m.mul(limited, m.f32(LOG2_E)), m.f32(EXPM1_SHIFT)), m.f32(bias));
  const n = m.sub(shifted, m.f32(bias));
  const r = m.sub(m.sub(limited, m.mul(n, m.f32(LN2_HIGH))), m.mul(n, m.f32(LN2_LOW)));
  const q = m.add(r, m.mul(m.mul(r, r), horner(m, r, EXPM1_TAIL)));
  const scale = m.asFloat(m.shl(m.asInt(shifted), 23));
  const halved = m.add(m.mul(scale, q), m.sub(scale, m.f32(0.5)));
  // below 2^-25 the result is x: keeps −0, and the subnormals that halving would round
  return m.select(m.lt(m.abs(x), m.f32(2 ** -25)), x, m.add(halved, halved));
};

/** (tanh x − x)/x³ as a polynomial of x², |x| < 0.55; relative to tanh x the error is below 1.2e-9. */
const TANH_SMALL = [
  -0.33333316445350647, 0.133325457572937, -0.05384786054491997, 0.021052591502666473, -0.006246259436011314,
];
/** e²ʳ, |r| ≤ ln 2 / 4; relative error below 1.2e-7, of which 1 − 2/(e²ˣ + 1) leaves at most 0.8 ulp. */
const EXP_DOUBLE = [
  1.0000001192092896, 2.000000238418579, 1.9999433755874634, 1.3332544565200806, 0.6709761023521423,
  0.26952826976776123,
];

/**
 * tanh x. At most 2 ulp off.
 *
 * Below 0.55 an odd polynomial (which is the identity on tiny numbers), above it 1 − 2/(e²ˣ + 1) with
 * x = n·ln 2 / 2 + r. One float32 serves as ln 2 / 2: it is off by less than 1e-9, products with a power of
 * two are exact, and what the others lose hardly counts where tanh is flat.
 */
export const tanh: Scalar1 = (m, x) => {
  // from 9.02 on, tanh rounds to 1
  const magnitude = m.pmin(m.abs(x), m.f32(9.1));
  const square = m.mul(magnitude, magnitude);
  const small = m.add(magnitude, m.mul(m.mul(magnitude, square), horner(m, square, TANH_SMALL)));

  const bias = ROUNDER + 127;
  const shifted = m.add(m.mul(magnitude, m.f32(2 * LOG2_E)), m.f32(bias));
  const n = m.sub(shifted, m.f32(bias));
  const r = m.sub(magnitude, m.mul(n, m.f32(Math.LN2 / 2)));
  const exponential = m.mul(horner(m, r, EXP_DOUBLE), m.asFloat(m.shl(m.asInt(shifted), 23)));
  const one = m.f32(1);
  const large = m.sub(one, m.div(m.f32(2), m.add(exponential, one)));

  const result = m.select(m.lt(magnitude, m.f32(0.55)), small, large);
  return m.asFloat(m.or(m.asInt(result), m.and(m.asInt(x), m.i32(SIGN_BIT))));
};
