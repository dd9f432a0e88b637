import type { ScalarMath } from "../../trace/scalar.js";

/** c₀ + c₁x + c₂x² + …, coefficients from the constant on; one multiplication and one addition each. */
export function horner<T, W>(m: ScalarMath<T, W>, x: T, coefficients: readonly number[]): T {
  let sum = m.f32(coefficients[coefficients.length - 1]);
  for (let power = coefficients.length - 2; power >= 0; power--) {
    sum = m.add(m.mul(sum, x), m.f32(coefficients[power]));
  }
  return sum;
}

/** The same in float64. */
export function hornerWide<T, W>(m: ScalarMath<T, W>, x: W, coefficients: readonly number[]): W {
  let sum = m.f64(coefficients[coefficients.length - 1]);
  for (let power = coefficients.length - 2; power >= 0; power--) {
    sum = m.wadd(m.wmul(sum, x), m.f64(coefficients[power]));
  }
  return sum;
}
