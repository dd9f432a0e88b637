import { describe, expect, it } from "vitest";
import { numberMath as m } from "./numberMath.js";

const INT_MIN = -(2 ** 31);

describe("numberMath", () => {
  it("rounds to float32", () => {
    expect(m.add(1, 2 ** -24)).toBe(1);
    expect(m.add(1, 3 * 2 ** -24)).toBe(1 + 2 ** -22);
    expect(m.mul(2 ** -100, 2 ** -100)).toBe(0);
    expect(m.div(1, 3)).toBe(Math.fround(1 / 3));
    expect(m.narrow(0.1)).toBe(Math.fround(0.1));
  });

  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [0.49999997, 0],
    [-0, -0],
    [8388609, 8388609],
    [-Infinity, -Infinity],
    [NaN, NaN],
  ])("nearest(%d) = %d", (x, expected) => {
    expect(m.nearest(x)).toBe(expected);
    expect(m.wnearest(x)).toBe(expected);
  });

  it("rounds float64 up to 2^52 to integers", () => {
    expect(m.wnearest(2 ** 51 + 0.5)).toBe(2 ** 51);
    expect(m.wnearest(2 ** 52 + 1)).toBe(2 ** 52 + 1);
  });

  it("takes the first argument of pmin and pmax on ties and NaN", () => {
    expect(m.pmin(-0, 0)).toBe(-0);
    expect(m.pmax(0, -0)).toBe(0);
    expect(m.pmin(NaN, 1)).toBeNaN();
    expect(m.pmin(1, NaN)).toBe(1);
  });

  it("wraps integers around", () => {
    expect(m.iadd(2147483647, 1)).toBe(INT_MIN);
    expect(m.isub(INT_MIN, 1)).toBe(2147483647);
    expect(m.imul(65537, 65537)).toBe(131073);
  });

  it("divides integers as the interface says", () => {
    expect([m.idiv(-7, 2), m.irem(-7, 2)]).toEqual([-3, -1]);
    expect([m.idiv(7, 0), m.irem(7, 0)]).toEqual([-1, 7]);
    expect([m.idiv(INT_MIN, -1), m.irem(INT_MIN, -1)]).toEqual([INT_MIN, 0]);
    expect([m.udiv(-1, 2), m.urem(-1, 10)]).toEqual([2147483647, 5]);
    expect([m.udiv(5, 0), m.urem(-5, 0)]).toEqual([-1, -5]);
    expect(m.udiv(-1, 1)).toBe(-1);
  });

  it("compares signed and unsigned", () => {
    expect([m.ilt(-1, 0), m.ult(-1, 0), m.ule(0, -1)]).toEqual([-1, 0, -1]);
    expect([m.imin(-1, 0), m.umin(-1, 0), m.imax(-1, 0), m.umax(-1, 0)]).toEqual([-1, 0, 0, -1]);
    expect([m.eq(NaN, NaN), m.ne(NaN, NaN), m.lt(NaN, 1), m.le(1, NaN)]).toEqual([0, -1, 0, 0]);
    expect(m.not(m.lt(1, 2))).toBe(0);
    expect(m.select(m.or(m.eq(1, 2), m.eq(2, 2)), 5, 6)).toBe(5);
  });

  it("shifts, counts in lanes modulo 32", () => {
    expect([m.shl(1, 31), m.shrU(-1, 1), m.shrS(-8, 1)]).toEqual([INT_MIN, 2147483647, -4]);
    expect([m.shlBy(1, 33), m.shrUBy(-1, 32), m.shrSBy(-8, 34)]).toEqual([2, -1, -2]);
  });

  it("reads bits", () => {
    expect(m.asInt(1)).toBe(0x3f800000);
    expect(m.asInt(-0)).toBe(INT_MIN);
    expect(m.asInt(NaN)).toBe(0x7fc00000);
    expect(m.asFloat(1)).toBe(2 ** -149);
    expect(m.asFloat(-1)).toBeNaN();
  });

  it("converts, saturating", () => {
    expect([m.floatToInt(-2.9), m.floatToInt(1e10), m.floatToInt(-1e10), m.floatToInt(NaN)]).toEqual([
      -2,
      2147483647,
      INT_MIN,
      0,
    ]);
    expect([m.floatToUint(3e9), m.floatToUint(-1), m.floatToUint(1e10), m.floatToUint(NaN)]).toEqual([
      3e9 | 0,
      0,
      -1,
      0,
    ]);
    expect([m.intToFloat(16777217), m.uintToFloat(-1)]).toEqual([16777216, 4294967296]);
  });
});
