import { formatShape, normalizeAxis } from "../tensor/shape.js";
import { concatenate, flip } from "./arrays.js";
import { scan } from "./control.js";
import { type Tensor, toTensor } from "./tensor.js";
import { flatten, type Tree } from "./tree.js";

// https://keras.io/api/ops/core/

/**
 * `f` of each slice of `xs` along the first axis, one after another; the results are stacked.
 * @param xs tensors of one length, nested in arrays and objects
 */
export function map<X extends Tree, Y extends Tree>(f: (x: X) => Y, xs: X): Y {
  return scan<null, X, Y>((_, x) => [null, f(x)], null, xs)[1];
}

/** As `map`. (Keras computes all slices at once; the results are the same.) */
export const vectorizedMap = <X extends Tree, Y extends Tree>(f: (x: X) => Y, elements: X): Y =>
  map(f, elements);

/**
 * What has come together by `f` up to each place along `axis`: the first element, `f` of the first two, and so on.
 * @param f associative; takes and gives tensors like `elems`, with any number of places, and computes each place by itself
 * @param elems tensors of one size along `axis`, nested in arrays and objects
 * @param reverse whether to start at the end
 * @throws if the sizes differ
 */
export function associativeScan<T extends Tree>(
  f: (before: T, after: T) => T,
  elems: T,
  reverse = false,
  axis = 0,
): T {
  const { tensors, rebuild } = flatten(elems);
  if (tensors.length === 0) return elems;
  const axes = tensors.map((t) => normalizeAxis(axis, t.rank));
  const size = tensors[0].shape[axes[0]];
  if (tensors.some((t, i) => t.shape[axes[i]] !== size)) {
    throw new Error(
      `ops.associativeScan: expected elements of one size along axis ${axis}. Received: shapes ${tensors.map((t) => formatShape(t.shape)).join(", ")}`,
    );
  }
  const turned = (all: readonly Tensor[]) => (reverse ? all.map((t, i) => flip(t, axes[i])) : all);
  let results = turned(tensors);
  const part = (from: number, to: number) =>
    results.map((t, i) =>
      t.slice(
        t.shape.map((_, a) => (a === axes[i] ? from : 0)),
        t.shape.map((extent, a) => (a === axes[i] ? to - from : extent)),
      ),
    );
  // after each round twice as many neighbours have come together
  for (let distance = 1; distance < size; distance *= 2) {
    const joined = flatten(f(rebuild(part(0, size - distance)) as T, rebuild(part(distance, size)) as T));
    const first = part(0, distance);
    results = first.map((t, i) => concatenate([t, toTensor(joined.tensors[i])], axes[i]));
  }
  return rebuild(turned(results)) as T;
}
