import { describe, expect, it } from "vitest";
import type { Scalar1, Scalar2 } from "../../trace/scalar.js";
import * as lane from "./index.js";
import { numberMath } from "./numberMath.js";

const TINY = 2 ** -149;
const LARGEST = 3.4028234663852886e38;
const one = (compute: Scalar1) => (x: number) => compute(numberMath, x);
const two = (compute: Scalar2) => (x: number, y: number) => compute(numberMath, x, y);

describe("special values", () => {
  // argument, result
  const table: Record<string, [Scalar1, [number, number][]]> = {
    exp: [
      lane.exp,
      [
        [0, 1],
        [-0, 1],
        [Infinity, Infinity],
        [-Infinity, 0],
        [-104, 0],
        [89, Infinity],
        [TINY, 1],
      ],
    ],
    expm1: [
      lane.expm1,
      [
        [0, 0],
        [-0, -0],
        [Infinity, Infinity],
        [-Infinity, -1],
        [-LARGEST, -1],
        [TINY, TINY],
        [-TINY, -TINY],
      ],
    ],
    logistic: [
      lane.logistic,
      [
        [0, 0.5],
        [-0, 0.5],
        [Infinity, 1],
        [-Infinity, 0],
        [LARGEST, 1],
        [-LARGEST, 0],
      ],
    ],
    tanh: [
      lane.tanh,
      [
        [0, 0],
        [-0, -0],
        [Infinity, 1],
        [-Infinity, -1],
        [20, 1],
        [-20, -1],
        [TINY, TINY],
        [-TINY, -TINY],
      ],
    ],
    log: [
      lane.log,
      [
        [1, 0],
        [0, -Infinity],
        [-0, -Infinity],
        [-1, NaN],
        [-TINY, NaN],
        [-Infinity, NaN],
        [Infinity, Infinity],
      ],
    ],
    log1p: [
      lane.log1p,
      [
        [0, 0],
        [-0, -0],
        [-1, -Infinity],
        [-1.5, NaN],
        [-Infinity, NaN],
        [Infinity, Infinity],
        [TINY, TINY],
        [-TINY, -TINY],
      ],
    ],
    erf: [
      lane.erf,
      [
        [0, 0],
        [-0, -0],
        [Infinity, 1],
        [-Infinity, -1],
        [4, 1],
        [-4, -1],
        [TINY, TINY],
        [-TINY, -TINY],
      ],
    ],
    sin: [
      lane.sin,
      [
        [0, 0],
        [-0, -0],
        [Infinity, NaN],
        [-Infinity, NaN],
        [TINY, TINY],
        [-TINY, -TINY],
      ],
    ],
    cos: [
      lane.cos,
      [
        [0, 1],
        [-0, 1],
        [Infinity, NaN],
        [-Infinity, NaN],
        [TINY, 1],
      ],
    ],
    round: [
      lane.round,
      [
        [0.5, 0],
        [-0.5, -0],
        [1.5, 2],
        [2.5, 2],
        [-2.5, -2],
        [Infinity, Infinity],
        [-0, -0],
        [8388609, 8388609],
      ],
    ],
    sign: [
      lane.sign,
      [
        [3, 1],
        [-3, -1],
        [0, 0],
        [-0, -0],
        [Infinity, 1],
        [-Infinity, -1],
        [TINY, 1],
        [-TINY, -1],
      ],
    ],
    rsqrt: [
      lane.rsqrt,
      [
        [4, 0.5],
        [0, Infinity],
        [-0, -Infinity],
        [Infinity, 0],
        [-1, NaN],
      ],
    ],
  };
  for (const [name, [compute, rows]] of Object.entries(table)) {
    it.each(rows)(`${name}(%d) = %d`, (x, expected) => expect(one(compute)(x)).toBe(expected));
    it(`${name}(NaN) = NaN`, () => expect(one(compute)(NaN)).toBeNaN());
  }
});

const values = [
  0,
  TINY,
  2 ** -126,
  0.3333333432674408,
  0.5,
  1,
  1.5,
  2,
  3,
  7,
  2 ** 23 + 1,
  2 ** 24,
  2 ** 60,
  LARGEST,
  Infinity,
].flatMap((x) => [x, -x]);

describe("pow", () => {
  it("has the signs and special values of C", () => {
    for (const x of [...values, NaN]) {
      for (const y of [...values, NaN]) {
        // JavaScript differs from C in 1^NaN and (±1)^±∞ only
        const cDiffers = x === 1 || (x === -1 && !Number.isFinite(y) && !Number.isNaN(y));
        const expected = cDiffers ? 1 : Math.fround(x ** y);
        const actual = two(lane.pow)(x, y);
        if (
          Number.isNaN(expected) ||
          expected === 0 ||
          Math.abs(expected) === Infinity ||
          Math.abs(expected) === 1
        ) {
          expect(actual, `${x} ** ${y}`).toBe(expected);
        } else {
          expect(Math.abs(actual / expected - 1), `${x} ** ${y}`).toBeLessThan(2e-7);
        }
      }
    }
  });

  it("is exact where the result is a small integer's power", () => {
    expect(two(lane.pow)(3, 2)).toBe(9);
    expect(two(lane.pow)(-3, 3)).toBe(-27);
    expect(two(lane.pow)(2, -149)).toBe(TINY);
    expect(two(lane.pow)(10, 10)).toBe(1e10);
  });
});

describe("rem", () => {
  it("is exact, with the sign of the dividend, at every pair of special values", () => {
    for (const x of [...values, NaN]) {
      for (const y of [...values, NaN]) expect(two(lane.rem)(x, y), `${x} % ${y}`).toBe(x % y);
    }
  });
});
