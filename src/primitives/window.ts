import { formatShape, type Shape, sizeOf, stridesOf } from "../tensor/shape.js";
import { constant } from "../trace/current.js";
import type { TensorType, Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { bind } from "./define.js";
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
  visit: (window: number, cell: number) => void,
): void {
  const { window, strides, padding } = params;
  const own = stridesOf(x);
  const cells = sizeOf(window);
  const windowStrides = stridesOf(window);
  const outStrides = stridesOf(results);
  const count = sizeOf(results);
  for (let r = 0; r < count; r++) {
    for (let c = 0; c < cells; c++) {
      let offset = 0;
      let inside = true;
      for (let axis = 0; axis < x.length && inside; axis++) {
        const o = Math.floor(r / outStrides[axis]) % results[axis];
        const w = Math.floor(c / windowStrides[axis]) % window[axis];
        const at = o * strides[axis] + w - padding[axis][0];
        inside = at >= 0 && at < x[axis];
        offset += at * own[axis];
      }
      if (inside) visit(r, offset);
    }
  }
}

/** For each window the position of its first maximum (the first NaN if there is one); −1 for an empty one. */
function winners(
  x: { shape: Shape; data: ArrayLike<number> },
  results: Shape,
  params: ReduceWindowParams,
): Int32Array {
  const positions = new Int32Array(sizeOf(results)).fill(-1);
  overWindows(x.shape, results, params, (window, cell) => {
    const best = positions[window];
    if (best < 0) positions[window] = cell;
    else if (!(x.data[cell] <= x.data[best]) && !Number.isNaN(x.data[best])) positions[window] = cell;
  });
  return positions;
}

const maxPrimitive: Primitive<ReduceWindowParams> = {
  name: "reduce_window_max",
  infer: ([x], params) => [outputType("reduce_window_max", x, params)],
  evaluate: ([x], params, [type]) => {
    const result = new Float32Array(sizeOf(type.shape)).fill(Number.NEGATIVE_INFINITY);
    overWindows(x.shape, type.shape, params, (window, cell) => {
      const value = x.data[cell];
      if (Number.isNaN(value) || result[window] < value) result[window] = value;
    });
    return [result];
  },
  vjp: ({ cotangents: [ct], inputs: [x], params }) => [ct && reduceWindowMaxScatter(x, ct, params)],
};
/**
 * The maximum of each window (NaN if it has one), folded from −∞ in row-major order; cells of the padding are skipped.
 * @throws if `x` is not float32, a parameter is out of range, or no window fits
 */
export function reduceWindowMax(x: Value, params: ReduceWindowParams): Value {
  return bind(maxPrimitive, params, x);
}

const sumPrimitive: Primitive<ReduceWindowParams> = {
  name: "reduce_window_sum",
  infer: ([x], params) => [outputType("reduce_window_sum", x, params)],
  evaluate: ([x], params, [type]) => {
    const result = new Float32Array(sizeOf(type.shape));
    overWindows(x.shape, type.shape, params, (window, cell) => {
      result[window] = result[window] + x.data[cell];
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

const scatterPrimitive: Primitive<ReduceWindowParams> = {
  name: "reduce_window_max_scatter",
  infer: ([x, cotangent], params) => {
    const expected = outputType("reduce_window_max_scatter", x, params);
    expectType("reduce_window_max_scatter", "cotangent", cotangent, expected);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  evaluate: ([x, ct], params) => {
    const result = new Float32Array(x.data.length);
    for (const [window, position] of winners(x, ct.shape, params).entries()) {
      if (position >= 0) result[position] = result[position] + ct.data[window];
    }
    return [result];
  },
  vjp: ({ cotangents: [g], inputs: [x, ct], params }) => [
    undefined,
    g && bind(gatherPrimitive, { ...params, shape: ct.shape }, x, g),
  ],
};
/**
 * Adds each window's cotangent to its first maximum (its first NaN if it has one), in row-major order of the windows.
 * @throws if the cotangent does not have one number for each window
 */
export function reduceWindowMaxScatter(x: Value, cotangent: Value, params: ReduceWindowParams): Value {
  return bind(scatterPrimitive, params, x, cotangent);
}

const gatherPrimitive: Primitive<ReduceWindowParams & { shape: Shape }> = {
  name: "reduce_window_max_gather",
  infer: ([x, picked], { shape, ...params }) => {
    expectType("reduce_window_max_gather", "picked", picked, x);
    return [outputType("reduce_window_max_gather", x, params)];
  },
  evaluate: ([x, picked], params) => {
    const positions = winners(x, params.shape, params);
    return [Float32Array.from(positions, (position) => (position < 0 ? 0 : picked.data[position]))];
  },
  vjp: ({ cotangents: [g], inputs: [x], params: { window, strides, padding } }) => [
    undefined,
    g && reduceWindowMaxScatter(x, g, { window, strides, padding }),
  ],
};
