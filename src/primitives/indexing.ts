import { newArray } from "../tensor/dtype.js";
import { sizeOf } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { full } from "./broadcast.js";
import { bind } from "./define.js";

interface GatherParams {
  axis: number;
  batchDims: number;
}
function* runs(
  shape: readonly number[],
  indices: { shape: readonly number[]; data: ArrayLike<number> },
  { axis, batchDims }: GatherParams,
) {
  const B = sizeOf(shape.slice(0, batchDims)),
    O = sizeOf(shape.slice(batchDims, axis)),
    n = shape[axis],
    I = sizeOf(indices.shape.slice(batchDims));
  let k = 0;
  for (let b = 0; b < B; b++)
    for (let o = 0; o < O; o++)
      for (let i = 0; i < I; i++) {
        const p = Math.min(Math.max(indices.data[b * I + i], 0), n - 1);
        yield [(b * O + o) * n + p, k++] as const;
      }
}
const gatherPrimitive: Primitive<GatherParams> = {
  name: "gather",
  infer: ([x, i], { axis, batchDims }) => [
    {
      shape: [...x.shape.slice(0, axis), ...i.shape.slice(batchDims), ...x.shape.slice(axis + 1)],
      dtype: x.dtype,
    },
  ],
  evaluate: ([x, i], params, [type]) => {
    const out = newArray(x.dtype, sizeOf(type.shape));
    const inner = sizeOf(x.shape.slice(params.axis + 1));
    for (const [s, d] of runs(x.shape, i, params))
      out.set(x.data.subarray(s * inner, (s + 1) * inner), d * inner);
    return [out];
  },
  vjp: ({ cotangents: [ct], inputs: [x, i], params }) => [
    ct && scatterAdd(full(x.shape, 0, x.dtype), i, ct, params),
    undefined,
  ],
};
export const gather = (
  x: Value,
  indices: Value,
  { axis, batchDims = 0 }: { axis: number; batchDims?: number },
): Value => bind(gatherPrimitive, { axis, batchDims }, x, indices);
const scatterPrimitive: Primitive<GatherParams> = {
  name: "scatter_add",
  infer: ([x]) => [x],
  evaluate: ([x, i, u], params) => {
    const out = x.data.slice();
    const inner = sizeOf(x.shape.slice(params.axis + 1));
    for (const [s, d] of runs(x.shape, i, params))
      for (let j = 0; j < inner; j++) out[s * inner + j] += u.data[d * inner + j];
    return [out];
  },
  vjp: ({ cotangents: [ct], inputs: [, i], params }) => [ct, undefined, ct && gather(ct, i, params)],
};
export const scatterAdd = (
  x: Value,
  indices: Value,
  updates: Value,
  { axis, batchDims = 0 }: { axis: number; batchDims?: number },
): Value => bind(scatterPrimitive, { axis, batchDims }, x, indices, updates);
