import * as lax from "../../primitives/index.js";
import { formatShape, normalizeAxis } from "../../tensor/shape.js";
import { constant } from "../../trace/current.js";
import type { Value } from "../../trace/graph.js";
import { concatenate, full } from "../arrays.js";
import { inWords, same } from "../lift.js";
import { operation } from "../operation.js";
import { type Tensor, type TensorLike, toTensor } from "../tensor.js";
import { cumprod } from "./cumulative.js";

// https://keras.io/api/ops/numpy/: matrices and their diagonals

/** Column minus row of each element of the last two axes. */
const offsets = (shape: readonly number[]) =>
  lax.sub(lax.iota(shape, "int32", shape.length - 1), lax.iota(shape, "int32", shape.length - 2));

/** @throws if there are less than two axes */
function matrix(name: string, v: Value): Value {
  if (v.shape.length < 2)
    throw new Error(`ops.${name}: expected at least two axes. Received: shape ${formatShape(v.shape)}`);
  return v;
}
/** The matrices of the last two axes with 0 above the `k`-th diagonal. */
export const tril = /* @__PURE__ */ operation(
  "numpy.Tril(x; k=0)",
  (x: TensorLike, k = 0): Tensor =>
    same(x, (v) => lax.select(lax.le(offsets(matrix("tril", v).shape), k), v, 0)),
);
/** The matrices of the last two axes with 0 below the `k`-th diagonal. */
export const triu = /* @__PURE__ */ operation(
  "numpy.Triu(x; k=0)",
  (x: TensorLike, k = 0): Tensor =>
    same(x, (v) => lax.select(lax.ge(offsets(matrix("triu", v).shape), k), v, 0)),
);

/** A list as the `k`-th diagonal of a square matrix. */
function withDiagonal(list: Value, k: number): Value {
  const zero = lax.full([], 0, list.dtype);
  const rows = lax.pad(list, zero, [Math.max(0, -k)], [Math.max(0, k)]);
  const shape = [rows.shape[0], rows.shape[0]];
  return lax.select(lax.eq(offsets(shape), k), lax.broadcastInDim(rows, shape, [0]), 0);
}
/** The `offset`-th diagonal of the planes of two axes, along a new last axis. */
function diagonalOf(v: Value, offset: number, axis1: number, axis2: number): Value {
  const rank = v.shape.length;
  const [a, b] = [normalizeAxis(axis1, rank, "axis1"), normalizeAxis(axis2, rank, "axis2")];
  if (a === b)
    throw new Error(
      `ops.diagonal: \`axis1\` and \`axis2\` must differ. Received: axis1=${axis1}, axis2=${axis2}`,
    );
  const rest = v.shape.map((_, axis) => axis).filter((axis) => axis !== a && axis !== b);
  const [rows, columns] = [v.shape[a], v.shape[b]];
  const outer = rest.map((axis) => v.shape[axis]);
  const flat = lax.reshape(lax.transpose(v, [...rest, a, b]), [...outer, rows * columns]);
  const start = Math.max(0, -offset) * columns + Math.max(0, offset);
  const length = Math.max(0, Math.min(rows - Math.max(0, -offset), columns - Math.max(0, offset)));
  const positions = Int32Array.from({ length }, (_, i) => start + i * (columns + 1));
  return lax.gather(flat, constant(positions, { shape: [length], dtype: "int32" }), { axis: rest.length });
}

/** The `offset`-th diagonal of the planes of `axis1` and `axis2`, along a new last axis. @throws if the axes are the same */
export const diagonal = /* @__PURE__ */ operation(
  "numpy.Diagonal(x; offset=0, axis1=0, axis2=1)",
  (x: TensorLike, offset = 0, axis1 = 0, axis2 = 1): Tensor =>
    same(x, (v) => diagonalOf(v, offset, axis1, axis2)),
);
/** Of a list the matrix with it as the `k`-th diagonal, of a matrix its `k`-th diagonal. @throws for other numbers of axes */
export const diag = /* @__PURE__ */ operation(
  "numpy.Diag(x; k=0)",
  (x: TensorLike, k = 0): Tensor =>
    same(x, (v) => {
      if (v.shape.length === 1) return withDiagonal(v, k);
      if (v.shape.length === 2) return diagonalOf(v, k, 0, 1);
      throw new Error(`ops.diag: expected one axis or two. Received: shape ${formatShape(v.shape)}`);
    }),
);
/** The matrix with all elements as its `k`-th diagonal. */
export const diagflat = /* @__PURE__ */ operation(
  "numpy.Diagflat(x; k=0)",
  (x: TensorLike, k = 0): Tensor => same(toTensor(x).reshape([-1]), (v) => withDiagonal(v, k)),
);
/** The sum of the `offset`-th diagonal of the planes of `axis1` and `axis2`. */
export const trace = /* @__PURE__ */ operation(
  "numpy.Trace(x; offset=0, axis1=0, axis2=1)",
  (x: TensorLike, offset = 0, axis1 = 0, axis2 = 1): Tensor =>
    same(inWords(toTensor(x)), (v) =>
      lax.reduceSum(diagonalOf(v, offset, axis1, axis2), [v.shape.length - 2]),
    ),
);

/**
 * Rows of powers of each element of a list: x^(N − 1), …, x, 1.
 * @param N number of powers, default (null): as many as there are elements
 * @param increasing whether 1 comes first
 * @throws if `x` does not have one axis
 */
export const vander = /* @__PURE__ */ operation(
  "numpy.Vander(x; N=null, increasing=false)",
  (x: TensorLike, N: number | null = null, increasing = false): Tensor => {
    const t = toTensor(x);
    if (t.rank !== 1)
      throw new Error(`ops.vander: expected one axis. Received: shape ${formatShape(t.shape)}`);
    const count = N ?? t.size;
    if (!Number.isInteger(count) || count < 0)
      throw new Error(`ops.vander: expected \`N\` to be an integer of at least 0. Received: N=${N}`);
    if (count === 0) return full([t.size, 0], 0, t.dtype);
    const factors = same(t, (v) => lax.broadcastInDim(v, [t.size, count - 1], [0]));
    const powers = cumprod(concatenate([full([t.size, 1], 1, t.dtype), factors], 1), 1, t.dtype);
    return increasing ? powers : same(powers, (v) => lax.reverse(v, [1]));
  },
);
