import * as lax from "../primitives/index.js";
import type { DType } from "../tensor/dtype.js";
import { broadcastShapes, formatShape, normalizeAxis, sizeOf } from "../tensor/shape.js";
import { formatType, type Value } from "../trace/graph.js";
import { inWords, kept, same } from "./lift.js";
import { operation } from "./operation.js";
import { pick } from "./pick.js";
import { asFloat, resultType, together } from "./promotion.js";
import {
  type Axes,
  apply,
  applyAll,
  normalizeAxes,
  type Tensor,
  type TensorLike,
  toTensor,
} from "./tensor.js";

// https://keras.io/api/ops/numpy/

// ---- creation

export const zeros = (shape: readonly number[], dtype: DType = "float32"): Tensor => full(shape, 0, dtype);
export const ones = (shape: readonly number[], dtype: DType = "float32"): Tensor => full(shape, 1, dtype);
export function full(shape: readonly number[], fillValue: number, dtype: DType = "float32"): Tensor {
  return apply([], () => lax.full(shape, fillValue, dtype));
}
export const zerosLike = /* @__PURE__ */ operation(
  "numpy.ZerosLike(x; dtype=null)",
  (x: TensorLike, dtype?: DType | null): Tensor => full(toTensor(x).shape, 0, dtype ?? toTensor(x).dtype),
);
export const onesLike = /* @__PURE__ */ operation(
  "numpy.OnesLike(x; dtype=null)",
  (x: TensorLike, dtype?: DType | null): Tensor => full(toTensor(x).shape, 1, dtype ?? toTensor(x).dtype),
);

/** `start, start + step, …` below `stop`; with one argument 0, 1, … below it. int32 for integers. */
export function arange(start: number, stop?: number, step = 1, dtype?: DType): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const count = Math.max(0, Math.ceil((to - from) / step));
  const type = dtype ?? (Number.isInteger(from) && Number.isInteger(step) ? "int32" : "float32");
  return apply([], () => lax.add(lax.mul(lax.iota([count], type), step), from));
}

/** 1 on the `k`-th diagonal of `rows` × `columns` (default: square), else 0; float32 by default. */
export function eye(rows: number, columns: number | null = null, k = 0, dtype: DType = "float32"): Tensor {
  const shape = [rows, columns ?? rows];
  return apply([], () =>
    lax.convert(lax.eq(lax.add(lax.iota(shape, "int32", 0), k), lax.iota(shape, "int32", 1)), dtype),
  );
}

/** 1 at the position that `x` names along a new last axis, else 0. */
export const oneHot = /* @__PURE__ */ operation(
  'nn.OneHot(x; num_classes, dtype="float32")',
  (x: TensorLike, numClasses: number, dtype: DType = "float32"): Tensor => {
    return apply([toTensor(x, "int32")], (v) => {
      const labels = lax.convert(v as Value, "int32");
      const shape = [...labels.shape, numClasses];
      const classes = lax.iota(shape, "int32");
      const spread = lax.broadcastInDim(
        labels,
        shape,
        labels.shape.map((_, axis) => axis),
      );
      return lax.convert(lax.eq(spread, classes), dtype);
    });
  },
);

// ---- shape

export const reshape = /* @__PURE__ */ operation(
  "numpy.Reshape(x; newshape)",
  (x: TensorLike, newShape: readonly number[]): Tensor => toTensor(x).reshape(newShape),
);
export const transpose = /* @__PURE__ */ operation(
  "numpy.Transpose(x; axes=null)",
  (x: TensorLike, axes?: readonly number[]): Tensor => toTensor(x).transpose(axes),
);

export const expandDims = /* @__PURE__ */ operation(
  "numpy.ExpandDims(x; axis)",
  (x: TensorLike, axis: number): Tensor => {
    const t = toTensor(x);
    const at = normalizeAxis(axis, t.rank + 1);
    return t.reshape([...t.shape.slice(0, at), 1, ...t.shape.slice(at)]);
  },
);

