/**
 * The arithmetic of one lane, the small instruction set that every backend offers.
 *
 * An elementwise primitive is written once as a function over this interface. The reference backend
 * calls it with numbers, the wasm backend with vectors of four lanes, and since every operation below
 * rounds once and is defined for every input, both give the same bits.
 *
 * `T` is a 32-bit lane: a float32, an int32 / uint32 (the same bits), or a mask that a comparison made.
 * `W` is a float64 lane, for the few places where single precision does not suffice.
 */
export interface ScalarMath<T, W> {
  /** A float32 constant (rounded to float32). */
  f32(value: number): T;
  /** An int32 constant; a uint32 is given by its bits. */
  i32(value: number): T;

  // float32: each result is rounded once, no fusing
  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  div(a: T, b: T): T;
  neg(a: T): T;
  abs(a: T): T;
  sqrt(a: T): T;
  floor(a: T): T;
  ceil(a: T): T;
  trunc(a: T): T;
  /** Nearest integer, ties to even. */
  nearest(a: T): T;
  /** `b < a ? b : a`: the first argument on ties and when a NaN is involved. */
  pmin(a: T, b: T): T;
  /** `a < b ? b : a`: the first argument on ties and when a NaN is involved. */
  pmax(a: T, b: T): T;

  // comparisons of float32 (false when a NaN is involved, but for ne) give a mask
  eq(a: T, b: T): T;
  ne(a: T, b: T): T;
  lt(a: T, b: T): T;
  le(a: T, b: T): T;

  // int32 with wrap-around; `u` marks the unsigned reading of the same bits
  iadd(a: T, b: T): T;
  isub(a: T, b: T): T;
  imul(a: T, b: T): T;
  /** Truncating division; x/0 = -1, INT_MIN/-1 = INT_MIN. */
  idiv(a: T, b: T): T;
  /** Remainder with the dividend's sign; x rem 0 = x, INT_MIN rem -1 = 0. */
  irem(a: T, b: T): T;
  /** Unsigned division; x/0 = 2^32-1. */
  udiv(a: T, b: T): T;
  /** Unsigned remainder; x rem 0 = x. */
  urem(a: T, b: T): T;
  imin(a: T, b: T): T;
  imax(a: T, b: T): T;
  umin(a: T, b: T): T;
  umax(a: T, b: T): T;
  ieq(a: T, b: T): T;
  ine(a: T, b: T): T;
  ilt(a: T, b: T): T;
  ile(a: T, b: T): T;
  ult(a: T, b: T): T;
  ule(a: T, b: T): T;
  /** Bitwise on integers; on masks the logical operation. */
  and(a: T, b: T): T;
  or(a: T, b: T): T;
  xor(a: T, b: T): T;
  /** Bitwise (or logical) complement. */
  not(a: T): T;
  /** Shifts by a constant 0…31. */
  shl(a: T, bits: number): T;
  shrU(a: T, bits: number): T;
  shrS(a: T, bits: number): T;
  /** Shifts by a count in a lane, taken modulo 32. */
  shlBy(a: T, count: T): T;
  shrUBy(a: T, count: T): T;
  shrSBy(a: T, count: T): T;

  /** `mask ? a : b`, lane by lane; both sides are computed. */
  select(mask: T, a: T, b: T): T;

  // conversions
  /** The same 32 bits, read as an int32 / as a float32. */
  asInt(a: T): T;
  asFloat(a: T): T;
  /** int32 → float32, uint32 → float32, rounded to nearest even. */
  intToFloat(a: T): T;
  uintToFloat(a: T): T;
  /** float32 → int32 / uint32, towards zero, saturating, NaN → 0. */
  floatToInt(a: T): T;
  floatToUint(a: T): T;

  // float64
  f64(value: number): W;
  widen(a: T): W;
  /** To float32, rounded to nearest even. */
  narrow(a: W): T;
  wadd(a: W, b: W): W;
  wsub(a: W, b: W): W;
  wmul(a: W, b: W): W;
  wdiv(a: W, b: W): W;
  wnearest(a: W): W;
  wfloor(a: W): W;
}

/** A function of one lane, written for every backend at once. */
export type Scalar1 = <T, W>(m: ScalarMath<T, W>, x: T) => T;
/** A function of two lanes. */
export type Scalar2 = <T, W>(m: ScalarMath<T, W>, x: T, y: T) => T;
/** A function of three lanes. */
export type Scalar3 = <T, W>(m: ScalarMath<T, W>, x: T, y: T, z: T) => T;
