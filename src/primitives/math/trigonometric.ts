import type { Scalar1, ScalarMath } from "../../trace/scalar.js";
import { horner } from "./horner.js";

/**
 * 1/(2π) as a sum of six float64: five of 28 bits, whose products with a float32 are exact, and a full
 * one. The sum is right to 2^-201, so the turns of the largest float32 are right to 2^-73.
 */
const INVERSE_TWO_PI = [
  0.15915494319051504, -9.861970615143711e-11, 5.690025184148825e-19, -1.4528344017157472e-28,
  -6.441079467132084e-36, 2.897178338357036e-44,
];

/** (sin r − r)/r³ as a polynomial of r², |r| ≤ π/4; relative to sin r the error is below 4.1e-9. */
const SIN_TAIL = [-0.16666655242443085, 0.008332187309861183, -0.00019517907639965415];
/** (cos r − 1 + r²/2)/r⁴ as a polynomial of r², |r| ≤ π/4; the error is below 1.2e-10. */
const COS_TAIL = [0.04166664555668831, -0.0013887309469282627, 2.4432329155388288e-5];

/**
 * |x| = (4j + quadrant)·π/2 + r with |r| ≤ π/4, for every float32 without a branch.
 *
 * After Payne and Hanek (Radian reduction for trigonometric functions, 1983), only the fraction of
 * x/(2π) counts. The product with each part of 1/(2π) gives up its integer part exactly, however large x
 * is, and what is left is summed from the largest to the smallest. Sums that cancel are exact, so r keeps its
 * relative precision next to a multiple of π/2.
 */
function reduce<T, W>(m: ScalarMath<T, W>, magnitude: T): { quadrant: T; r: T } {
  const wide = m.widen(magnitude);
  const fractions = INVERSE_TWO_PI.map((part) => {
    const turns = m.wmul(wide, m.f64(part));
    return m.wsub(turns, m.wnearest(turns));
  });
  const total = fractions.reduce(m.wadd);
  const quarters = m.wnearest(m.wmul(total, m.f64(4)));
  // the quarters leave before the small fractions come in, so that cancellation costs nothing
  const [first, ...rest] = fractions;
  const fraction = rest.reduce(m.wadd, m.wsub(first, m.wmul(quarters, m.f64(0.25))));
  const r = m.narrow(m.wmul(fraction, m.f64(2 * Math.PI)));
  // the low bits of a float32 around 1.5·2^23 are the integer that was added
  const quadrant = m.asInt(m.add(m.narrow(quarters), m.f32(1.5 * 2 ** 23)));
  return { quadrant, r };
}

/** The sine (even quadrant) or cosine (odd) of r, negated in quadrants 2 and 3. */
function inQuadrant<T, W>(m: ScalarMath<T, W>, quadrant: T, r: T): T {
  const square = m.mul(r, r);
  const sine = m.add(r, m.mul(m.mul(r, square), horner(m, square, SIN_TAIL)));
  const half = m.mul(square, m.f32(0.5));
  const cosine = m.add(m.sub(m.f32(1), half), m.mul(m.mul(square, square), horner(m, square, COS_TAIL)));
  const odd = m.ine(m.and(quadrant, m.i32(1)), m.i32(0));
  const negative = m.shl(m.and(quadrant, m.i32(2)), 30);
  return m.asFloat(m.xor(m.asInt(m.select(odd, cosine, sine)), negative));
}

/** sin x, x in radians; NaN at ±∞. At most 1.6 ulp off, for huge x too. */
export const sin: Scalar1 = (m, x) => {
  const { quadrant, r } = reduce(m, m.abs(x));
  const signBit = m.and(m.asInt(x), m.i32(-(2 ** 31)));
  return m.asFloat(m.xor(m.asInt(inQuadrant(m, quadrant, r)), signBit));
};

/** cos x, x in radians; NaN at ±∞. At most 1.6 ulp off, for huge x too. */
export const cos: Scalar1 = (m, x) => {
  const { quadrant, r } = reduce(m, m.abs(x));
  return inQuadrant(m, m.iadd(quadrant, m.i32(1)), r);
};
