import * as lax from "../../primitives/index.js";
import type { DType } from "../../tensor/dtype.js";
import { normalizeAxis } from "../../tensor/shape.js";
import type { Value } from "../../trace/graph.js";
import { inWords, same } from "../lift.js";
import { operation } from "../operation.js";
import { type Tensor, type TensorLike, toTensor } from "../tensor.js";

// https://keras.io/api/ops/numpy/: what comes together along an axis

function cumulative(
  x: TensorLike,
  axis: number | null | undefined,
  dtype: DType | null | undefined,
  compute: (v: Value, axis: number) => Value,
): Tensor {
  const given = toTensor(x);
  const t = inWords(axis === undefined || axis === null ? given.reshape([-1]) : given, dtype);
  return same(t, (v) => compute(v, normalizeAxis(axis ?? 0, v.shape.length)));
}

/**
 * Running sums along `axis` (default null: of the flattened tensor).
 * @param dtype in which they are computed; default: the operand's, small integers become 32-bit ones
 */
export const cumsum = /* @__PURE__ */ operation(
  "numpy.Cumsum(x; axis=null, dtype=null)",
  (x: TensorLike, axis?: number | null, dtype?: DType | null): Tensor =>
    cumulative(x, axis, dtype, lax.cumsum),
);

/** Running products: after each round twice as many neighbours are in each of them. */
function cumprodOf(v: Value, axis: number): Value {
  const one = lax.full([], 1, v.dtype);
  const along = (n: number) => v.shape.map((_, a) => (a === axis ? n : 0));
  let product = v;
  for (let distance = 1; distance < v.shape[axis]; distance *= 2) {
    const before = lax.pad(product, one, along(distance), along(-distance));
    product = lax.mul(product, before);
  }
  return product;
}
/** Running products along `axis` (default null: of the flattened tensor). @param dtype as of `cumsum` */
export const cumprod = /* @__PURE__ */ operation(
  "numpy.Cumprod(x; axis=null, dtype=null)",
  (x: TensorLike, axis?: number | null, dtype?: DType | null): Tensor =>
    cumulative(x, axis, dtype, cumprodOf),
);
