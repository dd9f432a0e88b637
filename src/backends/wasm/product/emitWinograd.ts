import type { WinogradKernel } from "../../../compiler/kernel.js";
import { TILE_ROWS } from "../../../compiler/tiles.js";
import { FILTER_PANEL } from "../../../primitives/winograd.js";
import type { Value } from "../../../trace/graph.js";
import { addressOf, storeWords } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { forEach, forRange, type Part, separate } from "../loops.js";
import { emitWinners } from "./emitPooledProduct.js";
import { emitValues, valueGraph } from "./pooledValues.js";
import { emitAccumulators, emitSum, type Tile } from "./tile.js";

/** Numbers of a transformed tile of 4 × 4 inputs. */
const POSITIONS = 16;

/** Where something for each row (sample, row and column of a tile) lies. */
type At = (to: { readonly buffer: Value; readonly offset: number }, steps: readonly number[]) => Local;

/**
 * Emits a convolution in Winograd's form: of a block of tiles the inputs are transformed; then, for one panel of filters after
 * the other, come the products and the transformation of their sums.
 */
export function emitWinograd(
  f: FunctionBuilder,
  kernel: WinogradKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const { a, b, rows, columns, sum, maximum, winner, together, blocks, scratch } = kernel;
  const [samples, ...tiles] = rows.map((row) => row.extent);
  const { root } = valueGraph(kernel.value);
  const channels = sum[1].extent;
  const all = tiles[0] * tiles[1];
  const count = Math.min(together, all);
  const pointer = (buffer: Value) => pointers.get(buffer) as Local;
  const step = scratch.shape[1] / (part?.axis === 0 ? TILE_ROWS : 1);
  const inputs = addressOf(f, pointer(scratch), 0, part ? [[part.from, step]] : []);
  const sums = addressOf(f, inputs, together * POSITIONS * channels, []);
  const inBlock = ([sample, block]: readonly Local[]) => {
    const first = firstOf(f, block, together, all);
    const eachTile = (body: (at: At, number: Local, row: readonly Local[]) => void) =>
      forRange(f, count, 1, (number) => {
        const [row, column] = [f.local("i32", "row"), f.local("i32", "column")];
        f.get(first).get(number).op("i32.add").tee(column).i32(tiles[1]).op("i32.div_u").set(row);
        f.get(column).get(row).i32(tiles[1]).op("i32.mul").op("i32.sub").set(column);
        const indices = [sample, row, column];
        const at: At = ({ buffer, offset }, steps) =>
          addressOf(
            f,
            pointer(buffer),
            offset,
            indices.map((index, i) => [index, steps[i]] as const),
          );
        body(at, number, indices);
      });
    eachTile((at, number) => {
      const source = at(
        a,
        rows.map((row) => row.a),
      );
      emitInput(f, kernel, source, addressOf(f, inputs, 0, [[number, POSITIONS * channels]]));
    });
    forRange(f, columns / FILTER_PANEL, 1, (panel) => {
      const column = f.local("i32", "filter");
      f.get(panel).i32(FILTER_PANEL).op("i32.mul").set(column);
      const weights = addressOf(f, pointer(b.buffer), b.offset, [[column, POSITIONS * channels]]);
      emitProducts(f, channels, { together, count }, inputs, weights, sums);
      eachTile((at, number, indices) => {
        const from = addressOf(f, sums, 0, [[number, FILTER_PANEL]]);
        const targets = [maximum, winner].map(
          (access) => access && addressOf(f, at(access, access.strides), 0, [[column, 1]]),
        );
        for (let shift = 0; shift < FILTER_PANEL; shift += 4) {
          const results = emitResults(f, together, from, shift);
          const values = emitValues(f, root, pointers, column, shift, 4, results);
          if (kernel.results) emitCells(f, kernel, values, targets[0] as Local, indices, shift);
          else emitMaximum(f, values, targets, shift);
        }
      });
    });
  };
  forEach(f, [samples, blocks], inBlock, part);
}

/** Bᵀ: which two of four numbers are added or subtracted. */
const INPUT_STEPS = [
  [0, 2, "f32x4.sub"],
  [1, 2, "f32x4.add"],
  [2, 1, "f32x4.sub"],
  [1, 3, "f32x4.sub"],
] as const;

/** Bᵀ·d·B of one tile for all channels: 16 rows of channels at `target`. */
function emitInput(f: FunctionBuilder, { cells, sum }: WinogradKernel, source: Local, target: Local): void {
  const channels = sum[1].extent;
  const columns = [0, 1, 2, 3].map(() => f.local("v128", "column"));
  f.block((exit) => {
    forRange(f, channels, 4, () => {
      for (const [i, [a, b, op]] of INPUT_STEPS.entries()) {
        if (i > 0) separate(f, exit);
        for (const [j, column] of columns.entries()) {
          for (const row of [a, b]) f.get(source).load("v128.load", (row * cells[0].a + j * cells[1].a) * 4);
          f.op(op).set(column);
        }
        for (const [j, [left, right, combine]] of INPUT_STEPS.entries()) {
          f.get(target).get(columns[left]).get(columns[right]).op(combine);
          f.store("v128.store", (4 * i + j) * channels * 4);
        }
      }
      for (const pointer of [source, target]) f.get(pointer).i32(16).op("i32.add").set(pointer);
    });
  });
}

