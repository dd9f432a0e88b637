import * as lax from "../../primitives/index.js";
import { broadcastShapes, formatShape } from "../../tensor/shape.js";
import type { Value } from "../../trace/graph.js";
import { composite, floating } from "../lift.js";
import { operation } from "../operation.js";
import { asFloat } from "../promotion.js";
import { type Axes, apply, normalizeAxes, type Tensor, type TensorLike, toTensor } from "../tensor.js";
import {
  across,
  batched,
  columnOf,
  down,
  eachStep,
  elementOf,
  placesOf,
  rowOf,
  square,
  sumOfProducts,
  units,
} from "./matrices.js";

// https://keras.io/api/ops/linalg/

/** X of A · X = B by Gauss's and Jordan's elimination with partial pivoting; batches with one leading axis. */
function eliminated(a: Tensor, b: Tensor): Tensor {
  const [batch, n] = a.shape;
  const { last } = eachStep(n, [a, b], ([matrix, right], k) => {
    const rows = placesOf([batch, n], 1);
    const sizes = lax.select(lax.ge(rows, k), lax.abs(columnOf(matrix, k)), -1);
    const best = lax.broadcastInDim(lax.argmax(sizes, 1), [batch, n], [0]);
    const from = lax.select(
      lax.eq(rows, k),
      best,
      lax.select(lax.eq(rows, best), lax.broadcastTo(k, rows.shape), rows),
    );
    const swapped = [matrix, right].map((v) => lax.gather(v, from, { axis: 1, batchDims: 1 }));
    const column = columnOf(swapped[0], k);
    const pivot = lax.reshape(elementOf(column, k), [batch, 1]);
    const factors = down(lax.select(lax.eq(rows, k), 0, column));
    return {
      next: swapped.map((v) => {
        const row = lax.div(rowOf(v, k), pivot);
        const here = lax.eq(placesOf(v.shape, 1), k);
        const others = lax.sub(v, lax.mul(factors, across(row)));
        return lax.select(here, lax.broadcastTo(across(row), v.shape), others);
      }),
    };
  });
  return last[1];
}

/** X of A · X = B where A is triangular: row by row. */
function substituted(a: Tensor, b: Tensor, lower: boolean): Tensor {
  const [, n] = a.shape;
  const start = apply([], () => lax.full(b.shape, 0, "float32"));
  const { last } = eachStep(
    n,
    [start, a, b],
    ([x, matrix, right], k) => {
      const row = rowOf(matrix, k);
      // rows that are not known yet are 0 in x
      const places = placesOf(row.shape, 1);
      const known = lower ? lax.lt(places, k) : lax.gt(places, k);
      const rest = lax.sub(rowOf(right, k), sumOfProducts(x, down(lax.select(known, row, 0)), 1));
      const value = lax.div(rest, lax.reshape(elementOf(row, k), [row.shape[0], 1]));
      const here = lax.eq(placesOf(x.shape, 1), k);
      return { next: [lax.select(here, lax.broadcastTo(across(value), x.shape), x), matrix, right] };
    },
    !lower,
  );
  return last[0];
}

/** @throws if the operands do not fit */
function solving(
  name: string,
  a: TensorLike,
  b: TensorLike,
  compute: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const [left, right] = [square(name, toTensor(a)), toTensor(b).astype("float32")];
  const n = left.shape[left.rank - 1];
  const vector = right.rank === left.rank - 1;
  const columns = vector ? right.reshape([...right.shape, 1]) : right;
  if (columns.rank !== left.rank || columns.shape[columns.rank - 2] !== n) {
    throw new Error(
      `ops.${name}: expected \`b\` with ${n} rows for \`a\` of shape ${formatShape(left.shape)}. Received: b of shape ${formatShape(right.shape)}`,
    );
  }
  const batch = broadcastShapes(left.shape.slice(0, -2), columns.shape.slice(0, -2));
  const wide = (t: Tensor) =>
    apply([t], (v) => lax.broadcastTo(v as Value, [...batch, ...t.shape.slice(-2)]));
  return composite([left, columns], (p, q) => {
    const [u, v] = [wide(p), wide(q)];
    return compute(batched(u), batched(v)).reshape(vector ? v.shape.slice(0, -1) : v.shape);
  });
}

/**
 * X of a · X = b for square matrices in the last two axes.
 * @param b matrices of as many rows, or vectors (with one axis less than `a`)
 * @throws if `a` is not square, or `b` does not fit
 */
export const solve = /* @__PURE__ */ operation(
  "linalg.Solve(a, b)",
  (a: TensorLike, b: TensorLike): Tensor => solving("solve", a, b, eliminated),
);
/** As `solve`, where only the upper (or `lower`) triangle of `a` counts. @throws as `solve` does */
export const solveTriangular = /* @__PURE__ */ operation(
  "linalg.SolveTriangular(a, b; lower=false)",
  (a: TensorLike, b: TensorLike, lower = false): Tensor =>
    solving("solveTriangular", a, b, (u, v) => substituted(u, v, lower)),
);
/** Inverses of square matrices in the last two axes. @throws if they are not square */
export const inv = /* @__PURE__ */ operation(
  "linalg.Inv(x)",
  (x: TensorLike): Tensor =>
    composite([square("inv", toTensor(x))], (t) => {
      const a = batched(t);
      const unit = apply([], () => units(a.shape[0], a.shape[1]));
      return eliminated(a, unit).reshape(t.shape);
    }),
);
/**
 * The inverse of the matrix whose factor `cholesky` has given.
 * @param upper whether it is the upper factor
 * @throws if it is not a square matrix
 */
