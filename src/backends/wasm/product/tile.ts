import type { ProductAxis } from "../../../compiler/kernel.js";
import { loadWords } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";

/**
 * V8's TurboFan puts the loads of a basic block before its arithmetic: accumulators and loads of one step together
 * must stay within this many vector registers, or everything spills.
 */
export const REGISTERS = 14;

/** The largest tile for so many vectors: accumulators + vectors of b + operands from a. */
export function maximalRows(vectors: number): number {
  return Math.max(1, Math.floor((REGISTERS - vectors) / (vectors + 1)));
}

/**
 * Accumulators that are in registers at the same time: one vector for each pair of a row (an element of a, splat over the
 * lanes) and a vector of b. Offsets in elements from where the operands' pointers stand.
 */
export interface Tile {
  readonly rows: readonly number[];
  readonly vectors: readonly number[];
  /** How many lanes of the last vector count. */
  readonly lastLanes: number;
}

/** What a sum of products runs over. */
export interface Sum {
  readonly axes: readonly ProductAxis[];
  /** 1 if a lies along the lanes as well (and is not splat). */
  readonly aColumn: 0 | 1;
}

/** The accumulators of a tile, at zero: by row, then vector. */
export function emitAccumulators(f: FunctionBuilder, tile: Tile): Local[][] {
  const accumulators = tile.rows.map(() => tile.vectors.map(() => f.local("v128", "sum")));
  for (const accumulator of accumulators.flat()) f.v128f32(0).set(accumulator);
  return accumulators;
}

/**
 * The loops over the summed axes; the innermost does one step of the sum for the whole tile. The pointers `a` and `b` are
 * moved.
 */
export function emitSum(
  f: FunctionBuilder,
  sum: Sum,
  tile: Tile,
  a: Local,
  b: Local,
  accumulators: readonly (readonly Local[])[],
  depth = 0,
): void {
  const { axes } = sum;
  const step = axes[depth] ?? { extent: 1, a: 0, b: 0 };
  if (step.extent === 0) return;
  const body = () => {
    if (depth < axes.length - 1) emitSum(f, sum, tile, a, b, accumulators, depth + 1);
    else emitStep(f, sum, tile, a, b, accumulators);
  };
  if (step.extent === 1) {
    body();
    return;
  }
  const count = f.local("i32", "k");
  f.i32(step.extent).set(count);
  // the next loop inside has moved the pointers on to its end
  const moved = (operand: "a" | "b", at = depth + 1): number => {
    const inner = axes[at];
    if (!inner) return 0;
    return inner.extent > 1 ? inner.extent * inner[operand] : moved(operand, at + 1);
  };
  f.loop((again) => {
    body();
    for (const [local, operand] of [
      [a, "a"],
      [b, "b"],
    ] as const) {
      const distance = step[operand] - moved(operand);
      if (distance !== 0)
        f.get(local)
          .i32(distance * 4)
          .op("i32.add")
          .set(local);
    }
    f.get(count).i32(1).op("i32.sub").tee(count).brIf(again);
  });
}

/** Pushes a pointer; gives the constant offset to load with, which cannot be negative. */
export function pushAt(f: FunctionBuilder, pointer: Local, elements: number): number {
  f.get(pointer);
  if (elements >= 0) return elements * 4;
  f.i32(elements * 4).op("i32.add");
  return 0;
}

function emitStep(
  f: FunctionBuilder,
  { aColumn }: Sum,
  { rows, vectors, lastLanes }: Tile,
  a: Local,
  b: Local,
  accumulators: readonly (readonly Local[])[],
): void {
  const lanesOf = (v: number) => (v === vectors.length - 1 ? lastLanes : 4);
  const right = vectors.map((offset, v) => {
    const local = f.local("v128", "right");
    loadWords(f, () => pushAt(f, b, offset), lanesOf(v));
    f.set(local);
    return local;
  });
  const left = f.local("v128", "left");
  for (const [r, offset] of rows.entries()) {
    if (aColumn === 0) {
      const at = pushAt(f, a, offset);
      f.load("v128.load32_splat", at).set(left);
    }
    for (const [v, along] of vectors.entries()) {
      f.get(accumulators[r][v]);
      if (aColumn === 0) {
        f.get(left);
      } else {
        loadWords(f, () => pushAt(f, a, offset + along), lanesOf(v));
      }
      f.get(right[v]).op("f32x4.mul").op("f32x4.add").set(accumulators[r][v]);
    }
  }
}
