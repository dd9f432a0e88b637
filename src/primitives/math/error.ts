import type { Scalar1 } from "../../trace/scalar.js";
import { horner } from "./horner.js";

/** Where the two polynomials meet. */
const BOUNDARY = 1.1;
/** From here on the result is 1, which erf rounds to from 3.92 on. */
const LIMIT = 4;

/** erf(x)/x − 1 as a polynomial of x² for |x| < 1.1; relative to erf(x)/x the error is below 5.1e-9. */
const SMALL = [
  0.12837916612625122, -0.37612608075141907, 0.11283331364393234, -0.026842283084988594, 0.005165650509297848,
  -0.000780863338150084, 7.189402094809338e-5,
];
/** The fourth root of erfc(|x|) for 1.1 ≤ |x| ≤ 4; the error of erf is below 1.2e-8. */
const ERFC_ROOT = [
  1.0051283836364746, -0.3073076009750366, -0.0659080445766449, -0.04820932447910309, 0.0649014413356781,
  -0.021827921271324158, 0.003167993389070034, -0.0001747289497870952,
];

/**
 * The error function, 2/√π · ∫₀ˣ exp(−t²) dt. At most 1.75 ulp off.
 *
 * Below 1.1 an odd polynomial; above it 1 − p(|x|)⁴. A power of a polynomial falls as fast as erfc does,
 * the idea of Hastings (Approximations for Digital Computers, 1955), whose reciprocal it does without.
 * Both are minimax fits made for this file.
 */
export const erf: Scalar1 = (m, x) => {
  const magnitude = m.pmin(m.abs(x), m.f32(LIMIT));
  const small = m.add(magnitude, m.mul(magnitude, horner(m, m.mul(magnitude, magnitude), SMALL)));
  const root = horner(m, magnitude, ERFC_ROOT);
  const rootSquared = m.mul(root, root);
  const large = m.sub(m.f32(1), m.mul(rootSquared, rootSquared));
  const result = m.select(m.lt(magnitude, m.f32(BOUNDARY)), small, large);
  return m.asFloat(m.or(m.asInt(result), m.and(m.asInt(x), m.i32(-(2 ** 31)))));
};
