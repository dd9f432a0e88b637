import type { Variable } from "../ops/variable.js";
import type { Constraint } from "./index.js";

const constraints = new WeakMap<Variable, Constraint>();

/** Says that a weight has to meet a condition after each update. */
export function constrain(variable: Variable, constraint: Constraint | null): void {
  if (constraint) constraints.set(variable, constraint);
}

/** Brings a weight back to its condition, if it has one; called after each update. */
export function applyConstraint(variable: Variable): void {
  const constraint = constraints.get(variable);
  if (constraint) variable.assign(constraint.call(variable.value));
}
