import type { PooledProductKernel } from "../../../compiler/kernel.js";
import { addressOf } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { forEach, type Part } from "../loops.js";
import { overColumns, panelWidths } from "./columns.js";
import { emitCellsAsLanes } from "./emitPooledCells.js";
import { SMALL_MATRIX_BYTES } from "./emitProduct.js";
import { emitHasFiniteWeights, offsetsAlong, patchOf, pushAnyElement, weightCount } from "./patches.js";
import { emitEmptyWindow, emitResults, emitValues, valueGraph, windowAddress } from "./pooledValues.js";
import { emitAccumulators, emitSum, maximalRows, type Tile } from "./tile.js";

/**
 * Emits the maxima over windows of sums of products. The cells of a window are the rows of a register tile, four columns are
 * its lanes; where columns are few and the cells of a window's row lie side by side, these are the lanes instead.
 */
export function emitPooledProduct(
  f: FunctionBuilder,
  kernel: PooledProductKernel,
  pointers: Pointers,
  part?: Part,
): void {
  if (kernel.lanes === "cells") emitCellsAsLanes(f, kernel, pointers, part);
  else emitColumnsAsLanes(f, kernel, pointers, part);
}

function emitColumnsAsLanes(
  f: FunctionBuilder,
  kernel: PooledProductKernel,
  pointers: Pointers,
  part: Part | undefined,
): void {
  const { rows, cells, columns, sum, b } = kernel;
  const offsets = offsetsAlong(cells);
  const { root } = valueGraph(kernel.value);
  const extents = rows.map((row) => row.extent);
  const widths = panelWidths(Math.ceil(columns / 4));
  const pointerAt = (indices: readonly Local[]) => windowAddress(f, kernel, pointers, indices);

  const emitWindow = (width: number, lastColumns: number, indices: readonly Local[], column: Local) => {
    const vectors = Array.from({ length: width }, (_, v) => v * 4);
    const best = vectors.map(() => ({ value: f.local("v128", "best"), cell: f.local("v128", "cell") }));
    const most = maximalRows(width);
    const passes = Math.ceil(offsets.length / most);
    const height = Math.ceil(offsets.length / passes);
    for (let first = 0; first < offsets.length; first += height) {
      const tile: Tile = { rows: offsets.slice(first, first + height), vectors, lastLanes: lastColumns };
      const left = pointerAt(indices);
      const right = addressOf(f, pointers.get(b.buffer) as Local, b.offset, [[column, 1]]);
      const sums = emitAccumulators(f, tile);
      emitSum(f, { axes: sum, aColumn: 0 }, tile, left, right, sums);
      const values = vectors.map((shift, v) => {
        const results = sums.map((row) => row[v]);
        const lanes = v === width - 1 ? lastColumns : 4;
        return emitValues(f, root, pointers, column, shift, lanes, results);
      });
      emitWinners(f, values, first, best, lastColumns);
    }
    emitResults(f, kernel, pointers, indices, column, lastColumns, best);
  };

  const patch = patchOf(kernel);
  const finite = patch && emitHasFiniteWeights(f, kernel, pointers);
  /** Does one or the other, depending on whether all that a window reads of a is 0. */
  const emitEither = (indices: readonly Local[], emptyWindow: () => void, window: () => void) => {
    if (!finite) {
      window();
      return;
    }
    pushAnyElement(f, pointerAt(indices), patch);
    f.op("i32.eqz").get(finite).op("i32.and").if(emptyWindow, window);
  };

  const empty = (indices: readonly Local[]) => (width: number, lastColumns: number, column: Local) =>
    emitEmptyWindow(f, kernel, root, pointers, indices, { column, width, lastColumns });
  const full = (indices: readonly Local[]) => (width: number, lastColumns: number, column: Local) =>
    emitWindow(width, lastColumns, indices, column);

  if (weightCount(kernel) * 4 <= SMALL_MATRIX_BYTES) {
    const overAll = (body: ReturnType<typeof full>) => overColumns(f, columns, widths, body);
    const eachWindow = (indices: readonly Local[]) =>
      emitEither(
        indices,
        () => overAll(empty(indices)),
        () => overAll(full(indices)),
      );
    forEach(f, extents, eachWindow, part);
  } else {
    overColumns(f, columns, widths, (...panel) => {
      const eachWindow = (indices: readonly Local[]) =>
        emitEither(
          indices,
          () => empty(indices)(...panel),
          () => full(indices)(...panel),
        );
      forEach(f, extents, eachWindow, part);
    });
  }
}

/** The greatest values so far, lane by lane, and the cells they are from. */
interface Best {
  readonly value: Local;
  readonly cell: Local;
}

/**
 * Goes on with the maxima over cells, lane by lane: of equal values the first one wins, and the first NaN over everything.
 *
 * @param cells the values of some cells, by vector
 * @param first number of the first of these cells; 0 begins anew
 * @param lastColumns how many lanes of the last vector count
 */
export function emitWinners(
  f: FunctionBuilder,
  cells: readonly (readonly Local[])[],
  first: number,
  best: readonly Best[],
  lastColumns: number,
): void {
  const before = best.map(({ value, cell }): Best => {
    const kept = { value: f.local("v128", "before"), cell: f.local("v128", "cellBefore") };
    if (first > 0) f.get(value).set(kept.value).get(cell).set(kept.cell);
    return kept;
  });
  const all = cells.map((values, v) => (first > 0 ? [before[v].value, ...values] : values));
  for (const [v, [start, ...others]] of all.entries()) {
    const { value, cell } = best[v];
    f.get(start);
    for (const other of others) f.get(other).op("f32x4.pmax");
    f.set(value);
    // the least number of a cell with the maximum: what is not equal counts as the largest number
    for (const [i, candidate] of all[v].entries()) {
      f.get(candidate).get(value).op("f32x4.ne");
      if (first > 0 && i === 0) f.get(before[v].cell).op("v128.or");
      else {
        const number = first > 0 ? first + i - 1 : i;
        if (number > 0) f.v128i32(number).op("v128.or");
      }
      if (i > 0) f.op("i32x4.min_u");
    }
    f.set(cell);
  }
  // a sum of NaN and anything is NaN; so is ∞ − ∞, and then the closer look finds none
  const total = f.local("v128", "total");
  for (const [v, values] of all.entries()) {
    for (const [i, value] of values.entries()) {
      f.get(value);
      if (i > 0) f.op("f32x4.add");
    }
    if (v === all.length - 1 && lastColumns < 4)
      f.v128i32([0, 1, 2, 3].map((lane) => (lane < lastColumns ? -1 : 0))).op("v128.and");
    if (v > 0) f.op("f32x4.add");
  }
  f.tee(total).get(total).op("f32x4.ne").op("v128.any_true");
  f.if(() => {
    for (const [v, values] of cells.entries())
      for (const [i, value] of values.entries())
        emitBetter(f, best[v], i === 0 ? before[v] : best[v], value, first + i);
  });
}

/** Compares one more cell with the best so far: it must be larger (or NaN), unless a NaN has won already. */
function emitBetter(f: FunctionBuilder, best: Best, before: Best, value: Local, cell: number): void {
  if (cell === 0) {
    f.get(value).set(best.value).v128i32(0).set(best.cell);
    return;
  }
  const better = f.local("v128", "better");
  f.get(value).get(before.value).op("f32x4.le").op("v128.not");
  f.get(before.value).get(before.value).op("f32x4.eq").op("v128.and").set(better);
  f.get(value).get(before.value).get(better).op("v128.bitselect").set(best.value);
  f.v128i32(cell).get(before.cell).get(better).op("v128.bitselect").set(best.cell);
}
