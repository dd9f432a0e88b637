import type { DType } from "../tensor/dtype.js";
import { formatShape, type Shape, sameShape } from "../tensor/shape.js";
import { formatType, type TensorType } from "../trace/graph.js";

// What the type rules of several primitives ask for. A message names the operation, what it expects and what it got.

/** @throws if the operand's elements are of none of these types */
export function expectDtype(
  name: string,
  operand: string,
  type: TensorType,
  allowed: readonly DType[],
): void {
  if (allowed.includes(type.dtype)) return;
  throw new Error(
    `${name}: expected \`${operand}\` of dtype ${allowed.join(", ")}. Received: ${operand}=${formatType(type)}`,
  );
}

/** @throws if the axes are not different integers from 0 to below the operand's rank */
export function expectAxes(name: string, what: string, axes: readonly number[], type: TensorType): void {
  const rank = type.shape.length;
  const good = axes.every((axis, i) => inRange(axis, 0, rank - 1) && axes.indexOf(axis) === i);
  if (good) return;
  throw new Error(
    `${name}: expected \`${what}\` to be different axes in [0, ${rank - 1}] of ${formatType(type)}. Received: ${what}=${formatShape(axes)}`,
  );
}

/** @throws if there is not one integer of at least `least` for each of the operand's axes */
export function expectOnePerAxis(
  name: string,
  what: string,
  values: readonly number[],
  shape: Shape,
  least = Number.NEGATIVE_INFINITY,
): void {
  if (values.length === shape.length && values.every((value) => inRange(value, least, Infinity))) return;
  const bound = Number.isFinite(least) ? ` of at least ${least}` : "";
  throw new Error(
    `${name}: expected \`${what}\` to be an integer${bound} for each axis of ${formatShape(shape)}. Received: ${what}=${formatShape(values)}`,
  );
}

/** @throws if the operands' types differ */
export function expectType(name: string, operand: string, type: TensorType, expected: TensorType): void {
  if (type.dtype === expected.dtype && sameShape(type.shape, expected.shape)) return;
  throw new Error(
    `${name}: expected \`${operand}\` to be ${formatType(expected)}. Received: ${operand}=${formatType(type)}`,
  );
}

function inRange(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
