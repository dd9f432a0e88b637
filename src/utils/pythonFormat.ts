/**
 * Numbers written as Python writes them.
 *
 * Keras prints with Python's `%.4f` and `%.4e`, which round the exact binary value and send exact ties to the
 * even digit. `Number.prototype.toFixed` sends ties away from zero, and accuracies over batches of 32 are full
 * of ties: 0.03125 is `0.0312` in Python, but `0.0313` from `toFixed(4)`.
 */

/** A finite number is exactly `numerator / denominator`. */
interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

function exactFraction(magnitude: number): Fraction {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, magnitude);
  const bits = view.getBigUint64(0);
  const exponentBits = Number(bits >> 52n);
  const fractionBits = bits & 0xf_ffff_ffff_ffffn;
  // Subnormal numbers have no hidden leading one and share the smallest exponent.
  const significand = exponentBits === 0 ? fractionBits : fractionBits | (1n << 52n);
  const exponent = Math.max(exponentBits, 1) - 1075;
  return exponent >= 0
    ? { numerator: significand << BigInt(exponent), denominator: 1n }
    : { numerator: significand, denominator: 1n << BigInt(-exponent) };
}

function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twiceRemainder = 2n * (numerator - quotient * denominator);
  const up = twiceRemainder > denominator || (twiceRemainder === denominator && (quotient & 1n) === 1n);
  return up ? quotient + 1n : quotient;
}

const isNegative = (value: number): boolean => value < 0 || Object.is(value, -0);

function notFinite(value: number): string | undefined {
  if (Number.isNaN(value)) return "nan";
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value === Number.NEGATIVE_INFINITY) return "-inf";
  return undefined;
}

function checkDigits(digits: number): void {
  if (!Number.isInteger(digits) || digits < 0) {
    throw new RangeError(
      "Received an invalid value for `digits`, expected an integer that is not negative. " +
        `Received: digits=${digits}`,
    );
  }
}

/**
 * Rounds to the nearest integer, ties to the even one: Python's `round(value)`.
 *
 * @param value - Any number; NaN and the infinities come back as they are.
 */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest < 0.5) return below;
  if (rest > 0.5) return below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/**
 * Python's `"%.{digits}f" % value`.
 *
 * @param value - Any number; NaN is `nan`, the infinities `inf` and `-inf`.
 * @param digits - How many digits after the point.
 * @throws RangeError - When `digits` is not an integer from 0.
 */
export function formatFixed(value: number, digits: number): string {
  checkDigits(digits);
  const special = notFinite(value);
  if (special !== undefined) return special;
  const { numerator, denominator } = exactFraction(Math.abs(value));
  const scaled = divideHalfEven(numerator * 10n ** BigInt(digits), denominator);
  const text = scaled.toString().padStart(digits + 1, "0");
  const point = text.length - digits;
  const unsigned = digits === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`;
  return isNegative(value) ? `-${unsigned}` : unsigned;
}

/**
 * Python's `"%.{digits}e" % value`: the exponent has a sign and at least two digits (`1.0000e-04`).
 *
 * @param value - Any number; NaN is `nan`, the infinities `inf` and `-inf`.
 * @param digits - How many digits after the point.
 * @throws RangeError - When `digits` is not an integer from 0.
 */
export function formatExponent(value: number, digits: number): string {
  checkDigits(digits);
  const special = notFinite(value);
  if (special !== undefined) return special;
  const { numerator, denominator } = exactFraction(Math.abs(value));
  // Twenty digits after the point are more than a number has room for below a power of ten, so this exponent
  // is never rounded up to the next.
  let exponent = value === 0 ? 0 : Number(value.toExponential(20).split("e")[1]);
  const shift = digits - exponent;
  let significand =
    shift >= 0
      ? divideHalfEven(numerator * 10n ** BigInt(shift), denominator)
      : divideHalfEven(numerator, denominator * 10n ** BigInt(-shift));
  if (significand === 10n ** BigInt(digits + 1)) {
    significand /= 10n;
    exponent += 1;
  }
  const text = significand.toString().padStart(digits + 1, "0");
  const mantissa = digits === 0 ? text : `${text.slice(0, 1)}.${text.slice(1)}`;
  return `${isNegative(value) ? "-" : ""}${mantissa}${exponentSuffix(exponent)}`;
}

function exponentSuffix(exponent: number): string {
  return `e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/**
 * An integer with a comma between thousands: Python's `f"{value:,}"`, `50890` as `50,890`.
 *
 * @param value - A whole number that a double holds exactly.
 * @throws RangeError - When `value` is not one.
 */
export function formatThousands(value: number): string {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(
      `Received an invalid value for \`value\`, expected a whole number. Received: value=${value}`,
    );
  }
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * Python's `repr` of a float: the shortest digits that lead back to it, always with a point or an exponent
 * (`1.0`, `0.001`, `1e-05`, `1e+16`).
 *
 * @param value - Any number; NaN is `nan`, the infinities `inf` and `-inf`.
 */
export function floatRepr(value: number): string {
  const special = notFinite(value);
  if (special !== undefined) return special;
  const [mantissa = "0", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  const sign = isNegative(value) ? "-" : "";
  if (exponent < -4 || exponent >= 16) return `${sign}${mantissa}${exponentSuffix(exponent)}`;
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

/** NumPy's `str` of a float32: the shortest digits that lead back to the same float32. */
export function float32Repr(value: number): string {
  const rounded = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(rounded.toPrecision(digits));
    if (Math.fround(shorter) === rounded) return floatRepr(shorter);
  }
  return floatRepr(Number(rounded.toPrecision(9)));
}
