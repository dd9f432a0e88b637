import * as lax from "../../primitives/index.js";
import type { Value } from "../../trace/graph.js";
import { composite, compositeAll } from "../lift.js";
import { operation } from "../operation.js";
import { apply, applyAll, type Tensor, type TensorLike, toTensor } from "../tensor.js";
import {
  across,
  batched,
  columnOf,
  down,
  eachStep,
  elementOf,
  matrices,
  placesOf,
  rowOf,
  square,
  sumOfProducts,
  units,
} from "./matrices.js";

// https://keras.io/api/ops/linalg/

const flipped = (x: Tensor): Tensor =>
  x.transpose([...Array.from({ length: x.rank - 2 }, (_, a) => a), x.rank - 1, x.rank - 2]);

/** The lower factor, column by column. */
function lowerFactor(x: Tensor): Tensor {
  const a = batched(x);
  const [batch, n] = a.shape;
  const start = apply([], () => lax.full([batch, n, n], 0, "float32"));
  const { last } = eachStep(n, [start, a], ([l, matrix], k) => {
    const rest = lax.sub(columnOf(matrix, k), sumOfProducts(l, across(rowOf(l, k)), 2));
    const root = lax.sqrt(elementOf(rest, k));
    const below = lax.ge(placesOf(rest.shape, 1), k);
    const column = lax.select(below, lax.div(rest, lax.reshape(root, [batch, 1])), 0);
    const here = lax.eq(placesOf(l.shape, 2), k);
    return { next: [lax.select(here, lax.broadcastTo(down(column), l.shape), l), matrix] };
  });
  return last[0].reshape(x.shape);
}

/**
 * The lower triangular L with L · Lᵀ = x, of symmetric positive definite matrices in the last two axes; of other matrices that
 * of (x + xᵀ) / 2.
 * @param upper whether Lᵀ is given
 * @throws if the matrices are not square, or (outside of compiled functions) not positive definite
 */
export const cholesky = /* @__PURE__ */ operation(
  "linalg.Cholesky(x; upper=false)",
  (x: TensorLike, upper = false): Tensor => {
    const result = composite([square("cholesky", toTensor(x))], (t) => {
      const factor = lowerFactor(t.add(flipped(t)).mul(0.5));
      return upper ? flipped(factor) : factor;
    });
    if (!result.isSymbolic && result.data.some(Number.isNaN)) {
      throw new Error(
        "ops.cholesky: Cholesky decomposition failed. The input might not be a valid positive definite matrix.",
      );
    }
    return result;
  },
);

/** LU factors in one matrix, the row that each step exchanged its row with, and the rows' order. */
export function lu(a: Tensor): { factors: Tensor; pivots: Tensor } {
  const [batch, n] = a.shape;
  const { last, results } = eachStep(n, [a], ([matrix], k) => {
    const rows = placesOf([batch, n], 1);
    const sizes = lax.select(lax.ge(rows, k), lax.abs(columnOf(matrix, k)), -1);
    const pivot = lax.argmax(sizes, 1);
    const best = lax.broadcastInDim(pivot, [batch, n], [0]);
    const from = lax.select(
      lax.eq(rows, k),
      best,
      lax.select(lax.eq(rows, best), lax.broadcastTo(k, rows.shape), rows),
    );
    const swapped = lax.gather(matrix, from, { axis: 1, batchDims: 1 });
    const top = rowOf(swapped, k);
    const column = columnOf(swapped, k);
    const below = lax.gt(rows, k);
    const divisor = lax.broadcastInDim(elementOf(top, k), [batch, n], [0]);
    const factors = lax.select(below, lax.div(column, divisor), 0);
    const right = lax.gt(placesOf([batch, n], 1), k);
    const reduced = lax.sub(swapped, lax.mul(down(factors), across(lax.select(right, top, 0))));
    const here = lax.and(lax.eq(placesOf(swapped.shape, 2), k), lax.gt(placesOf(swapped.shape, 1), k));
    return {
      next: [lax.select(here, lax.broadcastTo(down(factors), swapped.shape), reduced)],
      results: [pivot],
    };
  });
  return { factors: last[0], pivots: results[0].transpose() };
}

/**
 * The factors L and U of P · x = L · U with partial pivoting, of square matrices in the last two axes: both in one matrix (the diagonal
 * of L is 1), and for each row the one that it was exchanged with, int32.
 * @throws if the matrices are not square
 */
export const luFactor = /* @__PURE__ */ operation(
  "linalg.LuFactor(x)",
  (x: TensorLike): [factors: Tensor, pivots: Tensor] => {
    const t = square("luFactor", toTensor(x));
    return compositeAll([t], (a) => {
      const { factors, pivots } = lu(batched(a));
      return [factors.reshape(a.shape), pivots.reshape(a.shape.slice(0, -1))];
    }) as [Tensor, Tensor];
  },
);