export const choleskyInverse = /* @__PURE__ */ operation(
  "linalg.CholeskyInverse(x; upper=false)",
  (x: TensorLike, upper = false): Tensor =>
    composite([square("choleskyInverse", toTensor(x))], (t) => {
      const a = batched(t);
      const unit = apply([], () => units(a.shape[0], a.shape[1]));
      const factor = substituted(a, unit, !upper);
      return apply([factor], (v) => {
        const f = v as Value;
        const axis = upper ? 2 : 1;
        return lax.dotGeneral(f, f, { contracting: [[axis], [axis]], batch: [[0], [0]] });
      }).reshape(t.shape);
    }),
);

// ---- sizes and distances

/** The order of a norm: a number (±Infinity too), or `"fro"`. */
export type NormOrder = number | "fro" | "nuc" | null;

function vectorNorm(v: Value, order: number, axes: readonly number[]): Value {
  const sizes = lax.abs(v);
  if (order === Number.POSITIVE_INFINITY) return lax.reduceMax(sizes, axes);
  if (order === Number.NEGATIVE_INFINITY) return lax.reduceMin(sizes, axes);
  if (order === 0) return lax.reduceSum(lax.convert(lax.ne(v, 0), "float32"), axes);
  if (order === 1) return lax.reduceSum(sizes, axes);
  if (order === 2) return lax.sqrt(lax.reduceSum(lax.mul(v, v), axes));
  const power = (x: Value, exponent: number) => lax.pow(x, lax.full(x.shape, exponent, "float32"));
  return power(lax.reduceSum(power(sizes, order), axes), 1 / order);
}
/**
 * The norm of vectors (one axis), or of matrices (two axes); without `axis` and `ord` of all elements.
 * @param ord of vectors p in (Σ |x|^p)^(1/p), default 2; of matrices `"fro"` (default), 1, −1 (columns' sums), ±Infinity (rows' sums)
 * @throws for orders that need singular values (`"nuc"`, 2 and −2 of matrices), and more than two axes
 */
export const norm = /* @__PURE__ */ operation(
  "linalg.Norm(x; ord=null, axis=null, keepdims=false)",
  (x: TensorLike, ord: NormOrder = null, axis?: Axes | null, keepdims = false): Tensor =>
    floating(x, (v) => {
      const given =
        axis === undefined || axis === null
          ? v.shape.map((_, a) => a)
          : typeof axis === "number"
            ? [axis]
            : axis;
      const axes = normalizeAxes(given, v.shape.length);
      const result = normOf(
        v,
        ord,
        given.map((a) => (a < 0 ? a + v.shape.length : a)),
        axes,
        axis !== undefined && axis !== null,
      );
      return keepdims
        ? lax.reshape(
            result,
            v.shape.map((extent, a) => (axes.includes(a) ? 1 : extent)),
          )
        : result;
    }),
);
function normOf(
  v: Value,
  ord: NormOrder,
  given: readonly number[],
  axes: readonly number[],
  chosen: boolean,
): Value {
  if (ord === null && !chosen) return vectorNorm(v, 2, axes);
  if (axes.length === 1 && typeof ord !== "string") return vectorNorm(v, ord ?? 2, axes);
  if (axes.length === 2) {
    if (ord === null || ord === "fro") return vectorNorm(v, 2, axes);
    const [row, column] = given;
    // sums over the rows' axis go one place down if they stand before it
    const sums = (over: number, kept: number, extreme: typeof lax.reduceMax) =>
      extreme(lax.reduceSum(lax.abs(v), [over]), [kept > over ? kept - 1 : kept]);
    if (ord === 1) return sums(row, column, lax.reduceMax);
    if (ord === -1) return sums(row, column, lax.reduceMin);
    if (ord === Number.POSITIVE_INFINITY) return sums(column, row, lax.reduceMax);
    if (ord === Number.NEGATIVE_INFINITY) return sums(column, row, lax.reduceMin);
    if (ord === "nuc" || ord === 2 || ord === -2)
      throw new Error(
        `ops.norm: there are no singular values yet. Received: ord=${JSON.stringify(ord)} for matrices`,
      );
  }
  throw new Error(
    `ops.norm: expected one axis, or two with an order of matrices. Received: ord=${JSON.stringify(ord)}, axis=${JSON.stringify(given)}, shape ${formatShape(v.shape)}`,
  );
}

/** Distances of each row of `x` from each row of `y`: `(…, m, d)` and `(…, n, d)` give `(…, m, n)`. @throws if they do not fit */
export const cdist = /* @__PURE__ */ operation(
  "math.CDist(x, y)",
  (x: TensorLike, y: TensorLike): Tensor =>
    apply([toTensor(x), toTensor(y)], (a, b) => {
      const [p, q] = [asFloat(a), asFloat(b)];
      if (
        p.shape.length < 2 ||
        q.shape.length < 2 ||
        p.shape[p.shape.length - 1] !== q.shape[q.shape.length - 1]
      ) {
        throw new Error(
          `ops.cdist: expected at least two axes, the last ones of one size. Received: shapes ${formatShape(p.shape)} and ${formatShape(q.shape)}`,
        );
      }
      const rows = lax.reshape(p, [...p.shape.slice(0, -1), 1, p.shape[p.shape.length - 1]]);
      const others = lax.reshape(q, [...q.shape.slice(0, -2), 1, ...q.shape.slice(-2)]);
      const distance = lax.sub(rows, others);
      return lax.sqrt(lax.reduceSum(lax.mul(distance, distance), [distance.shape.length - 1]));
    }),
);
