import type { PooledProductKernel, ProductAxis } from "../../../compiler/kernel.js";
import { offsetsOf, sizeOf, stridesOf } from "../../../tensor/shape.js";
import { addressOf, loadWords } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { emitAreFinite } from "./finite.js";
import { pushAt } from "./tile.js";

// Products with a factor of 0 need not be added: a sum that starts at +0 is never −0, and adding ±0 leaves it as it is. But only if
// the other factor is finite: 0 · ∞ is NaN.

/** Up to four elements that lie together. */
export interface Piece {
  readonly offset: number;
  readonly lanes: number;
}

/** Larger patches are not looked at: they would take long, and are hardly ever 0 everywhere. */
export const MOST_PIECES = 64;
const MOST_ELEMENTS = 4096;

/**
 * Pieces that cover elements at these offsets and nothing before the first or behind the last one. Small gaps between them are
 * covered as well.
 */
export function piecesOver(offsets: readonly number[]): Piece[] {
  const sorted = [...new Set(offsets)].sort((a, b) => a - b);
  const runs: { from: number; to: number }[] = [];
  for (const offset of sorted) {
    const last = runs[runs.length - 1];
    if (last && offset - last.to < 4) last.to = offset + 1;
    else runs.push({ from: offset, to: offset + 1 });
  }
  return runs.flatMap(({ from, to }) => {
    const lanes = Math.min(4, to - from);
    // the last piece of a run overlaps the one before
    return Array.from({ length: Math.ceil((to - from) / 4) }, (_, i) => ({
      offset: Math.min(from + 4 * i, to - lanes),
      lanes,
    }));
  });
}

/** What one window reads of a, from its first element on; undefined where it is not worth looking at. */
export function patchOf({ cells, sum, zeros }: PooledProductKernel): Piece[] | undefined {
  if (!zeros) return undefined;
  const axes = [...cells, ...sum];
  if (axes.reduce((size, axis) => size * axis.extent, 1) > MOST_ELEMENTS) return undefined;
  const pieces = piecesOver(offsetsAlong(axes));
  return pieces.length > 0 && pieces.length <= MOST_PIECES ? pieces : undefined;
}

/** Distances in an operand of all elements along some axes from the first one, in row-major order. */
export function offsetsAlong(axes: readonly ProductAxis[], operand: "a" | "b" = "a"): number[] {
  return offsetsOf(
    axes.map((axis) => axis.extent),
    axes.map((axis) => axis[operand]),
  );
}

/** Pushes whether any element of some pieces is something else than +0 or −0. */
export function pushAnyElement(f: FunctionBuilder, pointer: Local, pieces: readonly Piece[]): void {
  for (const [i, { offset, lanes }] of pieces.entries()) {
    loadWords(f, () => pushAt(f, pointer, offset), lanes);
    if (i > 0) f.op("v128.or");
  }
  // without the signs
  f.i32(1).op("i32x4.shl").op("v128.any_true");
}

/** How many numbers b has. */
export function weightCount({ sum, columns, lanes }: PooledProductKernel): number {
  return sum.reduce((count, axis) => count * axis.extent, columns) * (lanes === "cells" ? 4 : 1);
}

/** A local that is 1 if all of b is finite, else 0; undefined if b does not lie together. */
export function emitHasFiniteWeights(
  f: FunctionBuilder,
  kernel: PooledProductKernel,
  pointers: Pointers,
): Local | undefined {
  const { sum, b } = kernel;
  const count = weightCount(kernel);
  const strides = stridesOf([...sum.map((axis) => axis.extent), 1]);
  const last = count / sizeOf(sum.map((axis) => axis.extent));
  if (sum.some((axis, i) => axis.extent > 1 && axis.b !== strides[i] * last)) return undefined;
  return emitAreFinite(f, addressOf(f, pointers.get(b.buffer) as Local, b.offset, []), count);
}