/** Removes axes of size 1 (all, or the given ones). */
export const squeeze = /* @__PURE__ */ operation(
  "numpy.Squeeze(x; axis=null)",
  (x: TensorLike, axis?: Axes): Tensor => {
    const t = toTensor(x);
    const axes =
      axis === undefined
        ? t.shape.flatMap((extent, a) => (extent === 1 ? [a] : []))
        : normalizeAxes(axis, t.rank);
    for (const a of axes) {
      if (t.shape[a] !== 1) throw new Error(`squeeze: axis ${a} of shape ${formatShape(t.shape)} is not 1.`);
    }
    return t.reshape(t.shape.filter((_, a) => !axes.includes(a)));
  },
);

export const broadcastTo = /* @__PURE__ */ operation(
  "numpy.BroadcastTo(x; shape)",
  (x: TensorLike, shape: readonly number[]): Tensor => {
    return same(x, (v) => lax.broadcastTo(v, shape));
  },
);

export const concatenate = /* @__PURE__ */ operation(
  "numpy.Concatenate(xs; axis=0)",
  (xs: readonly TensorLike[], axis = 0): Tensor => {
    const tensors = xs.map((x) => toTensor(x));
    if (tensors.length === 0) throw new Error("concatenate: expected at least one tensor.");
    return apply(tensors, (...values) => {
      const dtype = resultType(...values);
      const converted = values.map((v) => lax.convert(v as Value, dtype));
      return lax.concatenate(converted, normalizeAxis(axis, converted[0].shape.length));
    });
  },
);

export const stack = /* @__PURE__ */ operation(
  "numpy.Stack(x; axis=0)",
  (xs: readonly TensorLike[], axis = 0): Tensor => {
    return concatenate(
      xs.map((x) => expandDims(x, axis)),
      axis < 0 ? axis : axis,
    );
  },
);

/** Cuts into equal parts (a number) or at the given positions. */
export const split = /* @__PURE__ */ operation(
  "numpy.Split(x; indices_or_sections, axis=0)",
  (x: TensorLike, indicesOrSections: number | readonly number[], axis = 0): Tensor[] => {
    const t = toTensor(x);
    const a = normalizeAxis(axis, t.rank);
    const extent = t.shape[a];
    if (typeof indicesOrSections === "number" && extent % indicesOrSections !== 0) {
      throw new Error(
        `split: axis ${a} of size ${extent} cannot be cut into ${indicesOrSections} equal parts.`,
      );
    }
    const cuts =
      typeof indicesOrSections === "number"
        ? Array.from({ length: indicesOrSections - 1 }, (_, i) => ((i + 1) * extent) / indicesOrSections)
        : indicesOrSections;
    const bounds = [0, ...cuts, extent];
    return bounds.slice(1).map((stop, i) => {
      const start = t.shape.map((_, axisOf) => (axisOf === a ? bounds[i] : 0));
      const size = t.shape.map((e, axisOf) => (axisOf === a ? stop - bounds[i] : e));
      return t.slice(start, size);
    });
  },
);

/** Pads with a constant: `[[before, after], …]` for each axis. */
export const pad = /* @__PURE__ */ operation(
  "numpy.Pad(x; pad_width, constant_values?=0)",
  (x: TensorLike, padWidth: readonly (readonly [number, number])[], constantValues = 0): Tensor => {
    return same(x, (v) =>
      lax.pad(
        v,
        lax.full([], constantValues, v.dtype),
        padWidth.map(([low]) => low),
        padWidth.map(([, high]) => high),
      ),
    );
  },
);

export const flip = /* @__PURE__ */ operation(
  "numpy.Flip(x; axis=null)",
  (x: TensorLike, axis?: Axes): Tensor => same(x, (v) => lax.reverse(v, normalizeAxes(axis, v.shape.length))),
);

/** Repeats the whole tensor along each axis. */
export const tile = /* @__PURE__ */ operation(
  "numpy.Tile(x; repeats)",
  (x: TensorLike, repeats: readonly number[]): Tensor => {
    let t = toTensor(x);
    const counts = [...Array.from({ length: Math.max(0, t.rank - repeats.length) }, () => 1), ...repeats];
    for (const [axis, count] of counts.entries())
      if (count !== 1)
        t = concatenate(
          Array.from({ length: count }, () => t),
          axis,
        );
    return t;
  },
);

/**
 * Rows (or whatever lies along `axis`; default: of the flattened tensor) at `indices`, of which −1 is the last. As in Keras on JAX
 * an index that is outside gives NaN, or of integers the smallest negative or the largest unsigned number, or true.
 */
