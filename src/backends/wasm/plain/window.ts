import type { FillKernel, PlainKernel } from "../../../compiler/kernel.js";
import { sizeOf, stridesOf } from "../../../tensor/shape.js";
import { storeWords } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import { emitFill } from "../emitFill.js";
import type { Pointers } from "../emitMap.js";
import { forEach, forRange, type Part } from "../loops.js";

interface WindowParams {
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
}

/** What is emitted for a window (of each of four neighbouring channels). */
interface Window {
  /**
   * Emits `visit` for each cell inside of the array, in row-major order: with the byte offset of the cell's first lane in a
   * local, and what pushes the cell's number in the window.
   */
  readonly cells: (visit: (offset: Local, pushCell: () => void) => void) => void;
  /** Byte offset of the window's first cell. */
  readonly start: Local;
  /** Byte offset of the result. */
  readonly resultOffset: Local;
  readonly lanes: number;
}

/** Windows of at most this many cells are unrolled. */
const UNROLLED = 16;

/**
 * Loops over the windows: four neighbouring channels at a time where the last axis is not pooled, else one cell.
 */
function overWindows(
  f: FunctionBuilder,
  params: WindowParams,
  shape: readonly number[],
  results: readonly number[],
  part: Part | undefined,
  body: (window: Window) => void,
): void {
  if (sizeOf(results) === 0) return;
  const { window, strides, padding } = params;
  const last = shape.length - 1;
  const channels =
    window[last] === 1 && strides[last] === 1 && padding[last][0] === 0 && padding[last][1] === 0;
  const step = channels ? 4 : 1;
  const own = stridesOf(shape);
  const out = stridesOf(results);
  const padded = padding.map(([low, high]) => low !== 0 || high !== 0);

  const rowBody = (indices: readonly Local[]) => {
    const atLast = (position: Local, lanes: number) => {
      const all = [...indices, position];
      const resultOffset = f.local("i32", "resultOffset");
      f.i32(0);
      for (const [axis, index] of all.entries())
        f.get(index)
          .i32(out[axis] * 4)
          .op("i32.mul")
          .op("i32.add");
      f.set(resultOffset);
      const start = f.local("i32", "start");
      f.i32(all.reduce((sum, _, axis) => sum - padding[axis][0] * own[axis] * 4, 0));
      for (const [axis, index] of all.entries())
        f.get(index)
          .i32(strides[axis] * own[axis] * 4)
          .op("i32.mul")
          .op("i32.add");
      f.set(start);
      const cells: Window["cells"] = (visit) => {
        const offset = f.local("i32", "offset");
        if (sizeOf(window) <= UNROLLED && !padded.some(Boolean)) {
          for (let cell = 0; cell < sizeOf(window); cell++) {
            let rest = cell;
            let distance = 0;
            for (let axis = last; axis >= 0; axis--) {
              distance += (rest % window[axis]) * own[axis] * 4;
              rest = Math.floor(rest / window[axis]);
            }
            f.get(start).i32(distance).op("i32.add").set(offset);
            visit(offset, () => f.i32(cell));
          }
          return;
        }
        forEach(f, window, (cell) => {
          f.block((outside) => {
            for (const [axis, index] of all.entries()) {
              if (!padded[axis]) continue;
              // a position before the start is a large unsigned number
              f.get(index).i32(strides[axis]).op("i32.mul").get(cell[axis]).op("i32.add");
              f.i32(padding[axis][0]).op("i32.sub").i32(shape[axis]).op("i32.ge_u").brIf(outside);
            }
            f.get(start);
            for (const [axis, index] of cell.entries()) {
              if (window[axis] > 1)
                f.get(index)
                  .i32(own[axis] * 4)
                  .op("i32.mul")
                  .op("i32.add");
            }
            f.set(offset);
            visit(offset, () => {
              f.i32(0);
              for (const [axis, index] of cell.entries())
                f.i32(window[axis]).op("i32.mul").get(index).op("i32.add");
            });
          });
        });
      };
      body({ cells, start, resultOffset, lanes });
    };
    const whole = Math.floor(results[last] / step) * step;
    if (whole > 0) forRange(f, whole, step, (position) => atLast(position, step));
    if (whole < results[last]) {
      const position = f.local("i32", "rest");
      f.i32(whole).set(position);
      atLast(position, results[last] - whole);
    }
  };
  forEach(f, results.slice(0, -1), rowBody, part);
}

function storeLanes(f: FunctionBuilder, base: Local, offset: Local, value: Local, lanes: number): void {
  const to = f.local("i32", "to");
  f.get(base).get(offset).op("i32.add").set(to);
  storeWords(f, to, value, 0, lanes);
}

/** The sum over each window, in row-major order from 0. */
export function emitReduceWindowSum(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const [x] = kernel.operands;
  const [result] = kernel.outputs;
  const source = pointers.get(kernel.inputs[0]) as Local;
  const target = pointers.get(result) as Local;
  const sum = f.local("v128", "sum");
  const params = kernel.params as unknown as WindowParams;
  overWindows(f, params, x.shape, result.shape, part, ({ cells, resultOffset, lanes }) => {
    f.v128f32(0).set(sum);
    cells((offset) => {
      f.get(sum).get(source).get(offset).op("i32.add").load("v128.load", 0).op("f32x4.add").set(sum);
    });
    storeLanes(f, target, resultOffset, sum, lanes);
  });
}

