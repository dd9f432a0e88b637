import { describe, expect, it } from "vitest";
import type { Scalar1 } from "../../trace/scalar.js";
import * as lane from "./index.js";
import { numberMath } from "./numberMath.js";

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);
const LARGEST = 3.4028234663852886e38;

/** Distance of a float32 from the true value in units of the float32 spacing there. */
function ulpError(actual: number, expected: number): number {
  const rounded = Math.fround(expected);
  if (Object.is(actual, rounded)) return 0;
  if (Number.isNaN(actual) || Number.isNaN(rounded)) return Infinity;
  if (actual === 0 && rounded === 0) return Infinity; // the sign of zero is wrong
  // ∞ stands for the float32 after the largest one
  const finite = Number.isFinite(actual) ? actual : Math.sign(actual) * 2 ** 128;
  const spacing = 2 ** Math.max(Math.floor(Math.log2(Math.min(Math.abs(expected), LARGEST))) - 23, -149);
  return Math.abs(finite - expected) / spacing;
}

/** erf to about 1e-15: Taylor series, and the continued fraction of erfc. */
function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude > 6) return Math.sign(x);
  const scale = 1 / Math.sqrt(Math.PI);
  if (magnitude < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 2 * scale * sum;
  }
  let fraction = 0;
  for (let k = 80; k > 0; k--) fraction = k / 2 / (magnitude + fraction);
  return Math.sign(x) * (1 - (Math.exp(-x * x) * scale) / (magnitude + fraction));
}

/** Uniform 32-bit numbers from a linear congruential generator. */
function randomBits(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
}

/** Every sign and exponent with 250 mantissas, and 60,000 points where the function is not trivial. */
function* samples(from: number, to: number): Generator<number> {
  const mantissas = 250;
  for (let top = 0; top < 512; top++) {
    for (let i = 0; i < mantissas; i++) {
      // the golden ratio spreads the mantissas differently in each binade; the first and last belong to all
      const mantissa = i === 0 ? 0 : i === 1 ? 0x7fffff : Math.imul(top * mantissas + i, 0x9e3779b1) >>> 9;
      bits[0] = (top << 23) | mantissa;
      yield float[0];
    }
  }
  for (let i = 0; i < 60_000; i++) yield Math.fround(from + ((to - from) * (i + 0.5)) / 60_000);
}

interface Case {
  readonly name: string;
  readonly compute: Scalar1;
  readonly reference: (x: number) => number;
  /** The bound that the documentation of the function states; it was also tried once with every float32 there is. */
  readonly ulps: number;
  readonly range: [number, number];
}

const cases: Case[] = [
  { name: "exp", compute: lane.exp, reference: Math.exp, ulps: 1.2, range: [-104, 89] },
  { name: "expm1", compute: lane.expm1, reference: Math.expm1, ulps: 1.4, range: [-2, 2] },
  {
    name: "logistic",
    compute: lane.logistic,
    reference: (x) => (x > 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
    ulps: 2,
    range: [-30, 20],
  },
  { name: "tanh", compute: lane.tanh, reference: Math.tanh, ulps: 2, range: [-10, 10] },
  { name: "log", compute: lane.log, reference: Math.log, ulps: 1.1, range: [0.1, 4] },
  { name: "log1p", compute: lane.log1p, reference: Math.log1p, ulps: 1.55, range: [-0.9, 3] },
  { name: "erf", compute: lane.erf, reference: erf, ulps: 1.75, range: [-4, 4] },
  { name: "sin", compute: lane.sin, reference: Math.sin, ulps: 1.6, range: [-100, 100] },
  { name: "cos", compute: lane.cos, reference: Math.cos, ulps: 1.6, range: [-100, 100] },
  {
    name: "atan2",
    compute: (m, x) => lane.atan2(m, x, m.f32(1)),
    reference: Math.atan,
    ulps: 0.51,
    range: [-8, 8],
  },
  { name: "rsqrt", compute: lane.rsqrt, reference: (x) => 1 / Math.sqrt(x), ulps: 1.5, range: [0.5, 4] },
];

// the time limit leaves room for busy machines
describe("error against float64 over the whole range", { timeout: 60_000 }, () => {
  for (const { name, compute, reference, ulps, range } of cases) {
    it(`${name} is within ${ulps} ulp`, () => {
      let worst = { error: -1, x: 0 };
      for (const x of samples(...range)) {
        const error = ulpError(compute(numberMath, x), reference(x));
        if (error > worst.error) worst = { error, x };
      }
      expect(worst.error, `at x = ${worst.x}`).toBeLessThanOrEqual(ulps);
    });
  }

  it("pow is within 1.2 ulp", () => {
    let worst = { error: -1, x: 0, y: 0 };
    const next = randomBits(1);
    const random = () => next() / 2 ** 32;
    for (let i = 0; i < 100_000; i++) {
      bits[0] = random() * 2 ** 31;
      // any positive number, or one near 1
      const x = i % 2 ? float[0] : Math.fround(2 ** (random() * 8 - 4));
      // a result between 2^-155 and 2^133, or any modest exponent
      const y = Math.fround(i % 3 ? (random() * 288 - 155) / Math.log2(x) : random() * 20 - 10);
      const error = ulpError(lane.pow(numberMath, x, y), x ** y);
      if (error > worst.error) worst = { error, x, y };
    }
    expect(worst.error, `at ${worst.x} ** ${worst.y}`).toBeLessThanOrEqual(1.2);
  });

  it("rem is exact", () => {
    const random = randomBits(7);
    const any = () => {
      bits[0] = random() ^ (random() >>> 16);
      return float[0];
    };
    for (let i = 0; i < 60_000; i++) {
      const y = any();
      // any dividend, or one around a multiple of the divisor
      const x = i % 2 ? any() : Math.fround(y * (random() >>> (i % 31)));
      const actual = lane.rem(numberMath, x, y);
      if (!Object.is(actual, x % y)) expect(actual, `${x} % ${y}`).toBe(x % y);
    }
  });
});
