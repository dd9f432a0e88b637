import { type DType, newArray, type TypedArray } from "../tensor/dtype.js";
import { formatShape, offsetsOf, type Shape, sizeOf, stridesOf } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import type { HostArray, Primitive } from "../trace/primitive.js";
import { broadcastInDim } from "./broadcast.js";
import { convert } from "./convert.js";
import { bind } from "./define.js";
import { div, eq, mul, select } from "./elementwise.js";
import { expectAxes, expectDtype } from "./expect.js";

interface ReduceParams {
  /** Ascending. */
  readonly axes: readonly number[];
}

/**
 * How many partial results a fold over `count` elements has: element r goes to partial r mod 8, which start from the identity; a
 * short fold has one. Partials p are combined as ((p0 p4)(p2 p6))((p1 p5)(p3 p7)).
 */
export const reductionPartials = (count: number): 1 | 8 => (count < 32 ? 1 : 8);

/** Offsets of the elements that one result is folded from, row-major over the axes. */
function offsetsAlong(shape: Shape, axes: readonly number[]): Int32Array {
  const strides = stridesOf(shape);
  const along = (sizes: readonly number[]) => axes.map((axis) => sizes[axis]);
  return Int32Array.from(offsetsOf(along(shape), along(strides)));
}

const remaining = (shape: Shape, axes: readonly number[]) =>
  shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));

function fold(
  x: HostArray,
  axes: readonly number[],
  identity: number,
  combine: (a: number, b: number) => number,
): TypedArray {
  const starts = offsetsAlong(x.shape, remaining(x.shape, axes));
  const offsets = offsetsAlong(x.shape, axes);
  const result = newArray(x.dtype, starts.length);
  const count = reductionPartials(offsets.length);
  const p = new Array<number>(count);
  for (const [i, start] of starts.entries()) {
    p.fill(identity);
    for (let r = 0; r < offsets.length; r++) {
      p[r % count] = combine(p[r % count], x.data[start + offsets[r]]);
    }
    const pair = (k: number) => combine(p[k], p[k + 4]);
    result[i] = count === 1 ? p[0] : combine(combine(pair(0), pair(2)), combine(pair(1), pair(3)));
  }
  return result;
}

/** `y` repeated along the axes that were folded. */
function spread(y: Value, x: Value, axes: readonly number[]): Value {
  return broadcastInDim(y, x.shape, remaining(x.shape, axes));
}

interface Reduction {
  readonly dtypes: readonly DType[];
  readonly identity: (dtype: DType) => number;
  readonly combine: (dtype: DType) => (a: number, b: number) => number;
  readonly vjp?: Primitive<ReduceParams>["vjp"];
}

function defineReduction(name: string, { dtypes, identity, combine, vjp }: Reduction) {
  const primitive: Primitive<ReduceParams> = {
    name,
    infer: ([x], { axes }) => {
      expectDtype(name, "x", x, dtypes);
      expectAxes(name, "axes", axes, x);
      return [{ shape: remaining(x.shape, axes).map((axis) => x.shape[axis]), dtype: x.dtype }];
    },
    evaluate: ([x], { axes }) => [fold(x, axes, identity(x.dtype), combine(x.dtype))],
    vjp,
  };
  return (x: Value, axes: readonly number[]): Value =>
    axes.length === 0 ? x : bind(primitive, { axes: [...axes].sort((a, b) => a - b) }, x);
}

const words: readonly DType[] = ["float32", "int32", "uint32"];
const numbers: readonly DType[] = [...words, "uint8"];

/**
 * Σ over `axes` in the order of `reductionPartials`, from 0; integers wrap around.
 * @throws if an axis is out of range or named twice, or the dtype is uint8 or bool (convert first: sums outgrow these)
 */
export const reduceSum = defineReduction("reduce_sum", {
  dtypes: words,
  identity: () => 0,
  combine: (dtype) => (dtype === "float32" ? (a, b) => Math.fround(a + b) : (a, b) => (a + b) | 0),
  vjp: ({ cotangents: [ct], inputs: [x], params: { axes } }) => [ct && spread(ct, x, axes)],
});

