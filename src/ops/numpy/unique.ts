import { newArray } from "../../tensor/dtype.js";
import { normalizeAxis, sizeOf } from "../../tensor/shape.js";
import { known } from "../lift.js";
import { moveaxis } from "../shaping.js";
import { type Tensor, type TensorLike, tensor } from "../tensor.js";

export interface UniqueOptions {
  /** Makes no difference: the result is always sorted, as on JAX. Default true. */
  readonly sorted?: boolean;
  /** Whether the first position of each one is given too. Default false. */
  readonly returnIndex?: boolean;
  /** Whether each element's position among the results is given too. Default false. */
  readonly returnInverse?: boolean;
  /** Whether it is given too how often each one occurs. Default false. */
  readonly returnCounts?: boolean;
  /** Whose slices are compared. Default (null): single elements. */
  readonly axis?: number | null;
  /** How many results there are: more are left out, missing ones filled. Default (null): as many as there are. */
  readonly size?: number | null;
  /** What missing ones are filled with. Default (null): the smallest one. */
  readonly fillValue?: number | null;
}

/**
 * The elements (or slices) that differ from each other, smallest first; then what else was asked for, int32. Their number is only known
 * from the elements: it works outside of compiled functions and models only.
 * @throws if `x` is symbolic
 * @see https://keras.io/api/ops/numpy/ (keras.ops.unique)
 */
export function unique(x: TensorLike, options: UniqueOptions = {}): Tensor | Tensor[] {
  const { returnIndex, returnInverse, returnCounts, axis = null, size = null, fillValue = null } = options;
  const t = known("unique", x);
  const rows = axis === null ? t.reshape([-1]) : moveaxis(t, axis, 0);
  const [count = 0, ...rest] = rows.shape;
  const width = sizeOf(rest);
  const { data } = rows;
  const compare = (a: number, b: number): number => {
    for (let k = 0; k < width; k++) {
      const [p, q] = [data[a * width + k], data[b * width + k]];
      if (p === q) continue;
      // NaN comes last, and each one differs from the others
      if (Number.isNaN(p) || Number.isNaN(q)) return Number.isNaN(p) ? 1 : -1;
      return p - q;
    }
    return 0;
  };
  const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => compare(a, b) || a - b);
  const firsts: number[] = [];
  const counts: number[] = [];
  const inverse = new Int32Array(count);
  for (const row of order) {
    const last = firsts.length - 1;
    if (last < 0 || compare(firsts[last], row) !== 0) {
      firsts.push(row);
      counts.push(1);
    } else counts[last]++;
    inverse[row] = firsts.length - 1;
  }
  const length = size ?? firsts.length;
  const values = newArray(t.dtype, length * width);
  for (let i = 0; i < length; i++) {
    const row = firsts[i] ?? firsts[0];
    if (i >= firsts.length && fillValue !== null) values.fill(fillValue, i * width, (i + 1) * width);
    else values.set(data.subarray(row * width, (row + 1) * width), i * width);
  }
  const list = (numbers: readonly number[], missing: number) =>
    tensor(Int32Array.from({ length }, (_, i) => numbers[i] ?? missing));
  const found = tensor(values, [length, ...rest], t.dtype);
  const results = [
    axis === null ? found : moveaxis(found, 0, normalizeAxis(axis, t.rank)),
    ...(returnIndex ? [list(firsts, firsts[0])] : []),
    ...(returnInverse ? [tensor(inverse, axis === null ? t.shape : [count])] : []),
    ...(returnCounts ? [list(counts, 0)] : []),
  ];
  return results.length === 1 ? results[0] : results;
}