export const take = /* @__PURE__ */ operation(
  "numpy.Take(x, indices; axis=null)",
  (x: TensorLike, indices: TensorLike, axis?: number): Tensor => {
    return apply([toTensor(x), toTensor(indices, "int32")], (v, i) => {
      const values = v as Value;
      if (axis === undefined)
        return pick(lax.reshape(values, [sizeOf(values.shape)]), i as Value, { axis: 0 });
      return pick(values, i as Value, { axis: normalizeAxis(axis, values.shape.length) });
    });
  },
);

/**
 * For each element of `indices` what lies there along `axis` (null: of the flattened tensors), at the same place of the other axes,
 * which are broadcast. Indices count as those of `take`.
 */
export const takeAlongAxis = /* @__PURE__ */ operation(
  "numpy.TakeAlongAxis(x, indices; axis=null)",
  (x: TensorLike, indices: TensorLike, axis?: number | null): Tensor =>
    apply([toTensor(x), toTensor(indices, "int32")], (x, i) => {
      const flat = axis === undefined || axis === null;
      const [from, at] = [x as Value, i as Value].map((v) => (flat ? lax.reshape(v, [sizeOf(v.shape)]) : v));
      const rank = from.shape.length;
      const along = normalizeAxis(axis ?? 0, rank);
      if (at.shape.length !== rank)
        throw new Error(
          `takeAlongAxis: \`x\` and \`indices\` must have equally many axes. Received: x=${formatType(from)}, indices=${formatType(at)}`,
        );
      const across = ({ shape }: Value) => shape.map((n, a) => (a === along ? 1 : n));
      const others = broadcastShapes(across(from), across(at));
      const last = rank - 1;
      const order = [...others.keys()].filter((a) => a !== along).concat(along);
      const wide = ({ shape }: Value) => others.map((n, a) => (a === along ? shape[a] : n));
      const [lines, places] = [from, at].map((v) => lax.transpose(lax.broadcastTo(v, wide(v)), order));
      const back = [...others.keys()].map((a) => order.indexOf(a));
      return lax.transpose(pick(lines, places, { axis: last, batchDims: last }), back);
    }),
);

// ---- reductions

export const sum = /* @__PURE__ */ operation(
  "numpy.Sum(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: Axes, keepdims = false): Tensor => toTensor(x).sum(axis, keepdims),
);
export const mean = /* @__PURE__ */ operation(
  "numpy.Mean(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: Axes, keepdims = false): Tensor => toTensor(x).mean(axis, keepdims),
);
export const max = /* @__PURE__ */ operation(
  "numpy.Max(x; axis=null, keepdims=false, initial=null)",
  (x: TensorLike, axis?: Axes, keepdims = false, initial?: number | null): Tensor => {
    const found = toTensor(x).max(axis, keepdims);
    return initial === undefined || initial === null ? found : found.maximum(initial);
  },
);
export const min = /* @__PURE__ */ operation(
  "numpy.Min(x; axis=null, keepdims=false, initial=null)",
  (x: TensorLike, axis?: Axes, keepdims = false, initial?: number | null): Tensor => {
    const found = toTensor(x).min(axis, keepdims);
    return initial === undefined || initial === null ? found : found.minimum(initial);
  },
);
/** As `max`, without `initial`. */
export const amax = /* @__PURE__ */ operation(
  "numpy.Amax(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: Axes, keepdims = false): Tensor => toTensor(x).max(axis, keepdims),
);
/** As `min`, without `initial`. */
export const amin = /* @__PURE__ */ operation(
  "numpy.Amin(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: Axes, keepdims = false): Tensor => toTensor(x).min(axis, keepdims),
);
export const all = /* @__PURE__ */ operation(
  "numpy.All(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: Axes, keepdims = false): Tensor => toTensor(x).all(axis, keepdims),
);
export const any = /* @__PURE__ */ operation(
  "numpy.Any(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: Axes, keepdims = false): Tensor => toTensor(x).any(axis, keepdims),
);
export const argmax = /* @__PURE__ */ operation(
  "numpy.Argmax(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: number, keepdims = false): Tensor => toTensor(x).argmax(axis, keepdims),
);
export const argmin = /* @__PURE__ */ operation(
  "numpy.Argmin(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: number, keepdims = false): Tensor => toTensor(x).argmin(axis, keepdims),
);

