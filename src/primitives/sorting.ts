import { type DType, newArray } from "../tensor/dtype.js";
import { sizeOf } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { full } from "./broadcast.js";
import { bind, bindAll } from "./define.js";
import { expectAxes, expectDtype } from "./expect.js";
import { scatterAdd } from "./indexing.js";
import { transpose } from "./shape.js";

const numbers: readonly DType[] = ["float32", "int32", "uint32", "uint8"];

const cumsumPrimitive: Primitive<{ axis: number; reverse: boolean }> = {
  name: "cumsum",
  infer: ([x], { axis }) => {
    expectDtype("cumsum", "x", x, numbers);
    expectAxes("cumsum", "axis", [axis], x);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  evaluate: ([x], { axis, reverse }) => {
    const length = x.shape[axis];
    const inner = sizeOf(x.shape.slice(axis + 1));
    const result = newArray(x.dtype, x.data.length);
    for (let line = 0; line < x.data.length / Math.max(length, 1); line++) {
      const start = Math.floor(line / inner) * length * inner + (line % inner);
      let sum = 0;
      for (let k = 0; k < length; k++) {
        const at = start + (reverse ? length - 1 - k : k) * inner;
        result[at] = sum + x.data[at];
        sum = result[at];
      }
    }
    return [result];
  },
  vjp: ({ cotangents: [ct], params: { axis, reverse } }) => [ct && cumsum(ct, axis, !reverse)],
};
/**
 * Running sums along an axis, one after the other from 0; with `reverse` from the end. Integers wrap around.
 * @throws if the axis is out of range, or the dtype is bool
 */
export function cumsum(x: Value, axis: number, reverse = false): Value {
  return bind(cumsumPrimitive, { axis, reverse }, x);
}

/** Order of two elements: by value, NaN last, equal ones by position. */
function compare(a: number, b: number, descending: boolean): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : a < b !== descending ? -1 : 1;
}

const sortPrimitive: Primitive<{ axis: number; descending: boolean }> = {
  name: "sort",
  infer: ([x], { axis }) => {
    expectAxes("sort", "axis", [axis], x);
    return [
      { shape: x.shape, dtype: x.dtype },
      { shape: x.shape, dtype: "int32" },
    ];
  },
  evaluate: ([x], { axis, descending }) => {
    const length = x.shape[axis];
    const inner = sizeOf(x.shape.slice(axis + 1));
    const sorted = newArray(x.dtype, x.data.length);
    const positions = new Int32Array(x.data.length);
    for (let line = 0; line < x.data.length / Math.max(length, 1); line++) {
      const start = Math.floor(line / inner) * length * inner + (line % inner);
      const order = Array.from({ length }, (_, k) => k);
      order.sort(
        (p, q) => compare(x.data[start + p * inner], x.data[start + q * inner], descending) || p - q,
      );
      for (const [k, position] of order.entries()) {
        sorted[start + k * inner] = x.data[start + position * inner];
        positions[start + k * inner] = position;
      }
    }
    return [sorted, positions];
  },
  vjp: ({ cotangents: [ct], outputs: [, positions], params: { axis } }) => {
    if (!ct) return [];
    // bring the axis to the end: there each line is a batch of its own
    const rank = ct.shape.length;
    const order = [...Array.from({ length: rank }, (_, a) => a).filter((a) => a !== axis), axis];
    const back = order.map((_, a) => order.indexOf(a));
    const moved = transpose(ct, order);
    const zeros = full(moved.shape, 0, "float32");
    return [
      transpose(
        scatterAdd(zeros, transpose(positions, order), moved, { axis: rank - 1, batchDims: rank - 1 }),
        back,
      ),
    ];
  },
};
/**
 * Sorted along an axis, stably (−0 and 0 are equal), NaN last, with the positions (int32) that the elements came from.
 * @throws if the axis is out of range
 */
export function sort(x: Value, axis: number, descending = false): [sorted: Value, positions: Value] {
  return bindAll(sortPrimitive, { axis, descending }, x) as [Value, Value];
}

const topKPrimitive: Primitive<{ k: number }> = {
  name: "top_k",
  infer: ([x], { k }) => {
    expectAxes("top_k", "axis", [x.shape.length - 1], x);
    const length = x.shape[x.shape.length - 1];
    if (!(Number.isInteger(k) && k >= 0 && k <= length)) {
      throw new Error(
        `top_k: expected \`k\` to be an integer in [0, ${length}], the size of the last axis. Received: k=${k}`,
      );
    }
    const shape = [...x.shape.slice(0, -1), k];
    return [
      { shape, dtype: x.dtype },
      { shape, dtype: "int32" },
    ];
  },
  evaluate: ([x], { k }, [type]) => {
    const length = x.shape[x.shape.length - 1];
    const values = newArray(x.dtype, sizeOf(type.shape));
    const positions = new Int32Array(values.length);
    for (let line = 0; line < x.data.length / Math.max(length, 1); line++) {
      const row = x.data.subarray(line * length, (line + 1) * length);
      const order = Array.from(row, (_, i) => i).sort((p, q) => compare(row[p], row[q], true) || p - q);
      for (let i = 0; i < k; i++) {
        values[line * k + i] = row[order[i]];
        positions[line * k + i] = order[i];
      }
    }
    return [values, positions];
  },
  vjp: ({ cotangents: [ct], inputs: [x], outputs: [, positions] }) => {
    if (!ct) return [];
    const last = x.shape.length - 1;
    return [scatterAdd(full(x.shape, 0, "float32"), positions, ct, { axis: last, batchDims: last })];
  },
};
/**
 * The `k` largest along the last axis, largest first, with their positions (int32); the first of equal ones first, NaN last.
 * @throws if `k` is more than there are
 */
export function topK(x: Value, k: number): [values: Value, positions: Value] {
  return bindAll(topKPrimitive, { k }, x) as [Value, Value];
}
