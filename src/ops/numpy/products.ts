import * as lax from "../../primitives/index.js";
import { broadcastShapes, formatShape, normalizeAxis, sizeOf } from "../../tensor/shape.js";
import type { Value } from "../../trace/graph.js";
import { operation } from "../operation.js";
import { resultType } from "../promotion.js";
import { apply, type Tensor, type TensorLike, toTensor } from "../tensor.js";

// https://keras.io/api/ops/numpy/: products of vectors and matrices

/** Of two tensors in the promoted dtype. */
const product = (x: TensorLike, y: TensorLike, compute: (x: Value, y: Value) => Value): Tensor =>
  apply([toTensor(x), toTensor(y)], (a, b) => {
    const dtype = resultType(a, b);
    return compute(lax.convert(a as Value, dtype), lax.convert(b as Value, dtype));
  });

/** Sums of products over one axis of each; of integers too. */
function contracted(name: string, x: Value, y: Value, axisOfX: number, axisOfY: number): Value {
  if (x.shape[axisOfX] !== y.shape[axisOfY]) {
    throw new Error(
      `ops.${name}: the sizes that are summed over differ. Received: shapes ${formatShape(x.shape)} and ${formatShape(y.shape)}`,
    );
  }
  if (x.dtype === "float32") {
    return lax.dotGeneral(x, y, { contracting: [[axisOfX], [axisOfY]], batch: [[], []] });
  }
  const toEnd = (v: Value, axis: number) =>
    lax.transpose(v, [...v.shape.map((_, a) => a).filter((a) => a !== axis), axis]);
  const [a, b] = [toEnd(x, axisOfX), toEnd(y, axisOfY)];
  const left = a.shape.slice(0, -1);
  const shape = [...left, ...b.shape];
  const spread = lax.broadcastInDim(a, shape, [...left.map((_, axis) => axis), shape.length - 1]);
  return integerSum(lax.mul(spread, lax.broadcastTo(b, shape)), shape.length - 1);
}
/** In the dtype of the summands. */
function integerSum(v: Value, axis: number): Value {
  const words = v.dtype === "uint8" || v.dtype === "bool" ? lax.convert(v, "int32") : v;
  return lax.convert(lax.reduceSum(words, [axis]), v.dtype);
}

/**
 * Sums of products over the last axis of `x1` and the last but one of `x2` (its only one, if it is a vector); scalars multiply.
 * @throws if these sizes differ
 */
export const dot = /* @__PURE__ */ operation(
  "numpy.Dot(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    product(x1, x2, (x, y) =>
      x.shape.length === 0 || y.shape.length === 0
        ? lax.mul(x, y)
        : contracted("dot", x, y, x.shape.length - 1, Math.max(y.shape.length - 2, 0)),
    ),
);
/** Sums of products over the last axes; scalars multiply. @throws if these sizes differ */
export const inner = /* @__PURE__ */ operation(
  "numpy.Inner(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    product(x1, x2, (x, y) =>
      x.shape.length === 0 || y.shape.length === 0
        ? lax.mul(x, y)
        : contracted("inner", x, y, x.shape.length - 1, y.shape.length - 1),
    ),
);
const flat = (v: Value) => lax.reshape(v, [sizeOf(v.shape)]);
/** The sum of products of all elements. @throws if the numbers of elements differ */
export const vdot = /* @__PURE__ */ operation(
  "numpy.Vdot(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    product(x1, x2, (x, y) => contracted("vdot", flat(x), flat(y), 0, 0)),
);
/** The products of each element of `x1` (made flat) with each one of `x2`. */
export const outer = /* @__PURE__ */ operation(
  "numpy.Outer(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    product(x1, x2, (x, y) => lax.mul(lax.reshape(flat(x), [sizeOf(x.shape), 1]), flat(y))),
);
/** Each element of `x1` replaced by its product with `x2`. */
export const kron = /* @__PURE__ */ operation(
  "numpy.Kron(x1, x2)",
  (x1: TensorLike, x2: TensorLike): Tensor =>
    product(x1, x2, (x, y) => {
      const rank = Math.max(x.shape.length, y.shape.length);
      const filled = (v: Value) => [...Array.from({ length: rank - v.shape.length }, () => 1), ...v.shape];
      const [a, b] = [filled(x), filled(y)];
      const products = lax.mul(
        lax.reshape(
          x,
          a.flatMap((extent) => [extent, 1]),
        ),
        lax.reshape(
          y,
          b.flatMap((extent) => [1, extent]),
        ),
      );
      return lax.reshape(
        products,
        a.map((extent, i) => extent * b[i]),
      );
    }),
);

/** The parts of vectors along an axis. */
function components(v: Value, axis: number): Value[] {
  const at = normalizeAxis(axis, v.shape.length);
  const count = v.shape[at];
  if (count !== 2 && count !== 3) {
    throw new Error(
      `ops.cross: expected vectors of 2 or 3 elements. Received: ${count} along axis ${axis} of shape ${formatShape(v.shape)}`,
    );
  }
  const rest = v.shape.filter((_, a) => a !== at);
  return Array.from({ length: count }, (_, i) => {
    const part = lax.slice(
      v,
      v.shape.map((_e, a) => (a === at ? i : 0)),
      v.shape.map((extent, a) => (a === at ? i + 1 : extent)),
    );
    return lax.reshape(part, rest);
  });
}
/**
 * The vectors at right angles to both operands; of vectors with two elements only its third element.
 * @param axisa, axisb, axisc along which axis the vectors lie in `x1`, `x2` and the result; `axis` (default null) stands for all
 * @throws if vectors have other than 2 or 3 elements
 */
export const cross = /* @__PURE__ */ operation(
  "numpy.Cross(x1, x2; axisa=-1, axisb=-1, axisc=-1, axis=null)",
  (x1: TensorLike, x2: TensorLike, axisa = -1, axisb = -1, axisc = -1, axis?: number | null): Tensor =>
    product(x1, x2, (x, y) => {
      const a = components(x, axis ?? axisa);
      const b = components(y, axis ?? axisb);
      const part = (i: number, j: number) => {
        const left = a[i] && b[j] && lax.mul(a[i], b[j]);
        const right = a[j] && b[i] && lax.mul(a[j], b[i]);
        return left && right ? lax.sub(left, right) : (left ?? lax.neg(right));
      };
      if (a.length === 2 && b.length === 2) return part(0, 1);
      const parts = [part(1, 2), part(2, 0), part(0, 1)];
      const shape = parts.map((p) => p.shape).reduce<readonly number[]>(broadcastShapes, []);
      const at = normalizeAxis(axis ?? axisc, shape.length + 1);
      const wide = [...shape.slice(0, at), 1, ...shape.slice(at)];
      return lax.concatenate(
        parts.map((p) => lax.reshape(lax.broadcastTo(p, shape), wide)),
        at,
      );
    }),
);
