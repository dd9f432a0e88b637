import { abs, divide, equal, power, square, where } from "../ops/elementwise.js";
import { Tensor, type TensorLike, toTensor } from "../ops/tensor.js";
import { normalizeAxis, sizeOf } from "../tensor/shape.js";

/**
 * One-hot rows for class numbers, to go with `categorical_crossentropy`.
 *
 * @param x integers from 0, any shape; a last axis of size 1 is dropped
 * @param numClasses default: the greatest class plus 1
 * @returns float32 `(…, numClasses)`
 * @throws if a value is not an integer from 0 to below `numClasses`
 * @see https://keras.io/api/utils/python_utils/#tocategorical-function
 */
export function toCategorical(x: TensorLike, numClasses: number | null = null): Tensor {
  const given = toTensor(x);
  const drops = given.rank > 1 && given.shape[given.rank - 1] === 1;
  const shape = drops ? given.shape.slice(0, -1) : given.shape;
  const { data } = given;
  const classes = numClasses ?? (given.size === 0 ? 0 : given.max().item() + 1);
  if (!Number.isInteger(classes) || classes < 1) {
    throw new Error(
      `toCategorical: Expected \`numClasses\` to be a positive integer. Received: numClasses=${String(classes)}`,
    );
  }
  const result = new Float32Array(sizeOf(shape) * classes);
  for (let i = 0; i < data.length; i++) {
    if (!Number.isInteger(data[i]) || data[i] < 0 || data[i] >= classes) {
      throw new Error(
        `toCategorical: Expected integers from 0 to ${classes - 1} (${classes} classes). Received: ${data[i]} at position ${i}`,
      );
    }
    result[i * classes + data[i]] = 1;
  }
  return new Tensor(result, { shape: [...shape, classes], dtype: "float32" });
}

/**
 * `x / ‖x‖` along an axis; zeros stay zeros.
 *
 * @param axis default −1
 * @param order of the norm: 1, 2 (the default), any other from 1, or Infinity (the greatest magnitude)
 * @throws if the axis is out of range, or the order below 1
 * @see https://keras.io/api/utils/python_utils/#normalize-function
 */
export function normalize(x: TensorLike, axis = -1, order = 2): Tensor {
  const values = toTensor(x).astype("float32");
  const at = normalizeAxis(axis, values.rank);
  if (!(order >= 1))
    throw new Error(`normalize: Expected \`order\` to be at least 1. Received: order=${String(order)}`);
  const norm = normAlong(values, at, order);
  return divide(values, where(equal(norm, 0), 1, norm));
}

function normAlong(x: Tensor, axis: number, order: number): Tensor {
  if (order === Number.POSITIVE_INFINITY) return abs(x).max(axis, true);
  if (order === 1) return abs(x).sum(axis, true);
  if (order === 2) return square(x).sum(axis, true).sqrt();
  return power(power(abs(x), order).sum(axis, true), 1 / order);
}
