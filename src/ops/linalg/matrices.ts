import * as lax from "../../primitives/index.js";
import { formatShape, sizeOf } from "../../tensor/shape.js";
import type { Value } from "../../trace/graph.js";
import { scan } from "../control.js";
import { applyAll, type Tensor, tensor } from "../tensor.js";

// What decompositions are written with. Inside, matrices are batches with one leading axis. Loops over columns are scans, whose
// shapes stay the same in every step (what a step must not touch is masked), so that they have derivatives.

/** @throws if there are less than two axes */
export function matrices(name: string, x: Tensor): Tensor {
  if (x.rank < 2)
    throw new Error(
      `ops.${name}: expected matrices in the last two axes. Received: shape ${formatShape(x.shape)}`,
    );
  return x.astype("float32");
}
/** @throws if the last two axes differ in size */
export function square(name: string, x: Tensor): Tensor {
  if (x.rank < 2 || x.shape[x.rank - 1] !== x.shape[x.rank - 2]) {
    throw new Error(
      `ops.${name}: expected square matrices in the last two axes. Received: shape ${formatShape(x.shape)}`,
    );
  }
  return x.astype("float32");
}

/** A batch with one leading axis. */
export const batched = (x: Tensor): Tensor => x.reshape([sizeOf(x.shape.slice(0, -2)), ...x.shape.slice(-2)]);

/** A batch of identity matrices. */
export function units(batch: number, n: number): Value {
  const shape = [batch, n, n];
  return lax.convert(lax.eq(lax.iota(shape, "int32", 1), lax.iota(shape, "int32", 2)), "float32");
}

/** Sums over one axis of products, which are broadcast. */
export const sumOfProducts = (x: Value, y: Value, axis: number): Value =>
  lax.reduceSum(lax.mul(x, y), [axis]);
/** Row k of each matrix: `[batch, columns]`. */
export const rowOf = (x: Value, k: Value): Value => lax.gather(x, k, { axis: 1 });
/** Column k of each matrix: `[batch, rows]`. */
export const columnOf = (x: Value, k: Value): Value => lax.gather(x, k, { axis: 2 });
/** Element k of each row: `[batch]`. */
export const elementOf = (x: Value, k: Value): Value => lax.gather(x, k, { axis: 1 });
/** `[batch, n]` along the second axis of matrices, to be broadcast along the third. */
export const down = (v: Value): Value => lax.reshape(v, [...v.shape, 1]);
/** `[batch, n]` along the third axis of matrices, to be broadcast along the second. */
export const across = (v: Value): Value => lax.reshape(v, [v.shape[0], 1, v.shape[1]]);
/** Positions along one axis of an array of `shape`. */
export const placesOf = (shape: readonly number[], axis: number): Value => lax.iota(shape, "int32", axis);

/** Repeats a step for k = 0 … n − 1 (or backwards); gives what goes from step to step at the end, and each step's results. */
export function eachStep(
  n: number,
  start: readonly Tensor[],
  step: (
    carried: readonly Value[],
    k: Value,
  ) => { readonly next: readonly Value[]; readonly results?: readonly Value[] },
  reverse = false,
): { readonly last: readonly Tensor[]; readonly results: readonly Tensor[] } {
  const order = tensor(Int32Array.from({ length: n }, (_, i) => i));
  const [last, results] = scan<readonly Tensor[], Tensor, readonly Tensor[]>(
    (carried, k) => {
      const all = applyAll([...carried, k], (...values) => {
        const { next, results = [] } = step(
          values.slice(0, -1) as Value[],
          values[values.length - 1] as Value,
        );
        return [...next, ...results];
      });
      return [all.slice(0, carried.length), all.slice(carried.length)];
    },
    start,
    order,
    { reverse },
  );
  return { last, results };
}
