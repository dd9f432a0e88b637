import fc, { type GeneratorValue } from "fast-check";
import { type DType, newArray } from "../../src/tensor/dtype.js";
import { sizeOf } from "../../src/tensor/shape.js";
import type { TensorType } from "../../src/trace/graph.js";
import type { HostArray } from "../../src/trace/primitive.js";

/** What an array is filled with. */
export type Filling =
  /** Any number: NaN, infinities, ±0, subnormals and ties among them. */
  | "any"
  /** Finite numbers in [−2, 2), many of them equal. */
  | "moderate"
  /** Integers from −2 to 68: many indices are out of range. */
  | "index";

const SPECIAL = [0, -0, 1, -1, NaN, Infinity, -Infinity, 2 ** -149, -(2 ** -130), 3.4028234663852886e38, 0.5];

/** Random choices of one example; fast-check makes them and prints them when the example fails. */
export class Draw {
  /** @param small whether a few elements suffice */
  constructor(
    readonly gen: GeneratorValue,
    readonly small = false,
  ) {}

  int(min: number, max: number): number {
    return this.gen(fc.integer, { min, max });
  }

  /** A number that divides another one. */
  divisor(of: number): number {
    return this.pick([1, ...Array.from({ length: of }, (_, i) => i + 1).filter((n) => of % n === 0)]);
  }

  chance(percent: number): boolean {
    return this.int(1, 100) <= percent;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)];
  }

  /** Some of the items in their order. */
  some<T>(items: readonly T[]): T[] {
    return items.filter(() => this.chance(50));
  }

  shuffled<T>(items: readonly T[]): T[] {
    const rest = [...items];
    return items.map(() => rest.splice(this.int(0, rest.length - 1), 1)[0]);
  }

  /** An axis's size: mostly small, up to 67, so that whole vectors and every remainder come up. */
  size(most = 67): number {
    return this.small || this.chance(50) ? this.int(1, Math.min(5, most)) : this.int(1, most);
  }

  /** A shape of at most 20,000 elements (40 if small). */
  shape(leastRank = 0, mostRank = 4): number[] {
    const elements = this.small ? 40 : 20_000;
    const shape: number[] = [];
    for (const rank = this.int(leastRank, mostRank); shape.length < rank; )
      shape.push(this.size(Math.max(1, Math.min(67, Math.floor(elements / sizeOf(shape))))));
    return shape;
  }

  /** As `shape`, but now and then with an axis of size 0 (not if small). */
  anyShape(leastRank = 0, mostRank = 4): number[] {
    return this.shape(leastRank, mostRank).map((size) => (!this.small && this.chance(3) ? 0 : size));
  }

  /** Shapes that broadcast to one. */
  broadcasting(count: number): number[][] {
    const whole = this.anyShape();
    return Array.from({ length: count }, () => {
      const own = whole.map((size) => (this.chance(30) ? 1 : size));
      return this.chance(30) ? own.slice(this.int(0, own.length)) : own;
    });
  }

  /**
   * Fills all float32 arrays with numbers in [0.25, 1.75), no two of them nearer than `gap`: nothing bends between two of
   * them when they are moved by less.
   */
  apart(types: readonly TensorType[]): { arrays: HostArray[]; gap: number } {
    const count = types.reduce((sum, { shape, dtype }) => sum + (dtype === "float32" ? sizeOf(shape) : 0), 0);
    const gap = 1.5 / Math.max(count, 1);
    const next = randomBits(this.int(1, 2 ** 31 - 1));
    const order = Array.from({ length: count }, (_, i) => i);
    const arrays = types.map(({ shape, dtype }): HostArray => {
      const data = new Float32Array(sizeOf(shape));
      for (let i = 0; i < data.length; i++) {
        const [place] = order.splice(next() % order.length, 1);
        data[i] = 0.25 + gap * place;
      }
      return { shape, dtype, data };
    });
    return { arrays, gap };
  }

  array({ shape, dtype }: TensorType, filling: Filling = "any"): HostArray {
    const data = newArray(dtype, sizeOf(shape));
    const next = randomBits(this.int(1, 2 ** 31 - 1));
    for (let i = 0; i < data.length; i++) data[i] = element(dtype, filling, next);
    return { shape, dtype, data };
  }
}

const floats = new Float32Array(1);
const words = new Uint32Array(floats.buffer);

function element(dtype: DType, filling: Filling, next: () => number): number {
  const word = next();
  if (filling === "index") return ((word >>> 8) % 71) - 2;
  if (dtype === "bool") return word >>> 31;
  if (dtype !== "float32") return filling === "any" && word & 0x100 ? word : word >>> 29;
  if (filling === "moderate") return word & 0x80 ? (word >>> 30) - 2 : word / 2 ** 30 - 2;
  if ((word & 7) === 0) return SPECIAL[(word >>> 8) % SPECIAL.length];
  if (word & 8) return word / 2 ** 30 - 2;
  words[0] = word ^ (next() >>> 16);
  return floats[0];
}

function randomBits(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
}
