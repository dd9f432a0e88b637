import * as lax from "../primitives/index.js";
import { formatShape, normalizeAxis, sizeOf } from "../tensor/shape.js";
import { constant } from "../trace/current.js";
import type { Value } from "../trace/graph.js";
import { concatenate, expandDims, flip, split, squeeze } from "./arrays.js";
import { subtract } from "./elementwise.js";
import { operation } from "./operation.js";
import { type Axes, apply, normalizeAxes, type Tensor, type TensorLike, toTensor } from "./tensor.js";

// https://keras.io/api/ops/numpy/: other arrangements of the same elements

const same = (x: TensorLike, compute: (x: Value) => Value) =>
  apply([toTensor(x)], (v) => compute(v as Value));

/**
 * Each element several times, one after another.
 * @param repeats how often: one number, or one for each element along `axis`
 * @param axis default: the tensor is made flat first
 */
export const repeat = /* @__PURE__ */ operation(
  "numpy.Repeat(x; repeats, axis=null)",
  (x: TensorLike, repeats: number | readonly number[], axis?: number): Tensor => {
    const t = axis === undefined ? toTensor(x).reshape([-1]) : toTensor(x);
    const at = normalizeAxis(axis ?? 0, t.rank);
    const counts = typeof repeats === "number" ? [repeats] : repeats;
    if (!counts.every((count) => Number.isInteger(count) && count >= 0)) {
      throw new Error(
        `repeat: expected integers of at least 0. Received: repeats=${JSON.stringify(repeats)}`,
      );
    }
    if (counts.length === 1) {
      const wide = [...t.shape.slice(0, at + 1), counts[0], ...t.shape.slice(at + 1)];
      const axes = t.shape.map((_, a) => (a <= at ? a : a + 1));
      const result = t.shape.map((extent, a) => (a === at ? extent * counts[0] : extent));
      return same(t, (v) => lax.reshape(lax.broadcastInDim(v, wide, axes), result));
    }
    if (counts.length !== t.shape[at]) {
      throw new Error(
        `repeat: expected one number, or ${t.shape[at]} for axis ${at} of shape ${formatShape(t.shape)}. Received: ${counts.length}`,
      );
    }
    return chosen(
      t,
      counts.flatMap((count, i) => Array.from({ length: count }, () => i)),
      at,
    );
  },
);

/** The elements at fixed positions along an axis. */
function chosen(t: Tensor, positions: readonly number[], axis: number): Tensor {
  const indices = Int32Array.from(positions);
  return same(t, (v) =>
    lax.gather(v, constant(indices, { shape: [indices.length], dtype: "int32" }), { axis }),
  );
}

/** Exchanges two axes. */
export const swapaxes = /* @__PURE__ */ operation(
  "numpy.Swapaxes(x; axis1, axis2)",
  (x: TensorLike, axis1: number, axis2: number): Tensor => {
    const t = toTensor(x);
    const [a, b] = [normalizeAxis(axis1, t.rank), normalizeAxis(axis2, t.rank)];
    return t.transpose(t.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)));
  },
);

/** Axes moved to other places; the others keep their order. */
export const moveaxis = /* @__PURE__ */ operation(
  "numpy.Moveaxis(x; source, destination)",
  (x: TensorLike, source: Axes, destination: Axes): Tensor => {
    const t = toTensor(x);
    const list = (axes: Axes) =>
      (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(axis, t.rank));
    const [from, to] = [list(source), list(destination)];
    if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length) {
      throw new Error(
        `moveaxis: expected as many different axes in \`source\` as in \`destination\`. Received: source=${JSON.stringify(source)}, destination=${JSON.stringify(destination)}`,
      );
    }
    const rest = t.shape.map((_, axis) => axis).filter((axis) => !from.includes(axis));
    return t.transpose(
      t.shape.map((_, axis) => (to.includes(axis) ? from[to.indexOf(axis)] : (rest.shift() as number))),
    );
  },
);

/** Elements moved along axes; those that fall off come in again at the other end. Without `axis` in the flat order. */
export const roll = /* @__PURE__ */ operation(
  "numpy.Roll(x; shift, axis=null)",
  (x: TensorLike, shift: number | readonly number[], axis?: Axes): Tensor => {
    const t = toTensor(x);
    if (axis === undefined) return roll(t.reshape([-1]), shift, 0).reshape(t.shape);
    const axes = (typeof axis === "number" ? [axis] : axis).map((a) => normalizeAxis(a, t.rank));
    return axes.reduce((result, a, i) => {
      const extent = result.shape[a];
      const by = typeof shift === "number" ? shift : shift[i];
      const cut = extent === 0 ? 0 : ((-by % extent) + extent) % extent;
      return cut === 0 ? result : concatenate(split(result, [cut], a).reverse(), a);
    }, t);
  },
);

/** One axis of all elements. */
export const ravel = /* @__PURE__ */ operation(
  "numpy.Ravel(x)",
  (x: TensorLike): Tensor => toTensor(x).reshape([-1]),
);

/** `x2` after `x1` along `axis` (default: both made flat first). */
export const append = /* @__PURE__ */ operation(
  "numpy.Append(x1, x2; axis=null)",
  (x1: TensorLike, x2: TensorLike, axis?: number): Tensor => {
    return axis === undefined ? concatenate([ravel(x1), ravel(x2)], 0) : concatenate([x1, x2], axis);
  },
);

const atLeast = (rank: number) => (x: TensorLike) => {
  let t = toTensor(x);
  while (t.rank < rank) t = expandDims(t, t.rank === 2 ? 2 : 0);
  return t;
};

