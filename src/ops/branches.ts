import * as lax from "../primitives/index.js";
import type { Value } from "../trace/graph.js";
import { hasKerasTensor } from "./kerasTensor.js";
import { apply, type Tensor, type TensorLike, toTensor } from "./tensor.js";
import { Trace } from "./trace.js";
import { flatten, type Tree } from "./tree.js";

// https://keras.io/api/ops/core/: which of several functions is computed. Where that is only known when the program runs, all are
// computed and one result is chosen: functions of tensors have no other effects.

/** The results of all branches, that of `chosen` in their place. @throws if they differ in type, or assign variables */
function chosenOf<R extends Tree>(
  name: string,
  branches: readonly (() => R)[],
  chosen: (i: number) => Tensor,
): R {
  const assigned = new Map(Trace.active?.assigned);
  const results = branches.map((branch) => flatten(branch()));
  for (const [holder, value] of Trace.active?.assigned ?? []) {
    if (assigned.get(holder) !== value)
      throw new Error(
        `ops.${name}: a variable was assigned inside of a branch. Give its value back, and assign it afterwards.`,
      );
  }
  const [first] = results;
  const tensors = first.tensors.map((t, k) =>
    results.reduce<Tensor>((sum, { tensors, structure }, i) => {
      const other = tensors[k];
      if (structure !== first.structure || other.dtype !== t.dtype || other.rank !== t.rank)
        throw new Error(`ops.${name}: the branches must give results of one structure, shape and dtype.`);
      if (i === 0) return other;
      return apply([chosen(i), other, sum], (c, x, y) => {
        const [a, b] = [x as Value, y as Value];
        return lax.select(lax.broadcastTo(c as Value, a.shape), a, b);
      });
    }, t),
  );
  return first.rebuild(tensors) as R;
}

/** @throws if it is a tensor of a functional model */
function plain(name: string, x: unknown): void {
  if (hasKerasTensor(x)) {
    throw new Error(
      `ops.${name}: functions cannot be saved with a functional model. Put the call into a layer of your own.`,
    );
  }
}

/**
 * What `trueFn` gives if `pred` is true, else what `falseFn` gives. In a compiled function where `pred` is only known when the
 * program runs, both are computed.
 * @param pred a bool scalar
 * @throws if results differ in structure, shape or dtype, or a branch assigns a variable
 */
export function cond<R extends Tree>(pred: TensorLike, trueFn: () => R, falseFn: () => R): R {
  plain("cond", pred);
  const holds = toTensor(pred).astype("bool");
  if (!holds.isSymbolic) return holds.item() !== 0 ? trueFn() : falseFn();
  return chosenOf("cond", [falseFn, trueFn], () => holds.reshape([]));
}

/**
 * What the branch number `index` (limited to those that there are) gives for the operands. In a compiled function where the number
 * is only known when the program runs, all are computed.
 * @param index an integer scalar
 * @throws as `cond` does
 */
export function switchOf<A extends readonly unknown[], R extends Tree>(
  index: TensorLike,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
): R {
  plain("switch", [index, operands]);
  if (branches.length === 0) throw new Error("ops.switch: expected at least one branch.");
  const number = toTensor(index, "int32")
    .maximum(0)
    .minimum(branches.length - 1);
  if (!number.isSymbolic) return branches[number.item()](...operands);
  return chosenOf(
    "switch",
    branches.map((branch) => () => branch(...operands)),
    (i) => number.reshape([]).equal(i),
  );
}
export { switchOf as switch };
