import type { ScalarMath } from "../../trace/scalar.js";

const floats = new Float32Array(1);
const ints = new Int32Array(floats.buffer);
const CANONICAL_NAN = 0x7fc00000;

const fround = Math.fround;
const mask = (condition: boolean): number => (condition ? -1 : 0);

/** Nearest integer, ties to even, keeping the sign of zero. */
function nearest(value: number): number {
  const magnitude = Math.abs(value);
  // from 2^52 on every float64 is an integer; below it, adding 2^52 rounds the fraction away
  if (!(magnitude < 2 ** 52) || magnitude === 0) return value;
  const rounded = magnitude + 2 ** 52 - 2 ** 52;
  return value < 0 ? -rounded : rounded;
}

/**
 * The reference arithmetic of a lane: plain JavaScript numbers.
 *
 * A float32 is a number that float32 can represent, an int32 or uint32 is its bits as a signed number,
 * a mask is −1 or 0. Rounding the float64 result of + − × ÷ √ to float32 gives the correctly rounded
 * float32 result (Figueroa, "When is double rounding innocuous?", 1995), so this is IEEE 754 single
 * precision to the bit. The bits of every NaN are the canonical 0x7fc00000.
 */
export const numberMath: ScalarMath<number, number> = {
  f32: fround,
  i32: (value) => value | 0,

  add: (a, b) => fround(a + b),
  sub: (a, b) => fround(a - b),
  mul: (a, b) => fround(a * b),
  div: (a, b) => fround(a / b),
  neg: (a) => -a,
  abs: Math.abs,
  sqrt: (a) => fround(Math.sqrt(a)),
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  nearest,
  pmin: (a, b) => (b < a ? b : a),
  pmax: (a, b) => (a < b ? b : a),

  eq: (a, b) => mask(a === b),
  ne: (a, b) => mask(a !== b),
  lt: (a, b) => mask(a < b),
  le: (a, b) => mask(a <= b),

  iadd: (a, b) => (a + b) | 0,
  isub: (a, b) => (a - b) | 0,
  imul: Math.imul,
  idiv: (a, b) => (b === 0 ? -1 : (a / b) | 0),
  irem: (a, b) => (b === 0 ? a : (a % b) | 0),
  udiv: (a, b) => (b === 0 ? -1 : ((a >>> 0) / (b >>> 0)) | 0),
  urem: (a, b) => (b === 0 ? a : ((a >>> 0) % (b >>> 0)) | 0),
  imin: Math.min,
  imax: Math.max,
  umin: (a, b) => (a >>> 0 < b >>> 0 ? a : b),
  umax: (a, b) => (a >>> 0 < b >>> 0 ? b : a),
  ieq: (a, b) => mask(a === b),
  ine: (a, b) => mask(a !== b),
  ilt: (a, b) => mask(a < b),
  ile: (a, b) => mask(a <= b),
  ult: (a, b) => mask(a >>> 0 < b >>> 0),
  ule: (a, b) => mask(a >>> 0 <= b >>> 0),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  not: (a) => ~a,
  shl: (a, bits) => a << bits,
  shrU: (a, bits) => (a >>> bits) | 0,
  shrS: (a, bits) => a >> bits,
  // JavaScript takes shift counts modulo 32, as the interface asks
  shlBy: (a, count) => a << count,
  shrUBy: (a, count) => (a >>> count) | 0,
  shrSBy: (a, count) => a >> count,

  select: (condition, a, b) => (condition !== 0 ? a : b),

  asInt(a) {
    // which NaN a Float32Array stores is up to the engine
    if (a !== a) return CANONICAL_NAN;
    floats[0] = a;
    return ints[0];
  },
  asFloat(a) {
    ints[0] = a;
    return floats[0];
  },
  intToFloat: fround,
  uintToFloat: (a) => fround(a >>> 0),
  floatToInt: (a) => (a >= 2147483647 ? 2147483647 : a <= -2147483648 ? -2147483648 : a | 0),
  floatToUint: (a) => (a >= 4294967295 ? -1 : a > 0 ? Math.trunc(a) | 0 : 0),

  f64: (value) => value,
  widen: (a) => a,
  narrow: fround,
  wadd: (a, b) => a + b,
  wsub: (a, b) => a - b,
  wmul: (a, b) => a * b,
  wdiv: (a, b) => a / b,
  wnearest: nearest,
  wfloor: Math.floor,
};
