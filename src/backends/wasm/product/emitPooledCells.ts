import type { PooledProductKernel } from "../../../compiler/kernel.js";
import { addressOf } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import { Computed, pushLanes } from "../emitLanes.js";
import type { Pointers } from "../emitMap.js";
import { forEach, type Part, separate } from "../loops.js";
import { overColumns, panelWidths } from "./columns.js";
import {
  emitHasFiniteWeights,
  MOST_PIECES,
  offsetsAlong,
  type Piece,
  piecesOver,
  pushAnyElement,
} from "./patches.js";
import {
  ColumnPosition,
  emitColumnInvariants,
  emitEmptyWindow,
  resultAddress,
  valueGraph,
  windowAddress,
} from "./pooledValues.js";
import { emitAccumulators, emitSum, maximalRows, REGISTERS, type Tile } from "./tile.js";

/** A row of a window's patch: what it adds to which sums. */
interface PatchRow {
  /** From the window's first element. */
  readonly offset: number;
  /** Everything that it reads, from there. */
  readonly pieces: readonly Piece[];
  /** Numbers of the vectors of cells that read it, and at which step of the outermost summed axis each does. */
  readonly uses: readonly { readonly vector: number; readonly step: number }[];
}

/** More rows than this are not told apart: there are no more bits for them. */
const MOST_ROWS = 32;

/**
 * The rows of a window's patch in the order in which every cell adds them; undefined where they cannot be looked at one by one.
 *
 * @param vectors where each four cells begin
 */
function patchRowsOf(
  { sum, zeros }: PooledProductKernel,
  vectors: readonly number[],
): PatchRow[] | undefined {
  const [outer, ...inner] = sum;
  if (!zeros || !outer || outer.a <= 0) return undefined;
  const read = piecesOver(offsetsAlong([...inner, { extent: 4, a: 1, b: 0 }]));
  const uses = new Map<number, { vector: number; step: number }[]>();
  for (const [vector, start] of vectors.entries())
    for (let step = 0; step < outer.extent; step++) {
      const offset = start + step * outer.a;
      uses.set(offset, [...(uses.get(offset) ?? []), { vector, step }]);
    }
  if (uses.size > MOST_ROWS || read.length * uses.size > MOST_PIECES || read.length === 0) return undefined;
  return [...uses.keys()]
    .sort((a, b) => a - b)
    .map((offset) => ({ offset, pieces: read, uses: uses.get(offset) ?? [] }));
}

export function emitCellsAsLanes(
  f: FunctionBuilder,
  kernel: PooledProductKernel,
  pointers: Pointers,
  part: Part | undefined,
): void {
  const { rows, cells, columns, sum, b, maximum, winner } = kernel;
  // of each four neighbouring cells the first one
  const vectors = offsetsAlong(cells).filter((_, i) => i % 4 === 0);
  const { root } = valueGraph(kernel.value);
  // the roles of the operands are exchanged: the kernel's elements are splat
  const axes = sum.map((axis) => ({ extent: axis.extent, a: axis.b, b: axis.a }));
  const most = maximalRows(vectors.length);
  const patchRows = patchRowsOf(kernel, vectors);
  const finite = patchRows && emitHasFiniteWeights(f, kernel, pointers);
  const pointerAt = (indices: readonly Local[]) => windowAddress(f, kernel, pointers, indices);

  /** @param filled which rows of the patch are not 0, a bit each */
  const emitWindow = (indices: readonly Local[], column: Local, count: number, filled: Local | undefined) => {
    const tile: Tile = { rows: Array.from({ length: count }, (_, c) => 4 * c), vectors, lastLanes: 4 };
    const left = addressOf(f, pointers.get(b.buffer) as Local, b.offset, [[column, 4]]);
    const right = pointerAt(indices);
    const sums = emitAccumulators(f, tile);
    if (patchRows && filled) emitFilledRows(f, kernel, patchRows, filled, left, right, sums);
    else emitSum(f, { axes, aColumn: 0 }, tile, left, right, sums);
    const targets = [maximum, winner].map(
      (access) => access && resultAddress(f, access, pointers, indices, column),
    );
    const values = sums.map((vectors, c) => {
      const known = Computed.none();
      return vectors.map((sum) => {
        const at = new ColumnPosition(pointers, column, c, false, sum);
        emitColumnInvariants(f, root, at, known);
        pushLanes(f, root, at, known.inside());
        const local = f.local("v128", "value");
        f.set(local);
        return local;
      });
    });
    emitWinners(f, values, targets[0], targets[1]);
  };

  const emitColumns = (indices: readonly Local[], filled?: Local) => {
    const column = f.local("i32", "column");
    const whole = Math.floor(columns / most) * most;
    f.i32(0).set(column);
    if (whole > 0)
      f.loop((again) => {
        emitWindow(indices, column, most, filled);
        f.get(column).i32(most).op("i32.add").tee(column).i32(whole).op("i32.lt_u").brIf(again);
      });
    if (whole < columns) emitWindow(indices, column, columns - whole, filled);
  };

  forEach(
    f,
    rows.map((row) => row.extent),
    (indices) => {
      if (!patchRows || !finite) {
        emitColumns(indices);
        return;
      }
      const patch = pointerAt(indices);
      const filled = f.local("i32", "filled");
      // of weights that are not finite every row counts
      f.get(finite).i32(1).op("i32.sub");
      for (const [r, { offset, pieces }] of patchRows.entries()) {
        pushAnyElement(
          f,
          patch,
          pieces.map((piece) => ({ ...piece, offset: piece.offset + offset })),
        );
        f.i32(r).op("i32.shl").op("i32.or");
      }
      f.tee(filled).if(
        () =>
          f
            .get(filled)
            .i32((-1 >>> (32 - patchRows.length)) | 0)
            .op("i32.eq")
            .if(
              // nothing to leave out: the plain sum reads each weight once for all cells
              () => emitColumns(indices),
              () => emitColumns(indices, filled),
            ),
        () =>
          overColumns(f, columns, panelWidths(Math.ceil(columns / 4)), (width, lastColumns, column) =>
            emitEmptyWindow(f, kernel, root, pointers, indices, { column, width, lastColumns }),
          ),
      );
    },
    part,
  );
}

