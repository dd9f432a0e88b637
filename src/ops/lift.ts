import * as lax from "../primitives/index.js";
import type { DType } from "../tensor/dtype.js";
import { isTracing } from "../trace/current.js";
import type { Value } from "../trace/graph.js";
import { asFloat, resultType, together } from "./promotion.js";
import { apply, applyAll, Tensor, type TensorLike, toTensor, valueOf } from "./tensor.js";

// How operations get from tensors to values and back.

/** Of one tensor, computed in float32. */
export const floating = (x: TensorLike, compute: (x: Value) => Value): Tensor =>
  apply([x], (a) => compute(asFloat(a)));

/** Of one tensor in its own dtype. */
export const same = (x: TensorLike, compute: (x: Value) => Value): Tensor =>
  apply([toTensor(x)], (a) => compute(a as Value));

/** Ready for sums and products: in `dtype`, or else small integers as 32-bit ones, since results outgrow them. */
export function inWords(x: Tensor, dtype?: DType | null): Tensor {
  if (dtype) return x.astype(dtype);
  if (x.dtype === "bool") return x.astype("int32");
  return x.dtype === "uint8" ? x.astype("uint32") : x;
}

/** Of two tensors, broadcast, in the promoted dtype or the given one. */
export const pair = (
  x: TensorLike,
  y: TensorLike,
  compute: (x: Value, y: Value) => Value,
  dtype?: DType,
): Tensor =>
  apply([x, y], (a, b) => compute(...(together([a, b], dtype ?? resultType(a, b)) as [Value, Value])));

/** The result of a reduction, with axes of size 1 in place of the reduced ones if they are to be kept. */
export const kept = (
  result: Value,
  shape: readonly number[],
  axes: readonly number[],
  keepdims: boolean,
): Value =>
  keepdims
    ? lax.reshape(
        result,
        shape.map((extent, a) => (axes.includes(a) ? 1 : extent)),
      )
    : result;

/** Many steps as one program: `compute` gets symbolic tensors, also where nothing is being traced. */
export function composite(xs: readonly TensorLike[], compute: (...xs: Tensor[]) => Tensor): Tensor {
  return compositeAll(xs, (...tensors) => [compute(...tensors)])[0];
}

/** The same for several results. */
export function compositeAll(
  xs: readonly TensorLike[],
  compute: (...xs: Tensor[]) => readonly Tensor[],
): Tensor[] {
  const tensors = xs.map((x) => toTensor(x));
  if (isTracing()) return [...compute(...tensors)];
  return applyAll(tensors, (...values) =>
    compute(...values.map((value) => new Tensor(value as Value, value as Value))).map((t) => valueOf(t)),
  );
}

/**
 * The elements of a tensor that is there: for results whose shape depends on them.
 * @throws if the tensor is symbolic
 */
export function known(name: string, x: TensorLike): Tensor {
  const t = toTensor(x);
  if (t.isSymbolic) {
    throw new Error(
      `ops.${name}: the shape of the result depends on the elements of a tensor that is only computed when the program runs. ` +
        `Call it outside of compiled functions and models.`,
    );
  }
  return t;
}
