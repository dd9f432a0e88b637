import type { PlainKernel } from "../../../compiler/kernel.js";
import { sizeOf, stridesOf } from "../../../tensor/shape.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { forEach, forRange } from "../loops.js";

interface WindowParams {
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
}

/** Windows of at most this many cells are unrolled. */
const UNROLLED = 16;

/**
 * Loops over the windows: four neighbouring channels at a time where the last axis is not pooled, else one cell.
 * `cells` emits `visit(offset)` for each cell inside of the array, in row-major order; the byte offset of a cell's
 * first lane is in a local.
 */
function overWindows(
  f: FunctionBuilder,
  params: WindowParams,
  shape: readonly number[],
  results: readonly number[],
  body: (window: {
    cells: (visit: (offset: Local) => void) => void;
    resultOffset: Local;
    lanes: number;
  }) => void,
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

  forEach(f, results.slice(0, -1), (indices) => {
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
      const cells = (visit: (offset: Local) => void) => {
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
            visit(offset);
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
            visit(offset);
          });
        });
      };
      body({ cells, resultOffset, lanes });
    };
    const whole = Math.floor(results[last] / step) * step;
    if (whole > 0) forRange(f, whole, step, (position) => atLast(position, step));
    if (whole < results[last]) {
      const position = f.local("i32", "rest");
      f.i32(whole).set(position);
      atLast(position, results[last] - whole);
    }
  });
}

function storeLanes(f: FunctionBuilder, base: Local, offset: Local, value: Local, lanes: number): void {
  if (lanes === 4) {
    f.get(base).get(offset).op("i32.add").get(value).store("v128.store", 0);
    return;
  }
  for (let lane = 0; lane < lanes; lane++) {
    f.get(base)
      .get(offset)
      .op("i32.add")
      .get(value)
      .storeLane("v128.store32_lane", lane * 4, lane);
  }
}

/** Maximum or sum over each window, folded in row-major order from −∞ or 0. */
export function emitReduceWindow(f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers): void {
  const [x] = kernel.operands;
  const [result] = kernel.outputs;
  const source = pointers.get(kernel.inputs[0]) as Local;
  const target = pointers.get(result) as Local;
  const isMax = kernel.primitive.name === "reduce_window_max";
  const folded = f.local("v128", "folded");
  const value = f.local("v128", "value");
  overWindows(
    f,
    kernel.params as unknown as WindowParams,
    x.shape,
    result.shape,
    ({ cells, resultOffset, lanes }) => {
      f.v128f32(isMax ? Number.NEGATIVE_INFINITY : 0).set(folded);
      cells((offset) => {
        f.get(source).get(offset).op("i32.add").load("v128.load", 0).set(value);
        if (isMax)
          f.get(value)
            .get(folded)
            .get(value)
            .op("f32x4.pmax")
            .get(value)
            .get(value)
            .op("f32x4.ne")
            .op("v128.bitselect");
        else f.get(folded).get(value).op("f32x4.add");
        f.set(folded);
      });
      storeLanes(f, target, resultOffset, folded, lanes);
    },
  );
}

/** Adds each window's cotangent to its first maximum. */
export function emitReduceWindowMaxScatter(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
): void {
  const [x, cotangent] = kernel.operands;
  const [source, cotangents] = kernel.inputs.map((buffer) => pointers.get(buffer) as Local);
  const [result] = kernel.outputs;
  const target = pointers.get(result) as Local;
  f.get(target)
    .i32(0)
    .i32(sizeOf(result.shape) * 4)
    .memoryFill();
  const winners = f.local("v128", "winners");
  const address = f.local("i32", "address");
  overWindows(
    f,
    kernel.params as unknown as WindowParams,
    x.shape,
    cotangent.shape,
    ({ cells, resultOffset, lanes }) => {
      emitWinners(f, source, cells, winners);
      for (let lane = 0; lane < lanes; lane++) {
        f.get(winners).lane("i32x4.extract_lane", lane).tee(address).i32(0).op("i32.ge_s");
        f.if(() => {
          f.get(target).get(address).op("i32.add").tee(address).get(address).load("f32.load", 0);
          f.get(cotangents)
            .get(resultOffset)
            .op("i32.add")
            .load("f32.load", lane * 4);
          f.op("f32.add").store("f32.store", 0);
        });
      }
    },
  );
}

/** Picks, for each window, the element of a second array that lies where the first one has its first maximum. */
export function emitReduceWindowMaxGather(f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers): void {
  const [x] = kernel.operands;
  const [source, picked] = kernel.inputs.map((buffer) => pointers.get(buffer) as Local);
  const [result] = kernel.outputs;
  const winners = f.local("v128", "winners");
  const address = f.local("i32", "address");
  overWindows(
    f,
    kernel.params as unknown as WindowParams,
    x.shape,
    result.shape,
    ({ cells, resultOffset, lanes }) => {
      emitWinners(f, source, cells, winners);
      for (let lane = 0; lane < lanes; lane++) {
        f.get(winners).lane("i32x4.extract_lane", lane).set(address);
        f.get(pointers.get(result) as Local)
          .get(resultOffset)
          .op("i32.add");
        f.get(picked).get(address).op("i32.add").load("f32.load", 0);
        // an empty window has no winner
        f.f32(0).get(address).i32(0).op("i32.ge_s").select();
        f.store("f32.store", lane * 4);
      }
    },
  );
}

/** The byte offset of each lane's first maximum (the first NaN if there is one), or −1 in an empty window. */
function emitWinners(
  f: FunctionBuilder,
  source: Local,
  cells: (visit: (offset: Local) => void) => void,
  winners: Local,
): void {
  const best = f.local("v128", "best");
  const value = f.local("v128", "value");
  const better = f.local("v128", "better");
  f.v128f32(Number.NEGATIVE_INFINITY).set(best);
  f.v128i32(-1).set(winners);
  cells((offset) => {
    f.get(source).get(offset).op("i32.add").load("v128.load", 0).set(value);
    // larger (or NaN), or the first one, unless a NaN has won already
    f.get(value).get(best).op("f32x4.le").op("v128.not");
    f.get(winners).v128i32(0).op("i32x4.lt_s").op("v128.or");
    f.get(best).get(best).op("f32x4.eq").op("v128.and").set(better);
    f.get(value).get(best).get(better).op("v128.bitselect").set(best);
    f.get(offset).op("i32x4.splat").v128i32([0, 4, 8, 12]).op("i32x4.add");
    f.get(winners).get(better).op("v128.bitselect").set(winners);
  });
}
