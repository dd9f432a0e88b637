import type { ProductAxis, ProductKernel } from "../../../compiler/kernel.js";
import { tiledAxis } from "../../../compiler/tiles.js";
import { addressOf } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import { Computed, emitInvariants, emitStores } from "../emitLanes.js";
import { accessesOf, levelIn, type Pointers, RowPosition } from "../emitMap.js";
import { LaneGraph } from "../lanes.js";
import { forEach, forPart, forRange, type Part } from "../loops.js";
import { emitAccumulators, emitSum, maximalRows, type Tile } from "./tile.js";
import { type TileOrigin, TilePosition } from "./tilePosition.js";

/** Below this, the right operand stays in the first-level cache and the rows can be the outer loop. */
export const SMALL_MATRIX_BYTES = 16 * 1024;

/** Splits a number of vectors into panels of 2 and a lone one at the end; up to 3 are one panel. */
export function panelWidths(vectors: number): { width: number; count: number }[] {
  if (vectors <= 3) return [{ width: vectors, count: 1 }];
  const pairs = { width: 2, count: Math.floor(vectors / 2) };
  return vectors % 2 === 0 ? [pairs] : [pairs, { width: 1, count: 1 }];
}

/** Splits rows into tiles of nearly equal height. */
function tileHeights(extent: number, most: number): { rows: number; count: number }[] {
  const tiles = Math.ceil(extent / most);
  const high = Math.ceil(extent / tiles);
  const lower = high * tiles - extent;
  const heights = [{ rows: high, count: tiles - lower }];
  if (lower > 0) heights.push({ rows: high - 1, count: lower });
  return heights.filter(({ count, rows }) => count > 0 && rows > 0);
}

/** Loops over panels of columns: full ones in a loop, then one that ends in a part of a vector. */
export function overColumns(
  f: FunctionBuilder,
  columns: number,
  body: (width: number, lastColumns: number, column: Local) => void,
): void {
  const vectors = Math.ceil(columns / 4);
  let start = 0;
  for (const { width, count } of panelWidths(vectors)) {
    const last = start + width * count === vectors;
    const partial = last && columns % 4 !== 0;
    const full = partial ? count - 1 : count;
    const from = start;
    if (full > 0) {
      forRange(f, full, 1, (panel) => {
        const column = f.local("i32", "column");
        f.get(panel)
          .i32(width * 4)
          .op("i32.mul")
          .i32(from * 4)
          .op("i32.add")
          .set(column);
        body(width, 4, column);
      });
    }
    if (partial) {
      const column = f.local("i32", "column");
      f.i32((from + width * full) * 4).set(column);
      body(width, columns % 4, column);
    }
    start += width * count;
  }
}

/** Emits sums of products by register tiles: the sum is the inner loop, with one step an iteration. */
export function emitProduct(
  f: FunctionBuilder,
  kernel: ProductKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const { rows, columns, stores, sum } = kernel;
  const axis = rows.length === 0 ? -1 : tiledAxis(rows);
  const tiled = rows[axis] ?? { extent: 1, a: 0, b: 0 };
  const others = rows.filter((_, i) => i !== axis);
  const graph = new LaneGraph(levelIn(-1));
  const roots = stores.map((store) => graph.build(store.expression));
  for (const root of roots) root.uses++;
  const invariant = Computed.none();
  emitInvariants(f, roots, 0, new RowPosition(pointers, [], undefined), invariant);

  const context: Context = { kernel, graph, invariant, tiled, others };
  const emitTile = (
    height: number,
    width: number,
    lastColumns: number,
    indices: readonly Local[],
    row: Local,
    column: Local,
  ) => emitTileAt(f, context, { pointers, axis, indices, row, column }, height, width, lastColumns);
  const overRows = (width: number, body: (height: number, row: Local) => void) => {
    // rows with matrices of their own cannot share a tile
    const most = tiled.b !== 0 ? 1 : maximalRows(width);
    if (part?.axis === axis) overPart(f, part, tiled.extent, most, body);
    else overExtent(f, tiled.extent, most, body);
  };
  const outside =
    part && part.axis !== axis ? { ...part, axis: part.axis - (part.axis > axis ? 1 : 0) } : undefined;
  const overOthers = (body: (indices: readonly Local[]) => void) =>
    forEach(
      f,
      others.map((other) => other.extent),
      body,
      outside,
    );

  const matrixBytes = sum.reduce((product, s) => product * s.extent, columns) * 4;
  if (matrixBytes <= SMALL_MATRIX_BYTES) {
    // rows outside: results are written in order while b stays in the cache
    overOthers((indices) => {
      const widest = panelWidths(Math.ceil(columns / 4))[0].width;
      overRows(widest, (height, row) => {
        overColumns(f, columns, (width, last, column) => emitTile(height, width, last, indices, row, column));
      });
    });
  } else {
    // columns outside: one panel of b is used for all rows before the next
    overColumns(f, columns, (width, last, column) => {
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
  for (const height of tileHeights(extent, most)) {
    const from = start;
    forRange(f, height.count, 1, (tile) => {
      const row = f.local("i32", "row");
      f.get(tile).i32(height.rows).op("i32.mul").i32(from).op("i32.add").set(row);
      body(height.rows, row);
    });
    start += height.rows * height.count;
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

interface Context {
  readonly kernel: ProductKernel;
  readonly graph: LaneGraph;
  readonly invariant: Computed;
  /** The tiled row axis, and the other ones. */
  readonly tiled: ProductAxis;
  readonly others: readonly ProductAxis[];
}

function emitTileAt(
  f: FunctionBuilder,
  { kernel, graph, invariant, tiled, others }: Context,
  origin: TileOrigin,
  height: number,
  width: number,
  lastColumns: number,
): void {
  const { pointers, indices, row, column } = origin;
  const start = (operand: "a" | "b", columnStep: number) =>
    addressOf(f, pointers.get(kernel[operand].buffer) as Local, kernel[operand].offset, [
      ...others.map((other, i) => [indices[i], other[operand]] as const),
      [row, tiled[operand]],
      [column, columnStep],
    ]);
  const a = start("a", kernel.aColumn);
  const b = start("b", 1);
  const tile: Tile = {
    rows: Array.from({ length: height }, (_, r) => r * tiled.a),
    vectors: Array.from({ length: width }, (_, v) => v * 4),
    lastLanes: lastColumns,
  };
  const accumulators = emitAccumulators(f, tile);
  if (kernel.initial) {
    const before = new TilePosition(origin);
    before.enter(f, [kernel.initial]);
    for (const [r, vectors] of accumulators.entries()) {
      for (const [v, accumulator] of vectors.entries()) {
        const offset = before.shifted(r, v, accumulator).address(f, kernel.initial);
        f.load("v128.load", offset).set(accumulator);
      }
    }
  }
  emitSum(f, { axes: kernel.sum, aColumn: kernel.aColumn }, tile, a, b, accumulators);

  // everything that follows the product, with the tile's rows and vectors unrolled
  const base = new TilePosition(origin);
  base.enter(f, [
    ...kernel.stores.map((store) => store.access),
    ...accessesOf(kernel.stores.map((s) => graph.build(s.expression))),
  ]);
  for (let r = 0; r < height; r++) {
    for (let v = 0; v < width; v++) {
      const count = v === width - 1 ? lastColumns : 4;
      emitStores(f, kernel.stores, graph, base.shifted(r, v, accumulators[r][v]), invariant, count);
    }
  }
}
