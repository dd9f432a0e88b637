import { byteSize } from "../tensor/dtype.js";
import { sizeOf } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import {
  type Expression,
  type Kernel,
  kernelsOf,
  type LoopKernel,
  type PlainKernel,
  readsOf,
  type Store,
  writesOf,
} from "./kernel.js";
import type { WinnersKernelParams } from "./winnersKernels.js";

/**
 * What one core of a current machine does, roughly: used to decide what is worth sharing out, and shown beside what was
 * measured. Products run at 45 GFLOP/s with 128-bit vectors, everything else is bound by its loads and stores.
 */
const PRODUCT_RATE = 45e9;
const OPERATION_RATE = 15e9;
const BYTE_RATE = 20e9;

const product = (extents: readonly number[]) => extents.reduce((a, b) => a * b, 1);

/** Operations in a kernel's sums of products (a multiplication and an addition count as two). */
function productOperations(kernel: Kernel): number {
  if (kernel.kind === "loop") return repeated(kernel, productOperations);
  if (kernel.kind !== "product" && kernel.kind !== "pooled_product" && kernel.kind !== "winograd") return 0;
  const cells = kernel.kind === "product" ? [] : kernel.cells;
  const results = product([...kernel.rows, ...cells].map((axis) => axis.extent)) * kernel.columns;
  return results * 2 * product(kernel.sum.map((axis) => axis.extent));
}

/** Operations that are not part of a sum of products. */
function otherOperations(kernel: Kernel): number {
  const perIndex = (stores: readonly Store[]) => {
    const seen = new Set<Expression>();
    return stores.reduce((sum, store) => sum + operationsIn(store.expression, seen), 0);
  };
  switch (kernel.kind) {
    case "map":
      return product(kernel.extents) * perIndex(kernel.stores);
    case "reduce": {
      const results = product([...kernel.outer, ...kernel.inner]);
      return results * (kernel.count * (1 + operationsIn(kernel.input)) + perIndex(kernel.stores));
    }
    case "product":
      return product(kernel.rows.map((row) => row.extent)) * kernel.columns * perIndex(kernel.stores);
    case "plain":
      return winnersOperations(kernel) + randomOperations(kernel);
    case "loop":
      return repeated(kernel, otherOperations);
    default:
      return 0;
  }
}

/** Of all steps of a loop; how many a `while` has is not known. */
function repeated({ bodies, params }: LoopKernel, operations: (kernel: Kernel) => number): number {
  const { length = 1 } = params as { length?: number };
  return length * kernelsOf(bodies.body).reduce((sum, kernel) => sum + operations(kernel), 0);
}

/** Sums over winners have the products of each window's runs. */
function winnersOperations({ primitive, params, operands }: PlainKernel): number {
  if (!primitive.name.endsWith("_of_winners")) return 0;
  const { runs } = params as WinnersKernelParams;
  const winners = sizeOf(operands[primitive.name === "conv_of_winners" ? 0 : 1].shape);
  return winners * 2 * runs.reduce((sum, run) => sum + run.length, 0);
}

/** Twenty rounds of five operations, and the keys. */
function randomOperations({ primitive, outputs }: PlainKernel): number {
  return primitive.name === "random_bits" ? 112 * sizeOf(outputs[0].shape) : 0;
}

function operationsIn(expression: Expression, seen = new Set<Expression>()): number {
  if (seen.has(expression) || expression.kind !== "apply") return 0;
  seen.add(expression);
  return 1 + expression.operands.reduce((sum, operand) => sum + operationsIn(operand, seen), 0);
}

/** Floating-point operations of one run (a multiplication and an addition count as two). */
export function flopsOf(kernel: Kernel): number {
  return productOperations(kernel) + otherOperations(kernel);
}

/** Bytes that a kernel moves: of what picks runs or lines these, of everything else whole buffers. */
export function bytesOf(kernel: Kernel): number {
  const bytes = (values: ReadonlySet<Value>) =>
    [...values].reduce((sum, value) => sum + sizeOf(value.shape) * byteSize(value.dtype), 0);
  const written = new Set(writesOf(kernel));
  if (kernel.kind === "plain" && kernel.primitive.name === "gather") return 2 * bytes(written);
  // most lines were listed in earlier steps
  if (kernel.kind === "nonzeros" && kernel.kept) return 16 * kernel.lines;
  const buffers = new Set([...readsOf(kernel), ...written]);
  if (kernel.kind === "product" && kernel.nonZeros?.picked) buffers.delete(kernel.nonZeros.picked.from);
  return bytes(buffers);
}

/** Seconds that a kernel is expected to take on one core. */
export function predictedSeconds(kernel: Kernel): number {
  const arithmetic = productOperations(kernel) / PRODUCT_RATE + otherOperations(kernel) / OPERATION_RATE;
  return Math.max(arithmetic, bytesOf(kernel) / BYTE_RATE);
}
