import { describe, expect, it } from "vitest";
import { floatRepr, formatExponent, formatFixed, formatThousands, roundHalfEven } from "./pythonFormat.js";

// Expected texts are Python 3.11's.
describe("formatFixed", () => {
  it.each([
    [0.03125, 4, "0.0312"],
    [0.09375, 4, "0.0938"],
    [0.5, 0, "0"],
    [1.5, 0, "2"],
    [2.5, 0, "2"],
    [-2.5, 0, "-2"],
    [0.15625, 4, "0.1562"],
    [0.1, 4, "0.1000"],
    [1.005, 2, "1.00"],
    [9.99995, 4, "10.0000"],
    [0.99996, 4, "1.0000"],
    [-0.00001, 4, "-0.0000"],
    [-0, 1, "-0.0"],
    [0, 0, "0"],
    [1e22, 1, "10000000000000000000000.0"],
    [1e23, 0, "99999999999999991611392"],
    [5e-324, 3, "0.000"],
    [Number.NaN, 4, "nan"],
    [Number.POSITIVE_INFINITY, 4, "inf"],
    [Number.NEGATIVE_INFINITY, 4, "-inf"],
  ])("writes %d with %d digits as %s", (value, digits, expected) => {
    expect(formatFixed(value, digits)).toBe(expected);
  });

  it("sends every tie among the multiples of 1/32 to the even digit", () => {
    for (let count = 1; count < 32; count += 2) {
      const text = formatFixed(count / 32, 4);
      expect(Number(text.at(-1)) % 2).toBe(0);
      expect(Math.abs(Number(text) - count / 32)).toBeCloseTo(0.00005, 10);
    }
  });

  it("refuses a number of digits that is none", () => {
    expect(() => formatFixed(1, -1)).toThrow("Received: digits=-1");
    expect(() => formatExponent(1, 1.5)).toThrow("Received: digits=1.5");
  });
});

describe("formatExponent", () => {
  it.each([
    [1e-4, 4, "1.0000e-04"],
    [0.001, 4, "1.0000e-03"],
    [0.00012345, 4, "1.2345e-04"],
    [9.99999e-5, 4, "1.0000e-04"],
    [1.5, 0, "2e+00"],
    [2.5, 0, "2e+00"],
    [0.03125, 2, "3.12e-02"],
    [1e23, 4, "1.0000e+23"],
    [1.7976931348623157e308, 3, "1.798e+308"],
    [5e-324, 4, "4.9407e-324"],
    [0, 4, "0.0000e+00"],
    [-0, 2, "-0.00e+00"],
    [-0.0005, 4, "-5.0000e-04"],
    [Number.NaN, 4, "nan"],
    [Number.NEGATIVE_INFINITY, 4, "-inf"],
  ])("writes %d with %d digits as %s", (value, digits, expected) => {
    expect(formatExponent(value, digits)).toBe(expected);
  });
});

describe("formatThousands", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [-1234567, "-1,234,567"],
    [123456, "123,456"],
  ])("writes %d as %s", (value, expected) => {
    expect(formatThousands(value)).toBe(expected);
  });

  it("refuses what is not whole", () => {
    expect(() => formatThousands(1.5)).toThrow("Received: value=1.5");
  });
});

describe("floatRepr", () => {
  it.each([
    [1, "1.0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.25e-7, "1.25e-07"],
    [123456, "123456.0"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [1.5e300, "1.5e+300"],
    [0.30000000000000004, "0.30000000000000004"],
    [Number.NaN, "nan"],
    [Number.POSITIVE_INFINITY, "inf"],
  ])("writes %d as %s", (value, expected) => {
    expect(floatRepr(value)).toBe(expected);
  });
});

describe("roundHalfEven", () => {
  it("sends ties to the even integer", () => {
    expect([0.5, 1.5, 2.5, 3.25, 3.75, -0.6, -1.5, -2.5].map(roundHalfEven)).toEqual([
      0, 2, 2, 3, 4, -1, -2, -2,
    ]);
    expect(roundHalfEven(Number.NaN)).toBeNaN();
    expect(roundHalfEven(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });
});