/** ∏ over `axes` in the order of `reductionPartials`, from 1; integers wrap around. @throws as `reduceSum` does */
export const reduceProd = defineReduction("reduce_prod", {
  dtypes: words,
  identity: () => 1,
  combine: (dtype) => (dtype === "float32" ? (a, b) => Math.fround(a * b) : Math.imul),
  vjp: ({ cotangents: [ct], inputs: [x], params: { axes } }) => {
    if (!ct) return [];
    // ∏ of the others: with one zero among the factors only the zero has such a product, with two none has
    const isZero = eq(x, 0);
    const others = select(isZero, 1, x);
    const zeros = spread(reduceSum(convert(isZero, "float32"), axes), x, axes);
    const product = spread(reduceProd(others, axes), x, axes);
    const share = select(eq(zeros, convert(isZero, "float32")), div(product, others), 0);
    return [mul(spread(ct, x, axes), share)];
  },
});

/** Cotangents of an extreme: equal shares to all elements that have it. */
const toTheExtreme: Primitive<ReduceParams>["vjp"] = ({
  cotangents: [ct],
  inputs: [x],
  outputs: [y],
  params: { axes },
}) => {
  if (!ct) return [];
  const ties = convert(eq(x, spread(y, x, axes)), "float32");
  return [mul(ties, spread(div(ct, reduceSum(ties, axes)), x, axes))];
};

const lowest = (dtype: DType) =>
  ({ float32: -Infinity, int32: -(2 ** 31), uint32: 0, uint8: 0, bool: 0 })[dtype];
const highest = (dtype: DType) =>
  ({ float32: Infinity, int32: 2 ** 31 - 1, uint32: 2 ** 32 - 1, uint8: 255, bool: 1 })[dtype];

/**
 * The largest element over `axes` (NaN if there is one; of nothing the lowest number of the dtype). Of +0 and −0 the first in the
 * order of `reductionPartials`. The gradient is shared by all largest elements.
 * @throws if an axis is out of range or named twice, or the dtype is bool
 */
export const reduceMax = defineReduction("reduce_max", {
  dtypes: numbers,
  identity: lowest,
  // the rule of the primitive `max`, which keeps the first operand on ties (Math.max does not for −0 and 0)
  combine: () => (a, b) => (Number.isNaN(b) ? b : a < b ? b : a),
  vjp: toTheExtreme,
});

/** The smallest element over `axes` (NaN if there is one; of nothing the highest number). @throws as `reduceMax` does */
export const reduceMin = defineReduction("reduce_min", {
  dtypes: numbers,
  identity: highest,
  combine: () => (a, b) => (Number.isNaN(b) ? b : b < a ? b : a),
  vjp: toTheExtreme,
});

/** Whether all elements over `axes` are true (of nothing: true). @throws if the dtype is not bool, or an axis is out of range */
export const reduceAnd = defineReduction("reduce_and", {
  dtypes: ["bool"],
  identity: () => 1,
  combine: () => (a, b) => a & b,
});

/** Whether an element over `axes` is true (of nothing: false). @throws if the dtype is not bool, or an axis is out of range */
export const reduceOr = defineReduction("reduce_or", {
  dtypes: ["bool"],
  identity: () => 0,
  combine: () => (a, b) => a | b,
});

function defineArgument(name: string, better: (value: number, best: number) => boolean) {
  const primitive: Primitive<{ axis: number }> = {
    name,
    infer: ([x], { axis }) => {
      expectDtype(name, "x", x, numbers);
      expectAxes(name, "axis", [axis], x);
      if (x.shape[axis] === 0) {
        throw new Error(
          `${name}: expected at least one element along the axis. Received: x of shape ${formatShape(x.shape)}, axis=${axis}`,
        );
      }
      return [{ shape: x.shape.filter((_, a) => a !== axis), dtype: "int32" }];
    },
    evaluate: ([x], { axis }, [type]) => {
      const inner = sizeOf(x.shape.slice(axis + 1));
      const length = x.shape[axis];
      const result = new Int32Array(sizeOf(type.shape));
      for (let i = 0; i < result.length; i++) {
        const start = Math.floor(i / inner) * length * inner + (i % inner);
        let best = x.data[start];
        for (let k = 1; k < length && !Number.isNaN(best); k++) {
          const value = x.data[start + k * inner];
          if (!Number.isNaN(value) && !better(value, best)) continue;
          best = value;
          result[i] = k;
        }
      }
      return [result];
    },
  };
  return (x: Value, axis: number): Value => bind(primitive, { axis }, x);
}

/**
 * Position (int32) of the largest element along `axis`: the first of equal ones, the first NaN if there is one.
 * @throws if the axis is out of range or empty
 */
export const argmax = defineArgument("argmax", (value, best) => value > best);

/** Position (int32) of the smallest element along `axis`: the first of equal ones, the first NaN if there is one. @throws as `argmax` does */
export const argmin = defineArgument("argmin", (value, best) => value < best);
