import type { Access, Expression, PooledProductKernel, ProductAxis } from "../../../compiler/kernel.js";
import { byteSize } from "../../../tensor/dtype.js";
import { sizeOf, stridesOf } from "../../../tensor/shape.js";
import { addressOf, storeWords } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import { Computed, type Position, pushLanes } from "../emitLanes.js";
import type { Pointers } from "../emitMap.js";
import { LaneGraph, type LaneNode } from "../lanes.js";
import { forEach, type Part } from "../loops.js";
import { overColumns, panelWidths } from "./columns.js";
import { SMALL_MATRIX_BYTES } from "./emitProduct.js";
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
  if (prefersCellsAsLanes(kernel)) emitCellsAsLanes(f, kernel, pointers, part);
  else emitColumnsAsLanes(f, kernel, pointers, part);
}

/** Vectors of cells that one tile holds besides two columns. */
const MOST_CELL_VECTORS = 4;

function prefersCellsAsLanes({ cells, columns, value }: PooledProductKernel): boolean {
  const last = cells[cells.length - 1];
  const vectors = cells.reduce((count, cell) => count * cell.extent, 1) / 4;
  const fits = last?.a === 1 && last.extent % 4 === 0 && vectors <= MOST_CELL_VECTORS;
  return fits && columns % 8 !== 0 && isSumWithBiases(value);
}

/** Such a value is never −0, so a maximum's sign need not be looked for. */
function isSumWithBiases(value: PooledProductKernel["value"]): boolean {
  if (value.kind === "result") return true;
  if (value.kind !== "apply" || value.primitive.name !== "add") return false;
  return value.operands.some((operand, i) => {
    const other = value.operands[1 - i];
    return isSumWithBiases(operand) && (other.kind === "load" || other.kind === "constant");
  });
}

/** Distances in elements between the first cell and each, in row-major order. */
function offsetsOf(cells: readonly ProductAxis[]): number[] {
  const extents = cells.map((cell) => cell.extent);
  const strides = stridesOf(extents);
  return Array.from({ length: sizeOf(extents) }, (_, i) =>
    cells.reduce((sum, cell, axis) => sum + (Math.floor(i / strides[axis]) % cell.extent) * cell.a, 0),
  );
}

/** The graph of what is compared, with everything that does not depend on the product in locals. */
export function valueGraph(value: Expression): { graph: LaneGraph; root: LaneNode } {
  const graph = new LaneGraph(() => 2);
  const root = graph.build(value);
  root.uses++;
  return { graph, root };
}

/** A column, or four of them from there on. */
class ColumnPosition implements Position {
  constructor(
    readonly pointers: Pointers,
    readonly column: Local,
    readonly shift: number,
    readonly lanesAreColumns: boolean,
    readonly sum: Local,
  ) {}

  address(f: FunctionBuilder, access: Access): number {
    const bytes = byteSize(access.dtype);
    const [stride] = access.strides;
    f.get(this.pointers.get(access.buffer) as Local);
    if (stride !== 0)
      f.get(this.column)
        .i32(stride * bytes)
        .op("i32.mul")
        .op("i32.add");
    return (access.offset + this.shift * stride) * bytes;
  }

  laneStep(access: Access): number {
    return this.lanesAreColumns ? access.strides[0] * byteSize(access.dtype) : 0;
  }

  index(f: FunctionBuilder, offset: number, strides: readonly number[]): void {
    f.i32(offset + this.shift * strides[0])
      .get(this.column)
      .i32(strides[0])
      .op("i32.mul")
      .op("i32.add");
  }

  indexStep(strides: readonly number[]): number {
    return this.lanesAreColumns ? strides[0] : 0;
  }

  result(f: FunctionBuilder): void {
    f.get(this.sum);
  }
}

