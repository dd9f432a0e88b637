import type { Scalar1, Scalar2 } from "../../trace/scalar.js";

/** Nearest integer, ties to even. */
export const round: Scalar1 = (m, x) => m.nearest(x);

/** −1 or 1; NaN and both zeros stay what they are. */
export const sign: Scalar1 = (m, x) => {
  const zero = m.f32(0);
  return m.select(m.lt(zero, x), m.f32(1), m.select(m.lt(x, zero), m.f32(-1), x));
};

/** 1/√x; ±0 gives ±∞. At most 1.5 ulp off, as both operations round. */
export const rsqrt: Scalar1 = (m, x) => m.div(m.f32(1), m.sqrt(x));

/** Bits of the quotient that one step of `rem` finds. */
const STEP = 28;
/** Steps that cover the largest float32 over the smallest: 2^277. */
const STEPS = 10;

/**
 * Remainder of x/y with the sign of x, as C's fmod: exact for all arguments.
 *
 * Long division in float64, 28 bits of the quotient a step, from |y|·2^252 down to |y|. A divisor is
 * |y| times a power of two, and a remainder below it is again a float32 times a power of two (24 bits).
 * The quotient of two such numbers, if it is no integer, is at least 2^-24 away from the next one, and a
 * quotient below 2^28 is rounded by at most 2^-26, so that its floor is right; floor · divisor has at
 * most 28 + 24 bits and is exact, and so is the difference.
 */
export const rem: Scalar2 = (m, x, y) => {
  const magnitude = m.abs(x);
  const divisor = m.abs(y);
  const wideDivisor = m.widen(divisor);
  let remainder = m.widen(magnitude);
  for (let step = STEPS - 1; step >= 0; step--) {
    const scaled = step === 0 ? wideDivisor : m.wmul(wideDivisor, m.f64(2 ** (STEP * step)));
    remainder = m.wsub(remainder, m.wmul(m.wfloor(m.wdiv(remainder, scaled)), scaled));
  }
  // a divisor of ∞ leaves finite x; 0 as divisor, ∞ as dividend and NaN have become NaN above
  const infinity = m.f32(Infinity);
  const unchanged = m.and(m.eq(divisor, infinity), m.lt(magnitude, infinity));
  const result = m.select(unchanged, magnitude, m.narrow(remainder));
  return m.asFloat(m.or(m.asInt(result), m.and(m.asInt(x), m.i32(-(2 ** 31)))));
};
