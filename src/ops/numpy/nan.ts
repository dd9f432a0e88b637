import * as lax from "../../primitives/index.js";
import type { DType } from "../../tensor/dtype.js";
import { normalizeAxis } from "../../tensor/shape.js";
import type { Value } from "../../trace/graph.js";
import { floating, inWords, kept, same } from "../lift.js";
import { operation } from "../operation.js";
import { type Axes, normalizeAxes, type Tensor, type TensorLike, toTensor } from "../tensor.js";
import { cumprod, cumsum } from "./cumulative.js";

// https://keras.io/api/ops/numpy/: reductions that pass over NaN

const isNaNOf = (v: Value) => lax.ne(v, v);
/** With a number in place of NaN; integers stay as they are. */
const filled = (v: Value, filling: number) =>
  v.dtype === "float32" ? lax.select(isNaNOf(v), filling, v) : v;
const filledTensor = (x: TensorLike, filling: number) => same(x, (v) => filled(v, filling));

/** Σ of what is not NaN over `axis` (default: all axes). */
export const nansum = /* @__PURE__ */ operation(
  "numpy.Nansum(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: Axes, keepdims = false): Tensor => filledTensor(x, 0).sum(axis, keepdims),
);
/** ∏ of what is not NaN over `axis` (default: all axes). */
export const nanprod = /* @__PURE__ */ operation(
  "numpy.Nanprod(x; axis=null, keepdims=false)",
  (x: TensorLike, axis?: Axes, keepdims = false): Tensor => {
    return same(inWords(filledTensor(x, 1)), (v) => {
      const axes = normalizeAxes(axis, v.shape.length);
      return kept(lax.reduceProd(v, axes), v.shape, axes, keepdims);
    });
  },
);

const extreme = (reduce: (v: Value, axes: readonly number[]) => Value, worst: number) =>
  function of(x: TensorLike, axis?: Axes, keepdims = false): Tensor {
    const t = toTensor(x);
    if (t.dtype !== "float32") return worst < 0 ? t.max(axis, keepdims) : t.min(axis, keepdims);
    return same(t, (v) => {
      const axes = normalizeAxes(axis, v.shape.length);
      const found = reduce(filled(v, worst), axes);
      const result = lax.select(lax.reduceAnd(isNaNOf(v), axes), Number.NaN, found);
      return kept(result, v.shape, axes, keepdims);
    });
  };
/** The largest element over `axis` (default: all axes) that is not NaN; NaN if all are. */
export const nanmax = /* @__PURE__ */ operation(
  "numpy.Nanmax(x; axis=null, keepdims=false)",
  /* @__PURE__ */ extreme(lax.reduceMax, Number.NEGATIVE_INFINITY),
);
/** The smallest element over `axis` (default: all axes) that is not NaN; NaN if all are. */
export const nanmin = /* @__PURE__ */ operation(
  "numpy.Nanmin(x; axis=null, keepdims=false)",
  /* @__PURE__ */ extreme(lax.reduceMin, Number.POSITIVE_INFINITY),
);

const position = (find: (v: Value, axis: number) => Value, worst: number) =>
  function of(x: TensorLike, axis?: number, keepdims = false): Tensor {
    const t = toTensor(x);
    const rank = t.rank;
    const flat = axis === undefined ? t.reshape([-1]) : t;
    const words = t.dtype === "bool" || t.dtype === "uint8" ? flat.astype("int32") : flat;
    return same(words, (v) => {
      const at = axis === undefined ? 0 : normalizeAxis(axis, rank);
      const found = find(filled(v, worst), at);
      const nothing = lax.reduceAnd(isNaNOf(v), [at]);
      const result = v.dtype === "float32" ? lax.select(nothing, -1, found) : found;
      const shape = t.shape.map((extent, a) => (axis === undefined || a === at ? 1 : extent));
      return keepdims ? lax.reshape(result, shape) : result;
    });
  };
/** The position of the largest element along `axis` (default: of all) that is not NaN, int32; −1 if all are. */
export const nanargmax = /* @__PURE__ */ operation(
  "numpy.Nanargmax(x; axis=null, keepdims=false)",
  /* @__PURE__ */ position(lax.argmax, Number.NEGATIVE_INFINITY),
);
/** The position of the smallest element along `axis` (default: of all) that is not NaN, int32; −1 if all are. */
export const nanargmin = /* @__PURE__ */ operation(
  "numpy.Nanargmin(x; axis=null, keepdims=false)",
  /* @__PURE__ */ position(lax.argmin, Number.POSITIVE_INFINITY),
);

/** How many elements over some axes are not NaN, float32. */
const presentOf = (v: Value, axes: readonly number[]) =>
  lax.reduceSum(lax.convert(lax.eq(v, v), "float32"), axes);
const meanOf = (v: Value, axes: readonly number[]) =>
  lax.div(lax.reduceSum(filled(v, 0), axes), presentOf(v, axes));
function varianceOf(v: Value, axes: readonly number[]): Value {
  const mean = kept(meanOf(v, axes), v.shape, axes, true);
  const distance = lax.select(isNaNOf(v), 0, lax.sub(v, mean));
  return lax.div(lax.reduceSum(lax.mul(distance, distance), axes), presentOf(v, axes));
}
const described = (compute: (v: Value, axes: readonly number[]) => Value) =>
  function of(x: TensorLike, axis?: Axes, keepdims = false): Tensor {
    return floating(x, (v) => {
      const axes = normalizeAxes(axis, v.shape.length);
      return kept(compute(v, axes), v.shape, axes, keepdims);
    });
  };
/** The mean of what is not NaN over `axis` (default: all axes), float32; NaN if nothing is left. */
export const nanmean = /* @__PURE__ */ operation(
  "numpy.Nanmean(x; axis=null, keepdims=false)",
  /* @__PURE__ */ described(meanOf),
);
/** The mean squared distance from the mean of what is not NaN over `axis` (default: all axes), float32. */
export const nanvar = /* @__PURE__ */ operation(
  "numpy.Nanvar(x; axis=null, keepdims=false)",
  /* @__PURE__ */ described(varianceOf),
);
/** The root of `nanvar`. */
export const nanstd = /* @__PURE__ */ operation(
  "numpy.Nanstd(x; axis=null, keepdims=false)",
  /* @__PURE__ */ described((v, axes) => lax.sqrt(varianceOf(v, axes))),
);

/** Running sums along `axis` (null: of the flattened tensor) that NaN add nothing to. */
export const nancumsum = /* @__PURE__ */ operation(
  "numpy.Nancumsum(x; axis=null, dtype=null)",
  (x: TensorLike, axis?: number | null, dtype?: DType | null): Tensor =>
    cumsum(filledTensor(x, 0), axis, dtype),
);
/** Running products along `axis` (null: of the flattened tensor) that NaN leave as they are. */
export const nancumprod = /* @__PURE__ */ operation(
  "numpy.Nancumprod(x; axis=null, dtype=null)",
  (x: TensorLike, axis?: number | null, dtype?: DType | null): Tensor =>
    cumprod(filledTensor(x, 1), axis, dtype),
);
