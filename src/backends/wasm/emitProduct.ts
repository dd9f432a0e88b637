import type { Access, ProductAxis, ProductKernel } from "../../compiler/kernel.js";
import { byteSize } from "../../tensor/dtype.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import { Computed, emitInvariants, emitStores, type Position } from "./emitLanes.js";
import { accessesOf, levelIn, type Pointers, RowPosition } from "./emitMap.js";
import { LaneGraph } from "./lanes.js";
import { forEach, forRange } from "./loops.js";

/**
 * V8's TurboFan puts the loads of a basic block before its arithmetic: accumulators and loads of one step together
 * must stay within this many vector registers, or everything spills.
 */
const REGISTERS = 14;
/** Below this, the right operand stays in the first-level cache and the rows can be the outer loop. */
const SMALL_MATRIX_BYTES = 16 * 1024;

/** Rows and vectors of columns whose accumulators are in registers at the same time. */
interface Tile {
  readonly rows: number;
  readonly vectors: number;
}

/** The largest tile for so many vectors of columns: accumulators + vectors of b + operands from a. */
function maximalRows(vectors: number): number {
  return Math.max(1, Math.floor((REGISTERS - vectors) / (vectors + 1)));
}

/** Splits a number of vectors into panels of 2 and a lone one at the end; up to 3 are one panel. */
function panelWidths(vectors: number): { width: number; count: number }[] {
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

/** Which row axis is tiled: the innermost, unless another one wastes less. */
function tiledAxis(rows: readonly ProductAxis[], most: number): number {
  const waste = (axis: ProductAxis) =>
    axis.b !== 0 ? Number.POSITIVE_INFINITY : Math.ceil(axis.extent / most) / axis.extent;
  let best = rows.length - 1;
  for (let i = rows.length - 2; i >= 0; i--) if (waste(rows[i]) < waste(rows[best]) * 0.8) best = i;
  return best;
}

/** Emits sums of products by register tiles: the sum is the inner loop, with one step an iteration. */
export function emitProduct(f: FunctionBuilder, kernel: ProductKernel, pointers: Pointers): void {
  const { rows, columns, stores, sum } = kernel;
  if (columns === 0 || rows.some((row) => row.extent === 0)) return;
  const axis = rows.length === 0 ? -1 : tiledAxis(rows, maximalRows(2));
  const tiled = rows[axis] ?? { extent: 1, a: 0, b: 0 };
  const others = rows.filter((_, i) => i !== axis);
  const graph = new LaneGraph(levelIn(-1));
  const roots = stores.map((store) => graph.build(store.expression));
  for (const root of roots) root.uses++;
  const invariant = Computed.none();
  emitInvariants(f, roots, 0, new RowPosition(pointers, [], undefined), invariant);

  const vectors = Math.ceil(columns / 4);
  const heightsFor = (width: number) =>
    tileHeights(tiled.b !== 0 ? 1 : tiled.extent, tiled.b !== 0 ? 1 : maximalRows(width));

  const emitTile = (
    tile: Tile,
    lastColumns: number,
    indices: readonly Local[],
    row: Local,
    column: Local,
  ) => {
    emitTileAt(
      f,
      { kernel, pointers, graph, invariant, axis, tiled, others },
      tile,
      lastColumns,
      indices,
      row,
      column,
    );
  };
  /** All panels of columns, for each of them `body`. */
  const overColumns = (body: (width: number, lastColumns: number, column: Local) => void) => {
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
  };
  const overRows = (width: number, body: (rows: number, row: Local) => void) => {
    let start = 0;
    const heights = tiled.b !== 0 ? [{ rows: 1, count: tiled.extent }] : heightsFor(width);
    for (const height of heights) {
      const from = start;
      forRange(f, height.count, 1, (tile) => {
        const row = f.local("i32", "row");
        f.get(tile).i32(height.rows).op("i32.mul").i32(from).op("i32.add").set(row);
        body(height.rows, row);
      });
      start += height.rows * height.count;
    }
  };

  const matrixBytes = sum.reduce((product, s) => product * s.extent, columns) * 4;
  const extents = others.map((other) => other.extent);
  if (matrixBytes <= SMALL_MATRIX_BYTES) {
    // rows outside: results are written in order while b stays in the cache
    forEach(f, extents, (indices) => {
      const widest = panelWidths(vectors)[0].width;
      overRows(widest, (height, row) => {
        overColumns((width, last, column) =>
          emitTile({ rows: height, vectors: width }, last, indices, row, column),
        );
      });
    });
  } else {
    // columns outside: one panel of b is used for all rows before the next
    overColumns((width, last, column) => {
      forEach(f, extents, (indices) => {
        overRows(width, (height, row) =>
          emitTile({ rows: height, vectors: width }, last, indices, row, column),
        );
      });
    });
  }
}

interface Context {
  readonly kernel: ProductKernel;
  readonly pointers: Pointers;
  readonly graph: LaneGraph;
  readonly invariant: Computed;
  /** The tiled row axis, and the other ones. */
  readonly axis: number;
  readonly tiled: ProductAxis;
  readonly others: readonly ProductAxis[];
}

function emitTileAt(
  f: FunctionBuilder,
  context: Context,
  tile: Tile,
  lastColumns: number,
  indices: readonly Local[],
  row: Local,
  column: Local,
): void {
  const { kernel, pointers, others, tiled } = context;
  const a = f.local("i32", "a");
  const b = f.local("i32", "b");
  const start = (local: Local, operand: "a" | "b", columnStep: number) => {
    f.get(pointers.get(kernel[operand].buffer) as Local);
    if (kernel[operand].offset !== 0) f.i32(kernel[operand].offset * 4).op("i32.add");
    for (const [i, other] of others.entries()) {
      if (other[operand] !== 0)
        f.get(indices[i])
          .i32(other[operand] * 4)
          .op("i32.mul")
          .op("i32.add");
    }
    if (tiled[operand] !== 0)
      f.get(row)
        .i32(tiled[operand] * 4)
        .op("i32.mul")
        .op("i32.add");
    if (columnStep !== 0)
      f.get(column)
        .i32(columnStep * 4)
        .op("i32.mul")
        .op("i32.add");
    f.set(local);
  };
  start(a, "a", kernel.aColumn);
  start(b, "b", 1);
  const accumulators = Array.from({ length: tile.rows }, () =>
    Array.from({ length: tile.vectors }, () => f.local("v128", "sum")),
  );
  for (const accumulator of accumulators.flat()) f.v128f32(0).set(accumulator);
  emitSum(f, context, tile, a, b, accumulators, 0);

  // everything that follows the product, with the tile's rows and vectors unrolled
  const all = [
    ...kernel.stores.map((store) => store.access),
    ...accessesOf(kernel.stores.map((s) => context.graph.build(s.expression))),
  ];
  const base = new TilePosition(context, indices, row, column);
  base.enter(f, all);
  for (let r = 0; r < tile.rows; r++) {
    for (let v = 0; v < tile.vectors; v++) {
      const count = v === tile.vectors - 1 ? lastColumns : 4;
      emitStores(
        f,
        kernel.stores,
        context.graph,
        base.shifted(r, v, accumulators[r][v]),
        context.invariant,
        count,
      );
    }
  }
}

/** The loops over the summed axes; the innermost does one step of the sum for the whole tile. */
function emitSum(
  f: FunctionBuilder,
  context: Context,
  tile: Tile,
  a: Local,
  b: Local,
  accumulators: readonly (readonly Local[])[],
  depth: number,
): void {
  const { sum, aColumn } = context.kernel;
  const step = sum[depth] ?? { extent: 1, a: 0, b: 0 };
  if (step.extent === 0) return;
  const body = () => {
    if (depth < sum.length - 1) {
      emitSum(f, context, tile, a, b, accumulators, depth + 1);
      return;
    }
    const right = Array.from({ length: tile.vectors }, (_, v) => {
      const local = f.local("v128", "right");
      f.get(b)
        .load("v128.load", v * 16)
        .set(local);
      return local;
    });
    const left = f.local("v128", "left");
    for (let r = 0; r < tile.rows; r++) {
      const offset = r * context.tiled.a * 4;
      const far = offset < 0;
      const pushA = () => {
        f.get(a);
        if (far) f.i32(offset).op("i32.add");
      };
      if (aColumn === 0) {
        pushA();
        f.load("v128.load32_splat", far ? 0 : offset).set(left);
      }
      for (let v = 0; v < tile.vectors; v++) {
        f.get(accumulators[r][v]);
        if (aColumn === 0) {
          f.get(left);
        } else {
          pushA();
          f.load("v128.load", (far ? 0 : offset) + v * 16);
        }
        f.get(right[v]).op("f32x4.mul").op("f32x4.add").set(accumulators[r][v]);
      }
    }
  };
  if (step.extent === 1) {
    body();
    return;
  }
  const count = f.local("i32", "k");
  f.i32(step.extent).set(count);
  // the next loop inside has moved the pointers on to its end
  const moved = (operand: "a" | "b", at = depth + 1): number => {
    const inner = sum[at];
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

/** Addresses in a tile: a pointer for each access to the tile's first element, constants for its rows and vectors. */
class TilePosition implements Position {
  #pointers = new Map<string, Local>();
  #row = 0;
  #vector = 0;
  #result: Local | undefined;

  constructor(
    readonly context: Context,
    readonly indices: readonly Local[],
    readonly row: Local,
    readonly column: Local,
  ) {}

  enter(f: FunctionBuilder, accesses: readonly Access[]): void {
    for (const access of accesses) {
      const key = this.#key(access);
      if (this.#pointers.has(key)) continue;
      const bytes = byteSize(access.dtype);
      f.get(this.context.pointers.get(access.buffer) as Local);
      if (access.offset !== 0) f.i32(access.offset * bytes).op("i32.add");
      for (const [local, stride] of this.#terms(access.strides)) {
        if (stride !== 0)
          f.get(local)
            .i32(stride * bytes)
            .op("i32.mul")
            .op("i32.add");
      }
      const pointer = f.local("i32", "tile");
      f.set(pointer);
      this.#pointers.set(key, pointer);
    }
  }

  /** The same tile at one of its rows and vectors. */
  shifted(row: number, vector: number, result: Local): TilePosition {
    const position = new TilePosition(this.context, this.indices, this.row, this.column);
    position.#pointers = this.#pointers;
    position.#row = row;
    position.#vector = vector;
    position.#result = result;
    return position;
  }

  #key(access: Access): string {
    const pointer = this.context.pointers.get(access.buffer) as Local;
    return `${pointer.index} ${access.offset} ${access.strides.join(",")}`;
  }

  /** Index locals with their strides: the other rows, the tiled row, the column. */
  #terms(strides: readonly number[]): [Local, number][] {
    const { axis, others } = this.context;
    const rowStrides = strides.slice(0, -1);
    const otherStrides = rowStrides.filter((_, i) => i !== axis);
    const terms: [Local, number][] = others.map((_, i) => [this.indices[i], otherStrides[i]]);
    if (axis >= 0) terms.push([this.row, rowStrides[axis]]);
    terms.push([this.column, strides.at(-1) ?? 0]);
    return terms;
  }

  #shift(strides: readonly number[]): number {
    const rowStride = this.context.axis >= 0 ? strides[this.context.axis] : 0;
    return this.#row * rowStride + this.#vector * 4 * (strides.at(-1) ?? 0);
  }

  address(f: FunctionBuilder, access: Access): number {
    f.get(this.#pointers.get(this.#key(access)) as Local);
    const shift = this.#shift(access.strides) * byteSize(access.dtype);
    if (shift >= 0) return shift;
    f.i32(shift).op("i32.add");
    return 0;
  }

  laneStep(access: Access): number {
    return (access.strides.at(-1) ?? 0) * byteSize(access.dtype);
  }

  index(f: FunctionBuilder, offset: number, strides: readonly number[]): void {
    f.i32(offset + this.#shift(strides));
    for (const [local, stride] of this.#terms(strides)) {
      if (stride !== 0) f.get(local).i32(stride).op("i32.mul").op("i32.add");
    }
  }

  indexStep(strides: readonly number[]): number {
    return strides.at(-1) ?? 0;
  }

  result(f: FunctionBuilder): void {
    f.get(this.#result as Local);
  }
}
