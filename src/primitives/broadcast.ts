import { type DType, newArray } from "../tensor/dtype.js";
import { formatShape, type Shape, sameShape, sizeOf, stridesOf } from "../tensor/shape.js";
import { constant } from "../trace/current.js";
import { constantData, formatType, type Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { bind } from "./define.js";
import { expectAxes, expectOnePerAxis } from "./expect.js";
import { reduceSum } from "./reduction.js";
import { reshape } from "./shape.js";

interface BroadcastParams {
  readonly shape: Shape;
  /** `axes[i]` is the result's axis where the operand's axis `i` goes. */
  readonly axes: readonly number[];
}

const broadcastPrimitive: Primitive<BroadcastParams> = {
  name: "broadcast_in_dim",
  infer: ([x], { shape, axes }) => {
    const result = { shape, dtype: x.dtype };
    expectOnePerAxis("broadcast_in_dim", "shape", shape, shape, 0);
    expectOnePerAxis("broadcast_in_dim", "axes", axes, x.shape);
    expectAxes("broadcast_in_dim", "axes", axes, result);
    const ascending = axes.every((axis, i) => i === 0 || axis > axes[i - 1]);
    const fits = axes.every((axis, i) => x.shape[i] === 1 || x.shape[i] === shape[axis]);
    if (!ascending || !fits) {
      throw new Error(
        `broadcast_in_dim: expected ascending axes where ${formatType(x)} has size 1 or that of ${formatShape(shape)}. Received: axes=${formatShape(axes)}`,
      );
    }
    return [result];
  },
  evaluate: ([x], { shape, axes }) => {
    const steps = new Array<number>(shape.length).fill(0);
    const strides = stridesOf(x.shape);
    for (const [i, axis] of axes.entries()) if (x.shape[i] !== 1) steps[axis] = strides[i];
    const result = newArray(x.dtype, sizeOf(shape));
    const index = new Array<number>(shape.length).fill(0);
    for (let i = 0; i < result.length; i++) {
      let source = 0;
      for (let axis = 0; axis < shape.length; axis++) source += index[axis] * steps[axis];
      result[i] = x.data[source];
      for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
    }
    return [result];
  },
  vjp: ({ cotangents: [cotangent], inputs: [x], params: { shape, axes } }) => {
    if (!cotangent) return [];
    const summed = shape
      .map((_, axis) => axis)
      .filter((axis) => {
        const i = axes.indexOf(axis);
        return i < 0 || (x.shape[i] === 1 && shape[axis] !== 1);
      });
    return [reshape(reduceSum(cotangent, summed), x.shape)];
  },
};

/**
 * Repeats `x` along new axes and axes of size 1; operand axis `i` becomes result axis `axes[i]`.
 * @throws if the axes are not ascending, or a size is neither 1 nor that of the result
 */
export function broadcastInDim(x: Value, shape: Shape, axes: readonly number[]): Value {
  return sameShape(x.shape, shape) ? x : bind(broadcastPrimitive, { shape, axes }, x);
}

/**
 * Broadcasts as NumPy does: axes are aligned at the end.
 * @throws if a size is neither 1 nor that of the result
 */
export function broadcastTo(x: Value, shape: Shape): Value {
  const offset = shape.length - x.shape.length;
  return broadcastInDim(
    x,
    shape,
    x.shape.map((_, axis) => axis + offset),
  );
}

interface IotaParams {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly axis: number;
}

const iotaPrimitive: Primitive<IotaParams> = {
  name: "iota",
  infer: (_, { shape, dtype, axis }) => {
    const result = { shape, dtype };
    expectOnePerAxis("iota", "shape", shape, shape, 0);
    expectAxes("iota", "axis", [axis], result);
    if (dtype === "bool") throw new Error("iota: expected a dtype of numbers. Received: dtype=bool");
    return [result];
  },
  evaluate: (_, { shape, dtype, axis }) => {
    const stride = stridesOf(shape)[axis];
    const result = newArray(dtype, sizeOf(shape));
    for (let i = 0; i < result.length; i++) result[i] = Math.floor(i / stride) % shape[axis];
    return [result];
  },
  vjp: () => [],
};

/**
 * 0, 1, 2, … along one axis (default the last), repeated along the others.
 * @throws if there is no such axis, or the dtype is bool
 */
export function iota(shape: Shape, dtype: DType, axis = shape.length - 1): Value {
  return bind(iotaPrimitive, { shape, dtype, axis });
}

/** An array that has one number everywhere. */
export function full(shape: Shape, value: number, dtype: DType): Value {
  return broadcastInDim(constant(value, { shape: [], dtype }), shape, []);
}

/** The number that fills a constant (also one that was broadcast). */
export function splatOf(value: Value): number | undefined {
  if (value.node.primitive.name === "broadcast_in_dim" || value.node.primitive.name === "reshape") {
    return splatOf(value.node.inputs[0]);
  }
  const data = constantData(value);
  return data && data.length === 1 ? data[0] : undefined;
}