/** What is computed from results for four columns, `shift` behind the first one, of which `lanes` count. */
export function emitValues(
  f: FunctionBuilder,
  root: LaneNode,
  pointers: Pointers,
  column: Local,
  shift: number,
  lanes: number,
  results: readonly Local[],
): Local[] {
  // what does not depend on the cell is computed once
  const known = Computed.none();
  return results.map((result) => {
    const at = new ColumnPosition(pointers, column, shift, true, result);
    emitColumnInvariants(f, root, at, known, lanes);
    pushLanes(f, root, at, known.inside(), lanes);
    const value = f.local("v128", "value");
    f.set(value);
    return value;
  });
}

function emitColumnsAsLanes(
  f: FunctionBuilder,
  kernel: PooledProductKernel,
  pointers: Pointers,
  part: Part | undefined,
): void {
  const { rows, cells, columns, sum, a, b, maximum, winner } = kernel;
  const offsets = offsetsOf(cells);
  const { root } = valueGraph(kernel.value);
  const extents = rows.map((row) => row.extent);

  const emitWindow = (width: number, lastColumns: number, indices: readonly Local[], column: Local) => {
    const vectors = Array.from({ length: width }, (_, v) => v * 4);
    const best = vectors.map(() => ({ value: f.local("v128", "best"), cell: f.local("v128", "cell") }));
    const most = maximalRows(width);
    const passes = Math.ceil(offsets.length / most);
    const height = Math.ceil(offsets.length / passes);
    for (let first = 0; first < offsets.length; first += height) {
      const tile: Tile = { rows: offsets.slice(first, first + height), vectors, lastLanes: lastColumns };
      const left = addressOf(
        f,
        pointers.get(a.buffer) as Local,
        a.offset,
        indices.map((index, i) => [index, rows[i].a] as const),
      );
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
    for (const [access, values] of [
      [maximum, best.map(({ value }) => value)],
      [winner, best.map(({ cell }) => cell)],
    ] as const) {
      if (!access) continue;
      const target = addressOf(f, pointers.get(access.buffer) as Local, access.offset, [
        ...indices.map((index, i) => [index, access.strides[i]] as const),
        [column, 1],
      ]);
      for (const [v, lanes] of values.entries())
        storeWords(f, target, lanes, v * 16, v === width - 1 ? lastColumns : 4);
    }
  };

  const widths = panelWidths(Math.ceil(columns / 4));
  const matrixBytes = sum.reduce((product, axis) => product * axis.extent, columns) * 4;
  if (matrixBytes <= SMALL_MATRIX_BYTES) {
    forEach(
      f,
      extents,
      (indices) =>
        overColumns(f, columns, widths, (width, last, column) => emitWindow(width, last, indices, column)),
      part,
    );
  } else {
    overColumns(f, columns, widths, (width, last, column) =>
      forEach(f, extents, (indices) => emitWindow(width, last, indices, column), part),
    );
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

/** Puts what does not depend on the sum (biases) into locals. */
function emitColumnInvariants(
  f: FunctionBuilder,
  root: LaneNode,
  at: Position,
  known: Computed,
  lanes = 4,
): void {
  const dependsOnSum = (node: LaneNode): boolean =>
    node.op.kind === "result" || node.operands.some(dependsOnSum);
  const visit = (node: LaneNode) => {
    if (dependsOnSum(node)) {
      for (const operand of node.operands) visit(operand);
    } else if (node.op.kind !== "constant" && !known.get(node)) {
      pushLanes(f, node, at, known, lanes);
      const local = f.local("v128", "bias");
      f.set(local);
      known.set(node, local);
    }
  };
  visit(root);
}

function emitCellsAsLanes(
  f: FunctionBuilder,
  kernel: PooledProductKernel,
  pointers: Pointers,
  part: Part | undefined,
): void {
  const { rows, cells, columns, sum, a, b, maximum, winner } = kernel;
  // of each four neighbouring cells the first one
  const vectors = offsetsOf(cells).filter((_, i) => i % 4 === 0);
  const { root } = valueGraph(kernel.value);
  // the roles of the operands are exchanged: the kernel's elements are splat
  const axes = sum.map((axis) => ({ extent: axis.extent, a: axis.b, b: axis.a }));
  const most = maximalRows(vectors.length);

  const emitWindow = (indices: readonly Local[], column: Local, count: number) => {
    const tile: Tile = { rows: Array.from({ length: count }, (_, c) => c), vectors, lastLanes: 4 };
    const left = addressOf(f, pointers.get(b.buffer) as Local, b.offset, [[column, 1]]);
    const right = addressOf(
      f,
      pointers.get(a.buffer) as Local,
      a.offset,
      indices.map((index, i) => [index, rows[i].a] as const),
    );
    const sums = emitAccumulators(f, tile);
    emitSum(f, { axes, aColumn: 0 }, tile, left, right, sums);
    const targets = [maximum, winner].map(
      (access) =>
        access &&
        addressOf(f, pointers.get(access.buffer) as Local, access.offset, [
          ...indices.map((index, i) => [index, access.strides[i]] as const),
          [column, 1],
        ]),
    );
    for (let c = 0; c < count; c++) {
      const known = Computed.none();
      const values = vectors.map((_, v) => {
        const at = new ColumnPosition(pointers, column, c, false, sums[c][v]);
        emitColumnInvariants(f, root, at, known);
        pushLanes(f, root, at, known.inside());
        const local = f.local("v128", "value");
        f.set(local);
        return local;
      });
      emitWinner(f, values, targets[0], targets[1], c * 4);
    }
  };

  forEach(
    f,
    rows.map((row) => row.extent),
    (indices) => {
      const column = f.local("i32", "column");
      const whole = Math.floor(columns / most) * most;
      f.i32(0).set(column);
      if (whole > 0)
        f.loop((again) => {
          emitWindow(indices, column, most);
          f.get(column).i32(most).op("i32.add").tee(column).i32(whole).op("i32.lt_u").brIf(again);
        });
      if (whole < columns) emitWindow(indices, column, columns - whole);
    },
    part,
  );
}

/** The maximum of all lanes, and the number of the first lane that has it (of the first NaN if there is one). */
function emitWinner(
  f: FunctionBuilder,
  values: readonly Local[],
  maximum: Local | undefined,
  winner: Local | undefined,
  bytes: number,
): void {
  const bits = f.local("i32", "bits");
  const largest = f.local("v128", "largest");
  const masks = (push: (value: Local) => void) => {
    for (const [v, value] of values.entries()) {
      push(value);
      f.op("i32x4.bitmask");
      if (v > 0)
        f.i32(4 * v)
          .op("i32.shl")
          .op("i32.or");
    }
  };
  f.get(values[0]);
  for (const value of values.slice(1)) f.get(value).op("f32x4.pmax");
  f.set(largest);
  for (const order of [
    [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7],
    [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11],
  ])
    f.get(largest).get(largest).get(largest).shuffle(order).op("f32x4.pmax").set(largest);
  masks((value) => f.get(value).get(largest).op("f32x4.eq"));
  f.set(bits);
  // a sum of NaN and anything is NaN; so is ∞ − ∞, and then the closer look finds none
  f.get(values[0]);
  for (const value of values.slice(1)) f.get(value).op("f32x4.add");
  const total = f.local("v128", "total");
  f.tee(total).get(total).op("f32x4.ne").op("v128.any_true");
  f.if(() => {
    const nans = f.local("i32", "nans");
    masks((value) => f.get(value).get(value).op("f32x4.ne"));
    f.tee(nans).if(() => f.v128f32(Number.NaN).set(largest).get(nans).set(bits));
  });
  if (maximum) f.get(maximum).get(largest).storeLane("v128.store32_lane", bytes, 0);
  if (winner) f.get(winner).get(bits).op("i32.ctz").store("i32.store", bytes);
}
