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

/** Of two tensors, broadcast, in the promoted dtype or the given one. */
export const pair = (
  x: TensorLike,
  y: TensorLike,
  compute: (x: Value, y: Value) => Value,
  dtype?: DType,
): Tensor =>
  apply([x, y], (a, b) => compute(...(together([a, b], dtype ?? resultType(a, b)) as [Value, Value])));

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
