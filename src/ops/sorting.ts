import * as lax from "../primitives/index.js";
import { prepareTopK } from "../runtime/topK.js";
import { normalizeAxis } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import { same } from "./lift.js";
import { operation } from "./operation.js";
import { asFloat } from "./promotion.js";
import { apply, applyAll, type Tensor, type TensorLike, toTensor } from "./tensor.js";

// https://keras.io/api/ops/numpy/, https://keras.io/api/ops/math/: elements by their order

const sorted = (x: TensorLike, axis: number | null, result: 0 | 1) =>
  same(
    axis === null ? toTensor(x).reshape([-1]) : x,
    (v) => lax.sort(v, axis === null ? 0 : normalizeAxis(axis, v.shape.length))[result],
  );
/** Sorted along `axis` (null: flattened), smallest first. */
export const sort = /* @__PURE__ */ operation(
  "numpy.Sort(x; axis=-1)",
  (x: TensorLike, axis: number | null = -1): Tensor => sorted(x, axis, 0),
);
/** The positions that sort along `axis` (null: of the flattened tensor), int32. */
export const argsort = /* @__PURE__ */ operation(
  "numpy.Argsort(x; axis=-1)",
  (x: TensorLike, axis: number | null = -1): Tensor => sorted(x, axis, 1),
);
/** The `k` largest along the last axis, largest first (also without `sorted`), and their positions. */
export const topK = /* @__PURE__ */ operation(
  "math.TopK(x; k, sorted=true)",
  (x: TensorLike, k: number, _sorted = true): [values: Tensor, indices: Tensor] => {
    prepareTopK();
    return applyAll([toTensor(x)], (v) => lax.topK(v as Value, k)) as [Tensor, Tensor];
  },
);

/** Whether the element of each row of `predictions` at the row's target is one of the `k` largest; NaN never is. */
export const inTopK = /* @__PURE__ */ operation(
  "math.InTopK(targets, predictions; k)",
  (targets: TensorLike, predictions: TensorLike, k: number): Tensor =>
    apply([toTensor(targets, "int32"), toTensor(predictions)], (t, p) => {
      const rows = asFloat(p);
      const axis = rows.shape.length - 1;
      const places = lax.reshape(lax.convert(t as Value, "int32"), [...(t as Value).shape, 1]);
      const found = lax.gather(rows, places, { axis, batchDims: axis });
      const target = lax.select(lax.ne(found, found), Number.NEGATIVE_INFINITY, found);
      return lax.lt(lax.reduceSum(lax.convert(lax.gt(rows, target), "int32"), [axis]), k);
    }),
);