/**
 * The sums over those rows of a window's patch that are not 0. Every cell adds its products in the same order as ever, since
 * what a cell reads follows in the rows' order.
 */
function emitFilledRows(
  f: FunctionBuilder,
  { sum: [outer, ...inner] }: PooledProductKernel,
  rows: readonly PatchRow[],
  filled: Local,
  weights: Local,
  patch: Local,
  sums: readonly (readonly Local[])[],
): void {
  const steps = offsetsAlong(inner);
  const weightSteps = offsetsAlong(inner, "b");
  const pixels = f.local("v128", "pixels");
  const most = REGISTERS + 1 - sums.flat().length;
  for (const [r, { offset, uses }] of rows.entries()) {
    f.get(filled).i32(1 << r);
    f.op("i32.and").if(() => {
      f.block((exit) => {
        let loads = 0;
        for (const [i, step] of steps.entries()) {
          for (const [u, [c, use]] of sums
            .flatMap((_, c) => uses.map((use) => [c, use] as const))
            .entries()) {
            const needed = u === 0 ? 2 : 1;
            if (loads + needed > most) {
              separate(f, exit);
              loads = u === 0 ? 0 : 1;
            }
            loads += needed;
            if (u === 0)
              f.get(patch)
                .load("v128.load", (offset + step) * 4)
                .set(pixels);
            const sum = sums[c][use.vector];
            f.get(sum)
              .get(weights)
              .load("v128.load", (use.step * outer.b + weightSteps[i] + 4 * c) * 4);
            f.get(pixels).op("f32x4.mul").op("f32x4.add").set(sum);
          }
        }
      });
    });
  }
}

/**
 * Stores the maximum of all lanes, column by column, and the number of the first lane that has it (of the first NaN if there is
 * one).
 */
function emitWinners(
  f: FunctionBuilder,
  columns: readonly (readonly Local[])[],
  maximum: Local | undefined,
  winner: Local | undefined,
): void {
  const store = (column: number, value: Local, lanes: Local) => {
    if (maximum)
      f.get(maximum)
        .get(value)
        .storeLane("v128.store32_lane", column * 4, 0);
    if (winner)
      f.get(winner)
        .get(lanes)
        .op("i32.ctz")
        .store("i32.store", column * 4);
  };
  const lanes = f.local("i32", "lanes");
  for (const [c, values] of columns.entries()) {
    const largest = f.local("v128", "largest");
    f.get(values[0]);
    for (const value of values.slice(1)) f.get(value).op("f32x4.pmax");
    f.set(largest);
    for (const order of [
      [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7],
      [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11],
    ])
      f.get(largest).get(largest).get(largest).shuffle(order).op("f32x4.pmax").set(largest);
    pushLanesWhere(f, values, (value) => f.get(value).get(largest).op("f32x4.eq"));
    f.set(lanes);
    store(c, largest, lanes);
  }
  // a sum of NaN and anything is NaN; so is ∞ − ∞, and then the closer look finds none
  const total = f.local("v128", "total");
  for (const [i, value] of columns.flat().entries()) {
    f.get(value);
    if (i > 0) f.op("f32x4.add");
  }
  f.tee(total).get(total).op("f32x4.ne").op("v128.any_true");
  f.if(() => {
    const none = f.local("v128", "nan");
    f.v128f32(Number.NaN).set(none);
    for (const [c, values] of columns.entries()) {
      pushLanesWhere(f, values, (value) => f.get(value).get(value).op("f32x4.ne"));
      f.tee(lanes).if(() => store(c, none, lanes));
    }
  });
}

/** Pushes a bit for each lane of some vectors (at most 4) for which `push` gives ones. */
function pushLanesWhere(f: FunctionBuilder, values: readonly Local[], push: (value: Local) => void): void {
  if (values.length === 4) {
    for (const [v, value] of values.entries()) {
      push(value);
      if (v % 2 === 1) f.op("i16x8.narrow_i32x4_s");
    }
    f.op("i8x16.narrow_i16x8_s").op("i8x16.bitmask");
    return;
  }
  for (const [v, value] of values.entries()) {
    push(value);
    f.op("i32x4.bitmask");
    if (v > 0)
      f.i32(4 * v)
        .op("i32.shl")
        .op("i32.or");
  }
}
