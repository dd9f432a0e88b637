import { splatOf } from "../primitives/broadcast.js";
import { inputPrimitive, type Value } from "../trace/graph.js";

/** What moves elements without changing them. */
const MOVES = new Set(["reshape", "transpose", "slice", "gather", "convert", "identity", "stop_gradient"]);
/** What else leaves elements of its first operand at 0. */
const KEEPS = new Set(["broadcast_in_dim", "pad", "neg", "abs", "sqrt", "div", "reduce_window_max"]);

/**
 * Whether many elements of an array may be 0, as far as the graph tells: what is given (pictures have a background), what comes
 * from relu or dropout, and the cotangents that these let through. Products can leave such elements out.
 */
export function mayHaveZeros(value: Value, seen = new Set<Value>()): boolean {
  if (seen.has(value)) return false;
  seen.add(value);
  const { primitive, inputs } = value.node;
  if (isData(value)) return true;
  switch (primitive.name) {
    case "mul":
      return inputs.some((input) => mayHaveZeros(input, seen));
    case "max":
      return inputs.some(isZero);
    case "select":
      return inputs.slice(1).some((input) => isZero(input) || mayHaveZeros(input, seen));
    default:
      return (MOVES.has(primitive.name) || KEEPS.has(primitive.name)) && mayHaveZeros(inputs[0], seen);
  }
}

/** Whether an array holds numbers that were given, perhaps in another order: whole regions of it may be 0. */
export function isData({ node: { primitive, inputs } }: Value): boolean {
  return primitive === inputPrimitive || (MOVES.has(primitive.name) && isData(inputs[0]));
}

const isZero = (value: Value) => splatOf(value) === 0;
