import { newArray } from "../tensor/dtype.js";
import { formatShape, type Shape, sizeOf, stridesOf } from "../tensor/shape.js";
import { constant } from "../trace/current.js";
import { constantData, formatType, type Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { full } from "./broadcast.js";
import { bind } from "./define.js";
import { mul } from "./elementwise.js";
import { expectAxes, expectOnePerAxis, expectType } from "./expect.js";
import { reduceSum } from "./reduction.js";

const reshapePrimitive: Primitive<{ shape: Shape }> = {
  name: "reshape",
  infer: ([x], { shape }) => {
    expectOnePerAxis("reshape", "shape", shape, shape, 0);
    if (sizeOf(x.shape) !== sizeOf(shape)) {
      throw new Error(
        `reshape: expected a shape of ${sizeOf(x.shape)} elements for ${formatType(x)}. Received: shape=${formatShape(shape)}`,
      );
    }
    return [{ shape, dtype: x.dtype }];
  },
  evaluate: ([x]) => [x.data],
  vjp: ({ cotangents: [ct], inputs: [x] }) => [ct && reshape(ct, x.shape)],
};

/**
 * The same elements in row-major order under another shape.
 * @throws if `shape` has another number of elements
 */
export function reshape(x: Value, shape: Shape): Value {
  return bind(reshapePrimitive, { shape }, x);
}

const transposePrimitive: Primitive<{ permutation: readonly number[] }> = {
  name: "transpose",
  infer: ([x], { permutation }) => {
    expectAxes("transpose", "permutation", permutation, x);
    expectOnePerAxis("transpose", "permutation", permutation, x.shape);
    return [{ shape: permutation.map((axis) => x.shape[axis]), dtype: x.dtype }];
  },
  evaluate: ([x], { permutation }, [type]) => {
    const strides = stridesOf(x.shape);
    const steps = permutation.map((axis) => strides[axis]);
    const result = newArray(x.dtype, x.data.length);
    const index = new Array<number>(steps.length).fill(0);
    let source = 0;
    for (let i = 0; i < result.length; i++) {
      result[i] = x.data[source];
      for (let axis = steps.length - 1; axis >= 0; axis--) {
        source += steps[axis];
        if (++index[axis] < type.shape[axis]) break;
        source -= steps[axis] * type.shape[axis];
        index[axis] = 0;
      }
    }
    return [result];
  },
  vjp: ({ cotangents: [ct], params: { permutation } }) => [
    ct &&
      transpose(
        ct,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
  ],
};

/**
 * The axes in another order: result axis `i` is the operand's axis `permutation[i]`.
 * @throws if `permutation` does not name every axis once
 */
export function transpose(x: Value, permutation: readonly number[]): Value {
  return bind(transposePrimitive, { permutation }, x);
}

interface SliceParams {
  readonly start: readonly number[];
  readonly limit: readonly number[];
  readonly strides: readonly number[];
}

const slicePrimitive: Primitive<SliceParams> = {
  name: "slice",
  infer: ([x], { start, limit, strides }) => {
    expectOnePerAxis("slice", "start", start, x.shape, 0);
    expectOnePerAxis("slice", "limit", limit, x.shape, 0);
    expectOnePerAxis("slice", "strides", strides, x.shape, 1);
    if (x.shape.some((size, axis) => start[axis] > limit[axis] || limit[axis] > size)) {
      throw new Error(
        `slice: expected start ≤ limit ≤ size on every axis of ${formatType(x)}. Received: start=${formatShape(start)}, limit=${formatShape(limit)}`,
      );
    }
    return [{ shape: start.map((s, axis) => Math.ceil((limit[axis] - s) / strides[axis])), dtype: x.dtype }];
  },
  evaluate: ([x], { start, strides }, [type]) => {
    const own = stridesOf(x.shape);
    const result = newArray(x.dtype, sizeOf(type.shape));
    const steps = stridesOf(type.shape);
    for (let i = 0; i < result.length; i++) {
      let source = 0;
      for (let axis = 0; axis < own.length; axis++) {
        const at = Math.floor(i / steps[axis]) % type.shape[axis];
        source += (start[axis] + at * strides[axis]) * own[axis];
      }
      result[i] = x.data[source];
    }
    return [result];
  },
  vjp: ({ cotangents: [ct], inputs: [x], params: { start, strides } }) => {
    if (!ct) return [];
    /** One past the last element that was read. */
    const end = ct.shape.map((size, axis) => start[axis] + (size && (size - 1) * strides[axis] + 1));
    return [
      pad(
        ct,
        constant(0, { shape: [], dtype: ct.dtype }),
        start,
        x.shape.map((size, axis) => size - end[axis]),
        strides.map((stride) => stride - 1),
      ),
    ];
  },
};

/**
 * The elements from `start` to below `limit` on each axis, every `strides`-th of them.
 * @throws if the limits do not lie inside of the operand, or a stride is below 1
 */
export function slice(
  x: Value,
  start: readonly number[],
  limit: readonly number[],
  strides: readonly number[] = start.map(() => 1),
): Value {
  return bind(slicePrimitive, { start, limit, strides }, x);
}

export interface PadParams {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
}

const padPrimitive: Primitive<PadParams> = {
  name: "pad",
  infer: ([x, value], { low, high, interior }) => {
    expectType("pad", "value", value, { shape: [], dtype: x.dtype });
    expectOnePerAxis("pad", "low", low, x.shape);
    expectOnePerAxis("pad", "high", high, x.shape);
    expectOnePerAxis("pad", "interior", interior, x.shape, 0);
    const shape = x.shape.map(
      (size, axis) => low[axis] + high[axis] + size + Math.max(size - 1, 0) * interior[axis],
    );
    if (shape.some((size) => size < 0)) {
      throw new Error(
        `pad: expected at most as many elements to be cut off as ${formatType(x)} has. Received: low=${formatShape(low)}, high=${formatShape(high)}`,
      );
    }
    return [{ shape, dtype: x.dtype }];
  },
  evaluate: ([x, value], { low, interior }, [type]) => {
    const result = newArray(x.dtype, sizeOf(type.shape));
    result.fill(value.data[0]);
    const steps = stridesOf(type.shape);
    const own = stridesOf(x.shape);
    elements: for (let i = 0; i < x.data.length; i++) {
      let target = 0;
      for (let axis = 0; axis < own.length; axis++) {
        const at = low[axis] + (Math.floor(i / own[axis]) % x.shape[axis]) * (interior[axis] + 1);
        if (at < 0 || at >= type.shape[axis]) continue elements;
        target += at * steps[axis];
      }
      result[target] = x.data[i];
    }
    return [result];
  },
  vjp: ({ cotangents: [ct], inputs: [x, value], params: { low, high, interior } }) => {
    if (!ct) return [];
    const zero = constant(0, { shape: [], dtype: ct.dtype });
    const cropped = pad(
      ct,
      zero,
      low.map((l) => -l),
      high.map((h) => -h),
    );
    const ofOperand = slice(
      cropped,
      x.shape.map(() => 0),
      cropped.shape,
      interior.map((gap) => gap + 1),
    );
    if (constantData(value)) return [ofOperand, undefined];
    const padding = pad(full(x.shape, 0, ct.dtype), full([], 1, ct.dtype), low, high, interior);
    return [
      ofOperand,
      reduceSum(
        mul(ct, padding),
        ct.shape.map((_, axis) => axis),
      ),
    ];
  },
};

/**
 * Puts `value` (a scalar) before, after and between the elements along each axis; negative `low` and `high` cut off.
 * @param interior how many values go between two neighbours (default 0)
 * @throws if `value` has another dtype, or more is cut off than there is
 */
export function pad(
  x: Value,
  value: Value,
  low: readonly number[],
  high: readonly number[],
  interior: readonly number[] = low.map(() => 0),
): Value {
  return bind(padPrimitive, { low, high, interior }, x, value);
}

const concatenatePrimitive: Primitive<{ axis: number }> = {
  name: "concatenate",
  infer: (xs, { axis }) => {
    if (xs.length === 0) throw new Error("concatenate: expected at least one operand. Received: none");
    const [first] = xs;
    expectAxes("concatenate", "axis", [axis], first);
    for (const x of xs) {
      const fits =
        x.dtype === first.dtype &&
        x.shape.length === first.shape.length &&
        x.shape.every((size, a) => a === axis || size === first.shape[a]);
      if (!fits) {
        throw new Error(
          `concatenate: expected operands that differ only in axis ${axis}. Received: ${xs.map(formatType).join(", ")}`,
        );
      }
    }
    const total = xs.reduce((sum, x) => sum + x.shape[axis], 0);
    return [{ shape: first.shape.map((size, a) => (a === axis ? total : size)), dtype: first.dtype }];
  },
  evaluate: (xs, { axis }, [type]) => {
    const result = newArray(type.dtype, sizeOf(type.shape));
    const inner = sizeOf(type.shape.slice(axis + 1));
    const outer = sizeOf(type.shape.slice(0, axis));
    let at = 0;
    for (const x of xs) {
      const run = x.shape[axis] * inner;
      for (let o = 0; o < outer; o++)
        result.set(x.data.subarray(o * run, (o + 1) * run), o * type.shape[axis] * inner + at);
      at += run;
    }
    return [result];
  },
  vjp: ({ cotangents: [ct], inputs, params: { axis } }) => {
    if (!ct) return [];
    let at = 0;
    return inputs.map((x) => {
      const start = x.shape.map((_, a) => (a === axis ? at : 0));
      at += x.shape[axis];
      return slice(
        ct,
        start,
        x.shape.map((size, a) => start[a] + size),
      );
    });
  },
};

/**
 * The operands one after the other along `axis`.
 * @throws if they differ in dtype or in another axis
 */
export function concatenate(xs: readonly Value[], axis: number): Value {
  return bind(concatenatePrimitive, { axis }, ...xs);
}

const reversePrimitive: Primitive<{ axes: readonly number[] }> = {
  name: "reverse",
  infer: ([x], { axes }) => {
    expectAxes("reverse", "axes", axes, x);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  evaluate: ([x], { axes }) => {
    const strides = stridesOf(x.shape);
    const result = newArray(x.dtype, x.data.length);
    for (let i = 0; i < result.length; i++) {
      let source = i;
      for (const axis of axes) {
        const at = Math.floor(i / strides[axis]) % x.shape[axis];
        source += (x.shape[axis] - 1 - 2 * at) * strides[axis];
      }
      result[i] = x.data[source];
    }
    return [result];
  },
  vjp: ({ cotangents: [ct], params: { axes } }) => [ct && reverse(ct, axes)],
};

/**
 * The elements along these axes in opposite order.
 * @throws if an axis is out of range or named twice
 */
export function reverse(x: Value, axes: readonly number[]): Value {
  return bind(reversePrimitive, { axes }, x);
}
