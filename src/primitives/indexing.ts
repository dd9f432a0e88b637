import { newArray } from "../tensor/dtype.js";
import { formatShape, sameShape, sizeOf } from "../tensor/shape.js";
import { formatType, type TensorType, type Value } from "../trace/graph.js";
import type { HostArray, Primitive } from "../trace/primitive.js";
import { full } from "./broadcast.js";
import { bind } from "./define.js";
import { expectAxes, expectDtype, expectType } from "./expect.js";

interface GatherParams {
  readonly axis: number;
  readonly batchDims: number;
}

/** The type of what `gather` takes out of `x`. @throws if the operands do not fit */
function gatheredType(
  name: string,
  x: TensorType,
  indices: TensorType,
  { axis, batchDims }: GatherParams,
): TensorType {
  expectDtype(name, "indices", indices, ["int32"]);
  expectAxes(name, "axis", [axis], x);
  if (!(Number.isInteger(batchDims) && batchDims >= 0 && batchDims <= axis)) {
    throw new Error(
      `${name}: expected \`batchDims\` to be an integer in [0, axis=${axis}]. Received: batchDims=${batchDims}`,
    );
  }
  if (!sameShape(indices.shape.slice(0, batchDims), x.shape.slice(0, batchDims))) {
    throw new Error(
      `${name}: expected the first ${batchDims} axes of \`indices\` to be those of \`x\`. Received: x=${formatType(x)}, indices=${formatType(indices)}`,
    );
  }
  const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(batchDims), ...x.shape.slice(axis + 1)];
  if (x.shape[axis] === 0 && sizeOf(shape) > 0) {
    throw new Error(
      `${name}: axis ${axis} of ${formatShape(x.shape)} is empty, so no index is valid. Received: indices=${formatType(indices)}`,
    );
  }
  return { shape, dtype: x.dtype };
}

/** Which run of `x` belongs to which run of the result, runs being what lies inside of `axis`; in the result's order. */
function* runs(
  x: HostArray,
  indices: HostArray,
  { axis, batchDims }: GatherParams,
): Generator<readonly [own: number, gathered: number]> {
  const batches = sizeOf(x.shape.slice(0, batchDims));
  const outer = sizeOf(x.shape.slice(batchDims, axis));
  const size = x.shape[axis];
  const count = sizeOf(indices.shape.slice(batchDims));
  let gathered = 0;
  for (let batch = 0; batch < batches; batch++) {
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < count; i++) {
        const index = Math.min(Math.max(indices.data[batch * count + i], 0), size - 1);
        yield [(batch * outer + o) * size + index, gathered++];
      }
    }
  }
}

const gatherPrimitive: Primitive<GatherParams> = {
  name: "gather",
  infer: ([x, indices], params) => [gatheredType("gather", x, indices, params)],
  evaluate: ([x, indices], params, [type]) => {
    const result = newArray(x.dtype, sizeOf(type.shape));
    const inner = sizeOf(x.shape.slice(params.axis + 1));
    if (result.length === 0) return [result];
    for (const [own, gathered] of runs(x, indices, params))
      result.set(x.data.subarray(own * inner, (own + 1) * inner), gathered * inner);
    return [result];
  },
  vjp: ({ cotangents: [ct], inputs: [x, indices], params }) => [
    ct && scatterAdd(full(x.shape, 0, x.dtype), indices, ct, params),
    undefined,
  ],
};

/** Where `gather` reads and `scatterAdd` writes. */
export interface GatherOptions {
  readonly axis: number;
  /** How many leading axes `x` and `indices` share: each batch has indices of its own. Default 0. */
  readonly batchDims?: number;
}

/**
 * What lies at `indices` (int32, limited to the axis) along `axis`: with `batchDims` 0 the result is
 * `x.shape[…axis]`, then the shape of `indices`, then `x.shape[axis + 1…]`.
 * @throws if the indices are not int32, or the batches differ
 */
export function gather(x: Value, indices: Value, { axis, batchDims = 0 }: GatherOptions): Value {
  return bind(gatherPrimitive, { axis, batchDims }, x, indices);
}

const scatterPrimitive: Primitive<GatherParams> = {
  name: "scatter_add",
  infer: ([x, indices, updates], params) => {
    expectDtype("scatter_add", "x", x, ["float32", "int32", "uint32", "uint8"]);
    expectType("scatter_add", "updates", updates, gatheredType("scatter_add", x, indices, params));
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  evaluate: ([x, indices, updates], params) => {
    const result = x.data.slice();
    const inner = sizeOf(x.shape.slice(params.axis + 1));
    if (updates.data.length === 0) return [result];
    for (const [own, gathered] of runs(x, indices, params)) {
      for (let j = 0; j < inner; j++) result[own * inner + j] += updates.data[gathered * inner + j];
    }
    return [result];
  },
  vjp: ({ cotangents: [ct], inputs: [, indices], params }) => [
    ct,
    undefined,
    ct && gather(ct, indices, params),
  ],
};

/**
 * Adds `updates`, shaped like what `gather` would take out, to `x` at `indices` (int32, limited to the axis), one after the
 * other in row-major order of the updates.
 * @throws if `updates` has another type than `gather`'s result
 */
export function scatterAdd(
  x: Value,
  indices: Value,
  updates: Value,
  { axis, batchDims = 0 }: GatherOptions,
): Value {
  return bind(scatterPrimitive, { axis, batchDims }, x, indices, updates);
}