/** Side by side: along the second axis (the first for one-dimensional tensors). */
export const hstack = /* @__PURE__ */ operation("numpy.Hstack(xs)", (xs: readonly TensorLike[]): Tensor => {
  const tensors = xs.map(atLeast(1));
  return concatenate(tensors, tensors[0]?.rank === 1 ? 0 : 1);
});
/** One below the other: along the first axis, one-dimensional tensors as rows. */
export const vstack = /* @__PURE__ */ operation(
  "numpy.Vstack(xs)",
  (xs: readonly TensorLike[]): Tensor => concatenate(xs.map(atLeast(2)), 0),
);
/** Along the third axis. */
export const dstack = /* @__PURE__ */ operation(
  "numpy.Dstack(xs)",
  (xs: readonly TensorLike[]): Tensor => concatenate(xs.map(atLeast(3)), 2),
);

/** Cut into `sections` parts along `axis`, the first ones longer by one if they cannot be equal. */
export const arraySplit = /* @__PURE__ */ operation(
  "numpy.ArraySplit(x; indices_or_sections, axis=0)",
  (x: TensorLike, sections: number, axis = 0): Tensor[] => {
    const t = toTensor(x);
    const extent = t.shape[normalizeAxis(axis, t.rank)];
    const [size, longer] = [Math.floor(extent / sections), extent % sections];
    return split(
      t,
      Array.from({ length: sections - 1 }, (_, i) => (i + 1) * size + Math.min(i + 1, longer)),
      axis,
    );
  },
);
export const hsplit = /* @__PURE__ */ operation(
  "numpy.Hsplit(x; indices_or_sections)",
  (x: TensorLike, indicesOrSections: number | readonly number[]): Tensor[] =>
    split(x, indicesOrSections, toTensor(x).rank === 1 ? 0 : 1),
);
export const vsplit = /* @__PURE__ */ operation(
  "numpy.Vsplit(x; indices_or_sections)",
  (x: TensorLike, indicesOrSections: number | readonly number[]): Tensor[] => split(x, indicesOrSections, 0),
);
export const dsplit = (x: TensorLike, indicesOrSections: number | readonly number[]): Tensor[] =>
  split(x, indicesOrSections, 2);

/** The slices along `axis`, which goes away. */
export const unstack = /* @__PURE__ */ operation(
  "core.Unstack(x; num=null, axis=0)",
  (x: TensorLike, num?: number, axis = 0): Tensor[] => {
    const t = toTensor(x);
    const extent = t.shape[normalizeAxis(axis, t.rank)];
    if (num !== undefined && num !== extent)
      throw new Error(`unstack: axis ${axis} has size ${extent}. Received: num=${num}`);
    return split(t, extent, axis).map((part) => squeeze(part, axis));
  },
);

/** Turned by `k` right angles in the plane of two axes, from the first to the second. */
export const rot90 = /* @__PURE__ */ operation(
  "numpy.Rot90(array; k=1, axes=[0,1])",
  (x: TensorLike, k = 1, axes: readonly [number, number] = [0, 1]): Tensor => {
    const t = toTensor(x);
    const [a, b] = axes.map((axis) => normalizeAxis(axis, t.rank));
    switch (((k % 4) + 4) % 4) {
      case 0:
        return t;
      case 1:
        return flip(swapaxes(t, a, b), a);
      case 2:
        return flip(t, [a, b]);
      default:
        return swapaxes(flip(t, a), a, b);
    }
  },
);
export const fliplr = /* @__PURE__ */ operation("numpy.Fliplr(x)", (x: TensorLike): Tensor => flip(x, 1));
export const flipud = /* @__PURE__ */ operation("numpy.Flipud(x)", (x: TensorLike): Tensor => flip(x, 0));

/** Differences of neighbours along `axis`, `n` times over. */
export const diff = /* @__PURE__ */ operation(
  "numpy.Diff(a; n=1, axis=-1)",
  (x: TensorLike, n = 1, axis = -1): Tensor => {
    const t = toTensor(x);
    if (n === 0) return t;
    const at = normalizeAxis(axis, t.rank);
    const part = (from: number) =>
      t.slice(
        t.shape.map((_, a) => (a === at ? from : 0)),
        t.shape.map((extent, a) => (a === at ? Math.max(extent - 1, 0) : extent)),
      );
    return diff(subtract(part(1), part(0)), n - 1, at);
  },
);

/** Coordinates of a grid: each `xs[i]` along one axis and repeated along the others. */
export const meshgrid = /* @__PURE__ */ operation(
  'numpy.Meshgrid(*x; ...indexing="xy")',
  (xs: readonly TensorLike[], options: { indexing?: "xy" | "ij" } = {}): Tensor[] => {
    const flat = xs.map((x) => toTensor(x).reshape([-1]));
    const order = flat.map((_, i) => i);
    if ((options.indexing ?? "xy") === "xy" && flat.length > 1) [order[0], order[1]] = [1, 0];
    const shape = order.map((i) => flat[i].size);
    return flat.map((t, i) => same(t, (v) => lax.broadcastInDim(v, shape, [order.indexOf(i)])));
  },
);

/** Number of elements, or the sizes of some axes multiplied. */
export const size = (x: TensorLike, axis?: Axes): number => {
  const t = toTensor(x);
  return sizeOf(normalizeAxes(axis, t.rank).map((a) => t.shape[a]));
};
export const ndim = (x: TensorLike): number => toTensor(x).rank;
/** The sizes of the axes. */
export const shape = (x: TensorLike): readonly number[] => toTensor(x).shape;