/** ∏ over `axis` (default: all axes), in `dtype` (default: the operand's; small integers become 32-bit ones). */
export const prod = /* @__PURE__ */ operation(
  "numpy.Prod(x; axis=null, keepdims=false, dtype=null)",
  (x: TensorLike, axis?: Axes, keepdims = false, dtype?: DType | null): Tensor => {
    const t = inWords(toTensor(x), dtype);
    const axes = normalizeAxes(axis, t.rank);
    return same(t, (v) => kept(lax.reduceProd(v, axes), v.shape, axes, keepdims));
  },
);

/** Mean squared distance from the mean (divided by the count). */
export const variance = /* @__PURE__ */ operation(
  "numpy.Var(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: Axes, keepdims = false): Tensor => {
    const t = toTensor(x).astype("float32");
    const distance = t.sub(t.mean(axis, true));
    return distance.mul(distance).mean(axis, keepdims);
  },
);
export const std = /* @__PURE__ */ operation(
  "numpy.Std(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: Axes, keepdims = false): Tensor => variance(x, axis, keepdims).sqrt(),
);

// ---- products

/**
 * Matrix product of the last two axes; leading axes are broadcast. One-dimensional operands are rows or columns, as in
 * NumPy.
 * @throws if the inner sizes differ
 */
export const matmul = /* @__PURE__ */ operation(
  "numpy.Matmul(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor => {
    return apply([toTensor(x1), toTensor(x2)], (x, y) => matmulOf(asFloat(x), asFloat(y)));
  },
);

function matmulOf(x: Value, y: Value): Value {
  if (x.shape.length === 0 || y.shape.length === 0)
    throw new Error("matmul: expected tensors with at least one axis.");
  const a = x.shape.length === 1 ? lax.reshape(x, [1, x.shape[0]]) : x;
  const b = y.shape.length === 1 ? lax.reshape(y, [y.shape[0], 1]) : y;
  const inner = a.shape.length - 1;
  if (a.shape[inner] !== b.shape[b.shape.length - 2]) {
    throw new Error(
      `matmul: the inner sizes differ. Received: shapes ${formatShape(x.shape)} and ${formatShape(y.shape)}`,
    );
  }
  let result: Value;
  if (b.shape.length === 2) {
    result = lax.dotGeneral(a, b, { contracting: [[inner], [0]], batch: [[], []] });
  } else {
    const batch = broadcastLeading(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const left = lax.broadcastTo(a, [...batch, ...a.shape.slice(-2)]);
    const right = lax.broadcastTo(b, [...batch, ...b.shape.slice(-2)]);
    const axes = batch.map((_, axis) => axis);
    result = lax.dotGeneral(left, right, {
      contracting: [[batch.length + 1], [batch.length]],
      batch: [axes, axes],
    });
  }
  if (y.shape.length === 1) result = lax.reshape(result, result.shape.slice(0, -1));
  if (x.shape.length === 1) {
    const at = y.shape.length === 1 ? result.shape.length - 1 : result.shape.length - 2;
    result = lax.reshape(
      result,
      result.shape.filter((_, axis) => axis !== at),
    );
  }
  return result;
}

function broadcastLeading(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1),
  );
}

/** Sum of products over the given axes. */
export const tensordot = /* @__PURE__ */ operation(
  "numpy.Tensordot(x1, x2; axes=2)",
  (
    x1: TensorLike,
    x2: TensorLike,
    axes: number | readonly [readonly number[], readonly number[]] = 2,
  ): Tensor => {
    return apply([toTensor(x1), toTensor(x2)], (a, b) => {
      const [x, y] = [asFloat(a), asFloat(b)];
      const pair =
        typeof axes === "number"
          ? ([
              Array.from({ length: axes }, (_, i) => x.shape.length - axes + i),
              Array.from({ length: axes }, (_, i) => i),
            ] as const)
          : axes;
      return lax.dotGeneral(x, y, { contracting: [[...pair[0]], [...pair[1]]], batch: [[], []] });
    });
  },
);

/** Operands in one dtype and shape. */
export function broadcastTogether(...xs: readonly TensorLike[]): Tensor[] {
  return applyAll(xs, (...values) => together(values));
}
