import { formatShape, type Shape, sizeOf, stridesOf } from "../tensor/shape.js";
import { constant } from "../trace/current.js";
import type { TensorType, Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { splatOf } from "./broadcast.js";
import { bind } from "./define.js";
import { le, select } from "./elementwise.js";
import { expectDtype, expectOnePerAxis, expectType } from "./expect.js";
import { pad } from "./shape.js";
import { windowOutputSize } from "./windowShape.js";

/** One number (or pair) for every axis; 1 (or [0, 0]) for axes that are not pooled. */
export interface ReduceWindowParams {
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly (readonly [low: number, high: number])[];
}

/** The type of one number for each window. @throws if a parameter is out of range or a window does not fit */
function outputType(
  name: string,
  x: TensorType,
  { window, strides, padding }: ReduceWindowParams,
): TensorType {
  expectDtype(name, "x", x, ["float32"]);
  expectOnePerAxis(name, "window", window, x.shape, 1);
  expectOnePerAxis(name, "strides", strides, x.shape, 1);
  for (const side of [0, 1] as const) {
    const what = `padding ${side === 0 ? "before" : "after"}`;
    const numbers = padding.map((pair) => pair[side]);
    expectOnePerAxis(name, what, numbers, x.shape, 0);
  }
  const where = `${name} (input ${formatShape(x.shape)}, window ${formatShape(window)})`;
  const shape = x.shape.map((size, axis) =>
    windowOutputSize(size, window[axis], strides[axis], 1, padding[axis], where),
  );
  return { shape, dtype: x.dtype };
}

/** Visits windows and, in each, the cells inside of the array, both in row-major order. */
function overWindows(
  x: Shape,
  results: Shape,
  params: ReduceWindowParams,
  visit: (window: number, position: number, cell: number) => void,
): void {
  const { window, strides, padding } = params;
  const own = stridesOf(x);
  const cells = sizeOf(window);
  const windowStrides = stridesOf(window);
  const outStrides = stridesOf(results);
  const count = sizeOf(results);
  for (let r = 0; r < count; r++) {
    for (let c = 0; c < cells; c++) {
      let position = 0;
      let inside = true;
      for (let axis = 0; axis < x.length && inside; axis++) {
        const o = Math.floor(r / outStrides[axis]) % results[axis];
        const w = Math.floor(c / windowStrides[axis]) % window[axis];
        const at = o * strides[axis] + w - padding[axis][0];
        inside = at >= 0 && at < x[axis];
        position += at * own[axis];
      }
      if (inside) visit(r, position, c);
    }
  }
}

/** The position in the array of each window's winning cell; −1 for an empty window. */
export function winningPositions(
  x: Shape,
  winners: ArrayLike<number>,
  results: Shape,
  params: ReduceWindowParams,
): Int32Array {
  const positions = new Int32Array(winners.length).fill(-1);
  overWindows(x, results, params, (window, position, cell) => {
    if (winners[window] === cell) positions[window] = position;
  });
  return positions;
}

const maxPrimitive: Primitive<ReduceWindowParams> = {
  name: "reduce_window_max",
  infer: ([x], params) => {
    const type = outputType("reduce_window_max", x, params);
    return [type, { shape: type.shape, dtype: "int32" }];
  },
  evaluate: ([x], params, [type]) => {
    const result = new Float32Array(sizeOf(type.shape)).fill(Number.NEGATIVE_INFINITY);
    const winners = new Int32Array(result.length).fill(-1);
    overWindows(x.shape, type.shape, params, (window, position, cell) => {
      const value = x.data[position];
      const best = result[window];
      if (winners[window] >= 0 && (value <= best || Number.isNaN(best))) return;
      result[window] = value;
      winners[window] = cell;
    });
    return [result, winners];
  },
  vjp: ({ cotangents: [ct], inputs: [x], outputs: [, winners], params }) => [
    ct && reduceWindowMaxScatter(ct, winners, { ...params, shape: x.shape }),
  ],
};
/**
 * The maximum of each window (NaN if it has one, −∞ if it lies in the padding), in row-major order; cells of the padding are
 * skipped. The cotangent goes to the first maximum (the first NaN). A second result, which the derivative uses, says which
 * cell of the window that is, counted in row-major order with the padding's; −1 in an empty window.
 *
 * The maximum of a rectified array is taken before rectifying, which gives the same numbers and gradients with less work.
 * @throws if `x` is not float32, a parameter is out of range, or no window fits
 */
export function reduceWindowMax(x: Value, params: ReduceWindowParams): Value {
  const rectified = isNeverEmpty(params) ? rectifiedOperand(x) : undefined;
  if (!rectified) return bind(maxPrimitive, params, x);
  const { operand, threshold, floor } = rectified;
  const largest = reduceWindowMax(operand, params);
  return select(le(largest, threshold), floor, largest);
}

/** Whether each window has a cell of the array. */
export function isNeverEmpty({ window, padding }: ReduceWindowParams): boolean {
  return padding.every(([low, high], axis) => low < window[axis] && high < window[axis]);
}

/** Recognises `select(x ≤ threshold, floor, x)` with constants, floor ≤ threshold: relu. */
function rectifiedOperand(value: Value): { operand: Value; threshold: number; floor: number } | undefined {
  if (value.node.primitive.name !== "select") return undefined;
  const [mask, below, operand] = value.node.inputs;
  if (mask.node.primitive.name !== "le" || mask.node.inputs[0] !== operand) return undefined;
  const threshold = splatOf(mask.node.inputs[1]);
  const floor = splatOf(below);
  if (threshold === undefined || floor === undefined || !(floor <= threshold)) return undefined;
  return { operand, threshold, floor };
}

const sumPrimitive: Primitive<ReduceWindowParams> = {
  name: "reduce_window_sum",
  infer: ([x], params) => [outputType("reduce_window_sum", x, params)],
  evaluate: ([x], params, [type]) => {
    const result = new Float32Array(sizeOf(type.shape));
    overWindows(x.shape, type.shape, params, (window, position) => {
      result[window] = result[window] + x.data[position];
    });
    return [result];
  },
  vjp: ({ cotangents: [ct], inputs: [x], params: { window, strides, padding } }) => {
    if (!ct) return [];
    // each cell receives the cotangents of the windows over it
    const low = window.map((w, axis) => w - 1 - padding[axis][0]);
    const high = window.map(
      (w, axis) => x.shape[axis] + w - 1 - ((ct.shape[axis] - 1) * strides[axis] + 1) - low[axis],
    );
    const spread = pad(
      ct,
      constant(0, { shape: [], dtype: ct.dtype }),
      low,
      high,
      strides.map((s) => s - 1),
    );
    return [
      reduceWindowSum(spread, { window, strides: window.map(() => 1), padding: window.map(() => [0, 0]) }),
    ];
  },
};
/**
 * The sum of each window, from +0 in row-major order; cells of the padding are skipped.
 * @throws as `reduceWindowMax` does
 */
export function reduceWindowSum(x: Value, params: ReduceWindowParams): Value {
  return bind(sumPrimitive, params, x);
}

export interface ScatterWindowParams extends ReduceWindowParams {
  /** Of the array that the windows were taken of. */
  readonly shape: Shape;
}

const scatterPrimitive: Primitive<ScatterWindowParams> = {
  name: "reduce_window_max_scatter",
  infer: ([ct, winners], { shape, ...params }) => {
    const expected = outputType("reduce_window_max_scatter", { shape, dtype: ct.dtype }, params);
    expectType("reduce_window_max_scatter", "cotangent", ct, expected);
    expectType("reduce_window_max_scatter", "winners", winners, { shape: expected.shape, dtype: "int32" });
    return [{ shape, dtype: ct.dtype }];
  },
  evaluate: ([ct, winners], params) => {
    const result = new Float32Array(sizeOf(params.shape));
    const positions = winningPositions(params.shape, winners.data, ct.shape, params);
    for (const [window, position] of positions.entries()) {
      if (position >= 0) result[position] = result[position] + ct.data[window];
    }
    return [result];
  },
  vjp: ({ cotangents: [g], inputs: [, winners], params }) => [g && bind(gatherPrimitive, params, g, winners)],
};
/**
 * Adds each window's cotangent to its winning cell, in row-major order of the windows.
 * @throws if the cotangent does not have one number for each window
 */
export function reduceWindowMaxScatter(ct: Value, winners: Value, params: ScatterWindowParams): Value {
  return bind(scatterPrimitive, params, ct, winners);
}

const gatherPrimitive: Primitive<ScatterWindowParams> = {
  name: "reduce_window_max_gather",
  infer: ([picked, winners], { shape, ...params }) => {
    const expected = outputType("reduce_window_max_gather", picked, params);
    expectType("reduce_window_max_gather", "picked", picked, { shape, dtype: picked.dtype });
    expectType("reduce_window_max_gather", "winners", winners, { shape: expected.shape, dtype: "int32" });
    return [expected];
  },
  evaluate: ([picked, winners], params) => {
    const positions = winningPositions(params.shape, winners.data, winners.shape, params);
    return [Float32Array.from(positions, (position) => (position < 0 ? 0 : picked.data[position]))];
  },
  vjp: ({ cotangents: [g], inputs: [, winners], params }) => [
    g && reduceWindowMaxScatter(g, winners, params),
  ],
};
