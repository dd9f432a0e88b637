import type { PickedLines, ProductKernel } from "../../../compiler/kernel.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { forEach, forPart, forRange, type Part, wholeAxis } from "../loops.js";
import { evenPanels, overColumns, panelWidths } from "./columns.js";
import { emitNonZeroProducts } from "./emitNonZeroProducts.js";
import { emitPickedLines } from "./emitNonZeros.js";
import { emitSum, maximalRows } from "./tile.js";
import { emitTileAt, partOfOthers, type Results, resultsOf, startOf } from "./tileAt.js";

/** Below this, the right operand stays in the first-level cache and the rows can be the outer loop. */
export const SMALL_MATRIX_BYTES = 16 * 1024;

/** Emits sums of products by register tiles, without the products by 0 where there are many. */
export function emitProduct(
  f: FunctionBuilder,
  kernel: ProductKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const results = resultsOf(f, kernel, pointers);
  const { nonZeros } = kernel;
  if (!nonZeros) {
    emitAllProducts(f, results, pointers, part);
    return;
  }
  f.block((done) => {
    f.block((otherwise) => {
      emitNonZeroProducts(f, results, nonZeros, pointers, part, otherwise);
      f.br(done);
    });
    if (nonZeros.picked) bringLines(f, results, nonZeros.picked, pointers, part);
    emitAllProducts(f, results, pointers, part);
  });
}

/** Brings the lines of a that are picked: those of the rows to compute, or those of all steps of the sum. */
function bringLines(
  f: FunctionBuilder,
  { kernel, axis, tiled }: Results,
  picked: PickedLines,
  pointers: Pointers,
  part: Part | undefined,
): void {
  const [step] = kernel.sum;
  const alongSum = kernel.nonZeros?.along === "sum";
  const [lines, elements] = alongSum ? [tiled, step] : [step, tiled];
  const rows = alongSum && part?.axis === axis ? part : wholeAxis(f, { axis: 0, extent: lines.extent });
  emitPickedLines(f, pointers.get(kernel.a.buffer) as Local, elements.extent, picked, pointers, rows);
}

/** The sum is the inner loop, with one step an iteration. */
function emitAllProducts(f: FunctionBuilder, results: Results, pointers: Pointers, part?: Part): void {
  const { kernel, axis, tiled, others } = results;
  const { columns, sum } = kernel;
  const emitTile = (
    height: number,
    width: number,
    lastColumns: number,
    indices: readonly Local[],
    row: Local,
    column: Local,
  ) => {
    const origin = { pointers, axis, indices, row, column };
    emitTileAt(f, results, origin, { height, width, lastColumns }, (tile, accumulators) => {
      const [a, b] = [startOf(f, results, origin, "a"), startOf(f, results, origin, "b")];
      emitSum(f, { axes: sum, aColumn: kernel.aColumn }, tile, a, b, accumulators);
    });
  };
  const overRows = (width: number, body: (height: number, row: Local) => void) => {
    // rows with matrices of their own cannot share a tile
    const most = tiled.b !== 0 ? 1 : maximalRows(width);
    if (part?.axis === axis) overPart(f, part, tiled.extent, most, body);
    else overExtent(f, tiled.extent, most, body);
  };
  const overOthers = (body: (indices: readonly Local[]) => void) =>
    forEach(
      f,
      others.map((other) => other.extent),
      body,
      partOfOthers(part, axis),
    );

  const matrixBytes = sum.reduce((product, s) => product * s.extent, columns) * 4;
  const widths = panelWidths(Math.ceil(columns / 4));
  if (matrixBytes <= SMALL_MATRIX_BYTES) {
    // rows outside: results are written in order while b stays in the cache
    overOthers((indices) => {
      overRows(widths[0].width, (height, row) => {
        overColumns(f, columns, widths, (width, last, column) =>
          emitTile(height, width, last, indices, row, column),
        );
      });
    });
  } else {
    // columns outside: one panel of b is used for all rows before the next
    overColumns(f, columns, widths, (width, last, column) => {
      overOthers((indices) => {
        overRows(width, (height, row) => emitTile(height, width, last, indices, row, column));
      });
    });
  }
}

/** Tiles over all rows. */
function overExtent(
  f: FunctionBuilder,
  extent: number,
  most: number,
  body: (height: number, row: Local) => void,
): void {
  let start = 0;
  for (const { width: height, count } of evenPanels(extent, most)) {
    const from = start;
    forRange(f, count, 1, (tile) => {
      const row = f.local("i32", "row");
      f.get(tile).i32(height).op("i32.mul").i32(from).op("i32.add").set(row);
      body(height, row);
    });
    start += height * count;
  }
}

/** Tiles over a part of the rows, which starts at a multiple of the tile height; only the last part has a rest. */
function overPart(
  f: FunctionBuilder,
  part: Part,
  extent: number,
  most: number,
  body: (height: number, row: Local) => void,
): void {
  const height = most >= 4 ? 4 : most >= 2 ? 2 : 1;
  const rest = extent % height;
  const to = f.local("i32", "to");
  f.get(part.to).i32(-height).op("i32.and").tee(to).get(part.from).op("i32.gt_u");
  f.if(() => forPart(f, { ...part, to }, height, (row) => body(height, row)));
  if (rest === 0) return;
  f.get(part.to).i32(extent).op("i32.eq");
  f.if(() => {
    const row = f.local("i32", "row");
    f.i32(extent - rest).set(row);
    body(rest, row);
  });
}