/**
 * The maximum of each window and the cell that it is in: the first maximum (the first NaN if there is one). The maximum of an
 * empty window is −∞, its cell −1.
 */
export function emitReduceWindowMax(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const [x] = kernel.operands;
  const source = pointers.get(kernel.inputs[0]) as Local;
  const maximum = kernel.outputs.find(({ dtype }) => dtype === "float32");
  const winner = kernel.outputs.find(({ dtype }) => dtype === "int32");
  const best = f.local("v128", "best");
  const winners = f.local("v128", "winners");
  const value = f.local("v128", "value");
  const better = f.local("v128", "better");
  const { shape } = kernel.outputs[0];
  const params = kernel.params as unknown as WindowParams;
  overWindows(f, params, x.shape, shape, part, ({ cells, resultOffset, lanes }) => {
    f.v128f32(Number.NEGATIVE_INFINITY).set(best);
    f.v128i32(-1).set(winners);
    cells((offset, pushCell) => {
      f.get(source).get(offset).op("i32.add").load("v128.load", 0).set(value);
      // larger (or NaN), or the first one, unless a NaN has won already
      f.get(value).get(best).op("f32x4.le").op("v128.not");
      f.get(winners).v128i32(0).op("i32x4.lt_s").op("v128.or");
      f.get(best).get(best).op("f32x4.eq").op("v128.and").set(better);
      f.get(value).get(best).get(better).op("v128.bitselect").set(best);
      pushCell();
      f.op("i32x4.splat").get(winners).get(better).op("v128.bitselect").set(winners);
    });
    if (maximum) storeLanes(f, pointers.get(maximum) as Local, resultOffset, best, lanes);
    if (winner) storeLanes(f, pointers.get(winner) as Local, resultOffset, winners, lanes);
  });
}

/** Emits `visit` with the address, relative to an array, of each window's winning cell; empty windows are left out. */
function overWinners(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
  part: Part | undefined,
  visit: (lane: number, resultOffset: Local, position: Local) => void,
  empty: (lane: number, resultOffset: Local) => void,
): void {
  const [, winners] = kernel.operands;
  const [, cells, table] = kernel.inputs.map((buffer) => pointers.get(buffer) as Local);
  const { shape, ...params } = kernel.params as unknown as WindowParams & { shape: readonly number[] };
  const position = f.local("i32", "position");
  overWindows(f, params, shape, winners.shape, part, ({ start, resultOffset, lanes }) => {
    for (let lane = 0; lane < lanes; lane++) {
      f.get(cells)
        .get(resultOffset)
        .op("i32.add")
        .load("i32.load", lane * 4);
      f.tee(position).i32(0).op("i32.ge_s");
      f.if(
        () => {
          f.get(table).get(position).i32(2).op("i32.shl").op("i32.add").load("i32.load", 0);
          f.i32(2).op("i32.shl").get(start).op("i32.add");
          if (lane > 0) f.i32(lane * 4).op("i32.add");
          f.set(position);
          visit(lane, resultOffset, position);
        },
        () => empty(lane, resultOffset),
      );
    }
  });
}

/** Adds each window's cotangent to its winning cell. */
export function emitReduceWindowMaxScatter(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const [cotangents] = kernel.inputs.map((buffer) => pointers.get(buffer) as Local);
  const [result] = kernel.outputs;
  const target = pointers.get(result) as Local;
  const zero: FillKernel = { kind: "fill", buffer: result, value: 0 };
  emitFill(f, target, zero, part);
  const address = f.local("i32", "address");
  overWinners(
    f,
    kernel,
    pointers,
    part,
    (lane, resultOffset, position) => {
      f.get(target).get(position).op("i32.add").tee(address).get(address).load("f32.load", 0);
      f.get(cotangents)
        .get(resultOffset)
        .op("i32.add")
        .load("f32.load", lane * 4);
      f.op("f32.add").store("f32.store", 0);
    },
    () => {},
  );
}

/** Picks from an array the element in each window's winning cell; 0 for an empty window. */
export function emitReduceWindowMaxGather(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const [picked] = kernel.inputs.map((buffer) => pointers.get(buffer) as Local);
  const target = pointers.get(kernel.outputs[0]) as Local;
  overWinners(
    f,
    kernel,
    pointers,
    part,
    (lane, resultOffset, position) => {
      f.get(target).get(resultOffset).op("i32.add");
      f.get(picked).get(position).op("i32.add").load("f32.load", 0);
      f.store("f32.store", lane * 4);
    },
    (lane, resultOffset) => {
      f.get(target)
        .get(resultOffset)
        .op("i32.add")
        .f32(0)
        .store("f32.store", lane * 4);
    },
  );
}