/** The diagonal of U, and whether the rows were exchanged an odd number of times (−1, else 1): `[batch, n]` and `[batch]`. */
function diagonalOf(t: Tensor): [diagonal: Tensor, sign: Tensor] {
  const { factors, pivots } = lu(batched(t));
  return applyAll([factors, pivots], (f, p) => {
    const [matrix, order] = [f as Value, p as Value];
    const onDiagonal = lax.eq(placesOf(matrix.shape, 1), placesOf(matrix.shape, 2));
    const moved = lax.convert(lax.ne(order, placesOf(order.shape, 1)), "int32");
    const odd = lax.and(lax.reduceSum(moved, [1]), 1);
    return [
      lax.reduceSum(lax.select(onDiagonal, matrix, 0), [2]),
      lax.sub(1, lax.mul(lax.convert(odd, "float32"), 2)),
    ];
  }) as [Tensor, Tensor];
}

/** Determinants of square matrices in the last two axes. @throws if they are not square */
export const det = /* @__PURE__ */ operation(
  "linalg.Det(x)",
  (x: TensorLike): Tensor =>
    composite([square("det", toTensor(x))], (t) => {
      const [diagonal, sign] = diagonalOf(t);
      return apply([diagonal, sign], (d, s) => lax.mul(lax.reduceProd(d as Value, [1]), s as Value)).reshape(
        t.shape.slice(0, -2),
      );
    }),
);
/** Signs of determinants, and the logarithms of their sizes. @throws if the matrices are not square */
export const slogdet = /* @__PURE__ */ operation(
  "numpy.Slogdet(x)",
  (x: TensorLike): [sign: Tensor, logarithm: Tensor] =>
    compositeAll([square("slogdet", toTensor(x))], (t) => {
      const [diagonal, sign] = diagonalOf(t);
      const shape = t.shape.slice(0, -2);
      return applyAll([diagonal, sign], (d, s) => {
        const entries = d as Value;
        const signs = lax.mul(lax.reduceProd(lax.sign(entries), [1]), s as Value);
        return [lax.reshape(signs, shape), lax.reshape(lax.reduceSum(lax.log(lax.abs(entries)), [1]), shape)];
      });
    }) as [Tensor, Tensor],
);
/** Logarithms of the sizes of determinants. @throws if the matrices are not square */
export const logdet = /* @__PURE__ */ operation(
  "math.Logdet(x)",
  (x: TensorLike): Tensor => slogdet(toTensor(x))[1],
);

/**
 * Q with orthonormal columns and upper triangular R with Q · R = x, by Householder's reflections, of matrices in the last two axes.
 * @param mode `"reduced"`: Q has as many columns as the smaller size, `"complete"`: it is square
 * @throws for another mode
 */
export const qr = /* @__PURE__ */ operation(
  'linalg.Qr(x; mode="reduced")',
  (x: TensorLike, mode: "reduced" | "complete" = "reduced"): [q: Tensor, r: Tensor] => {
    if (mode !== "reduced" && mode !== "complete") {
      throw new Error(
        `ops.qr: \`mode\` argument value not supported. Expected one of {"reduced", "complete"}. Received: mode=${JSON.stringify(mode)}`,
      );
    }
    return compositeAll([matrices("qr", toTensor(x))], (t) => {
      const a = batched(t);
      const [batch, m, n] = a.shape;
      const unit = apply([], () => units(batch, m));
      const { last } = eachStep(Math.min(m - 1, n), [a, unit], ([r, q], k) => {
        const rows = placesOf([batch, m], 1);
        const column = columnOf(r, k);
        const tail = lax.select(lax.gt(rows, k), column, 0);
        const head = elementOf(column, k);
        const rest = lax.reduceSum(lax.mul(tail, tail), [1]);
        // nothing below: nothing to reflect
        const trivial = lax.eq(rest, 0);
        const length = lax.sqrt(lax.select(trivial, 1, lax.add(lax.mul(head, head), rest)));
        const target = lax.select(lax.ge(head, 0), lax.neg(length), length);
        const first = lax.select(trivial, 1, lax.sub(head, target));
        const spread = (v: Value) => lax.broadcastInDim(v, [batch, m], [0]);
        const mirror = lax.select(lax.eq(rows, k), spread(first), tail);
        const squared = lax.select(trivial, 1, lax.add(lax.mul(first, first), rest));
        const factor = lax.select(trivial, 0, lax.div(2, squared));
        const scaled = lax.mul(mirror, spread(factor));
        const nextR = lax.sub(r, lax.mul(down(scaled), across(sumOfProducts(r, down(mirror), 1))));
        const nextQ = lax.sub(q, lax.mul(down(sumOfProducts(q, across(mirror), 2)), across(scaled)));
        return { next: [nextR, nextQ] };
      });
      const size = mode === "complete" ? m : Math.min(m, n);
      const outer = t.shape.slice(0, -2);
      return applyAll(last, (r, q) => {
        const [upper, turned] = [r as Value, q as Value];
        const kept = lax.le(placesOf(upper.shape, 1), placesOf(upper.shape, 2));
        return [
          lax.reshape(lax.slice(turned, [0, 0, 0], [batch, m, size]), [...outer, m, size]),
          lax.reshape(lax.slice(lax.select(kept, upper, 0), [0, 0, 0], [batch, size, n]), [
            ...outer,
            size,
            n,
          ]),
        ];
      });
    }) as [Tensor, Tensor];
  },
);
