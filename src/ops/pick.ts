import * as lax from "../primitives/index.js";
import type { DType } from "../tensor/dtype.js";
import type { Value } from "../trace/graph.js";

/** What stands where an index points to nothing, as in Keras on JAX. */
const nothing: Readonly<Record<DType, number>> = {
  float32: Number.NaN,
  int32: -(2 ** 31),
  uint32: 2 ** 32 - 1,
  uint8: 255,
  bool: 1,
};

/**
 * What lies at `indices` along an axis: −1 is the last place. An index that is outside gives NaN, or of integers the smallest
 * negative or the largest unsigned number, or true; no gradient comes through it.
 */
export function pick(
  x: Value,
  indices: Value,
  { axis, batchDims = 0 }: { readonly axis: number; readonly batchDims?: number },
): Value {
  const size = x.shape[axis];
  const whole = lax.convert(indices, "int32");
  const places = lax.select(lax.lt(whole, 0), lax.add(whole, size), whole);
  const picked = lax.gather(x, places, { axis, batchDims });
  const inside = lax.broadcastInDim(
    lax.and(lax.ge(places, 0), lax.lt(places, size)),
    picked.shape,
    places.shape.map((_, a) => (a < batchDims ? a : axis + a - batchDims)),
  );
  return lax.select(inside, picked, lax.full([], nothing[x.dtype], x.dtype));
}
