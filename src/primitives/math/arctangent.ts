import type { ScalarMath } from "../../trace/scalar.js";
import { hornerWide } from "./horner.js";

/** atan(q)/q as a polynomial of q² for 0 ≤ q ≤ 1; relative to it the error is below 4e-10. */
const RATIO = [
  0.9999999996145259, -0.33333323665627085, 0.19999595854186286, -0.1427904841709918, 0.11053784754659382,
  -0.08796117562943419, 0.06710114001810903, -0.04427366845465741, 0.02220345507477297, -0.007166164973625831,
  0.0010844927668026312,
];

const SIGN = -(2 ** 31);

/**
 * The angle of the point (x, y), in (−π, π]; the signs of zeros count. NaN if one is NaN.
 *
 * The smaller coordinate over the larger one is at most 1, and everything up to the result is float64, so that only the
 * last rounding is seen.
 */
export function atan2<T, W>(m: ScalarMath<T, W>, y: T, x: T): T {
  const [a, b] = [m.abs(x), m.abs(y)];
  const [low, high] = [m.pmin(a, b), m.pmax(a, b)];
  // 0/0 counts as 0, ∞/∞ as 1
  const bothInfinite = m.eq(low, m.f32(Infinity));
  const none = m.eq(high, m.f32(0));
  const small = m.select(bothInfinite, m.f32(1), low);
  const large = m.select(m.or(bothInfinite, none), m.f32(1), high);
  const ratio = m.wdiv(m.widen(small), m.widen(large));
  const angle = m.wmul(ratio, hornerWide(m, m.wmul(ratio, ratio), RATIO));
  const steep = m.lt(a, b);
  const left = m.ilt(m.asInt(x), m.i32(0));
  const quarter = m.f64(Math.PI / 2);
  const right = m.select(steep, m.narrow(m.wsub(quarter, angle)), m.narrow(angle));
  const beyond = m.select(steep, m.narrow(m.wadd(quarter, angle)), m.narrow(m.wsub(m.f64(Math.PI), angle)));
  const magnitude = m.select(left, beyond, right);
  const signed = m.asFloat(m.or(m.asInt(magnitude), m.and(m.asInt(y), m.i32(SIGN))));
  const defined = m.and(m.eq(x, x), m.eq(y, y));
  return m.select(defined, signed, m.f32(Number.NaN));
}