/**
 * The first of the `size` elements of a group. The last group begins earlier instead of being smaller: what is computed again comes
 * out the same, and nothing is read that nobody wrote (such bits may be subnormal numbers, with which Intel's cores are slow).
 */
function firstOf(f: FunctionBuilder, group: Local, size: number, all: number): Local {
  const first = f.local("i32", "first");
  const last = Math.max(0, all - size);
  f.get(group).i32(size).op("i32.mul").tee(first).i32(last).get(first).i32(last);
  f.op("i32.lt_u").select().set(first);
  return first;
}

/** The sums over channels of a block's tiles for one panel of filters: `[16, tiles, 8]`. */
function emitProducts(
  f: FunctionBuilder,
  channels: number,
  { together, count }: { readonly together: number; readonly count: number },
  inputs: Local,
  weights: Local,
  sums: Local,
): void {
  const tileStep = POSITIONS * channels;
  const height = Math.min(TILE_ROWS, count);
  const tile: Tile = {
    rows: Array.from({ length: height }, (_, r) => r * tileStep),
    vectors: [0, 4],
    lastLanes: 4,
  };
  const axes = [{ extent: channels, a: 1, b: FILTER_PANEL }];
  forEach(f, [POSITIONS, Math.ceil(count / height)], ([position, group]) => {
    const row = firstOf(f, group, height, count);
    const at = (base: Local, positionStep: number, rowStep: number) =>
      addressOf(f, base, 0, [
        [position, positionStep],
        [row, rowStep],
      ]);
    const accumulators = emitAccumulators(f, tile);
    const left = at(inputs, channels, tileStep);
    emitSum(f, { axes, aColumn: 0 }, tile, left, at(weights, channels * FILTER_PANEL, 0), accumulators);
    const target = at(sums, together * FILTER_PANEL, FILTER_PANEL);
    for (const [i, sum] of accumulators.flat().entries()) storeWords(f, target, sum, i * 16, 4);
  });
}

/** Aᵀ·m·A for four filters of one tile: its results in row-major order. */
function emitResults(f: FunctionBuilder, together: number, from: Local, shift: number): Local[] {
  const locals = (count: number) => Array.from({ length: count }, () => f.local("v128", "sum"));
  /** Of four numbers the two sums of Aᵀ. */
  const two = ([m0, m1, m2, m3]: readonly Local[]) => {
    const [upper, lower] = locals(2);
    f.get(m0).get(m1).op("f32x4.add").get(m2).op("f32x4.add").set(upper);
    f.get(m1).get(m2).op("f32x4.sub").get(m3).op("f32x4.sub").set(lower);
    return [upper, lower];
  };
  const columns: Local[][] = [];
  f.block((exit) => {
    for (let j = 0; j < 4; j++) {
      if (j > 0) separate(f, exit);
      const numbers = locals(4);
      for (const [i, number] of numbers.entries())
        f.get(from)
          .load("v128.load", ((4 * i + j) * together * FILTER_PANEL + shift) * 4)
          .set(number);
      columns.push(two(numbers));
    }
  });
  return [0, 1].flatMap((row) => two(columns.map((column) => column[row])));
}

function emitMaximum(
  f: FunctionBuilder,
  values: readonly Local[],
  targets: readonly (Local | undefined)[],
  shift: number,
): void {
  const best = { value: f.local("v128", "best"), cell: f.local("v128", "cell") };
  emitWinners(f, [values], 0, [best], 4);
  for (const [i, lanes] of [best.value, best.cell].entries()) {
    const target = targets[i];
    if (target) storeWords(f, target, lanes, shift * 4, 4);
  }
}

/** Stores the values of a tile; the last one may reach over the end. */
function emitCells(
  f: FunctionBuilder,
  { rows, results }: WinogradKernel,
  values: readonly Local[],
  target: Local,
  indices: readonly Local[],
  shift: number,
): void {
  const [down, right] = results ?? [];
  for (const [i, value] of values.entries()) {
    const cell = [i >> 1, i & 1];
    let store = () => {
      const offset = cell[0] * down.step + cell[1] * right.step + shift;
      storeWords(f, target, value, offset * 4, 4);
    };
    for (const [axis, { extent }] of [down, right].entries()) {
      if (cell[axis] === 0 || extent % 2 === 0) continue;
      const inside = store;
      store = () => {
        f.get(indices[axis + 1]).i32(rows[axis + 1].extent - 1);
        f.op("i32.ne").if(inside);
      };
    }
    store();
  }
}
