import * as lax from "../primitives/index.js";
import type { DType } from "../tensor/dtype.js";
import type { Value } from "../trace/graph.js";

const rank: Record<DType, number> = { bool: 0, uint8: 1, uint32: 2, int32: 3, float32: 4 };

/**
 * The dtype of an operation on both, as Keras promotes (with 64-bit types switched off, as on JAX):
 * bool < uint8 < uint32 < int32 < float32.
 * @see https://keras.io/api/ops/core/#resulttype-function
 */
export function promoteTypes(a: DType, b: DType): DType {
  return rank[a] >= rank[b] ? a : b;
}

/** An operand of a public operation: a number takes the other operand's type where that can hold it. */
export type Operand = Value | number;

/** The common dtype of operands; a number counts as an integer if it is one. */
export function resultType(...operands: readonly Operand[]): DType {
  let dtype: DType | undefined;
  for (const operand of operands) {
    if (typeof operand !== "number") dtype = dtype ? promoteTypes(dtype, operand.dtype) : operand.dtype;
  }
  for (const operand of operands) {
    if (typeof operand !== "number") continue;
    if (!Number.isInteger(operand)) dtype = "float32";
    else if (!dtype || dtype === "bool") dtype = "int32";
  }
  return dtype ?? "float32";
}

/** Operands converted to one dtype (default: the promoted one) and broadcast to one shape. */
export function together(operands: readonly Operand[], dtype: DType = resultType(...operands)): Value[] {
  const values = operands.map((o) =>
    typeof o === "number" ? lax.full([], o, dtype) : lax.convert(o, dtype),
  );
  return lax.broadcasted(...values);
}

/** As float32, which the mathematical functions need. */
export function asFloat(x: Operand): Value {
  return typeof x === "number" ? lax.full([], x, "float32") : lax.convert(x, "float32");
}
