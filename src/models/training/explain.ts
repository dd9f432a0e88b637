import type { Explanation } from "../../backends/explanation.js";
import type { KerasTensor } from "../../ops/kerasTensor.js";
import { Tensor } from "../../ops/tensor.js";
import type { Tree } from "../../ops/tree.js";
import { newArray } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import { layoutOf, type Step } from "./batch.js";
import type { Dataset } from "./data.js";
import { RowStore } from "./store.js";

/** Explains a step on batches of these data; nothing of the model changes. */
export async function explainStep<R extends Tree>(
  data: Dataset,
  batchSize: number,
  step: Step<R>,
): Promise<Explanation> {
  const store = RowStore.of(layoutOf(data), data.rows);
  store.arrange(
    Int32Array.from({ length: data.rows }, (_, i) => i),
    0,
  );
  try {
    return await store.program(step, Math.min(batchSize, data.rows)).explain();
  } finally {
    store.release();
  }
}

/** Zeros of a type, one row a sample. */
export function zeroRows({ shape, dtype }: KerasTensor, rows: number): Tensor {
  const whole = [rows, ...shape.slice(1).map((size) => size ?? 1)];
  return new Tensor(newArray(dtype, sizeOf(whole)), { shape: whole, dtype });
}

/**
 * Samples of a type: numbers spread evenly from 0 to 1 where they may be any, so that no unit is dead and no sum over zeros is
 * left out as it would be for zeros; zeros where they may be indices.
 */
export function exampleRows(type: KerasTensor, rows: number): Tensor {
  const zeros = zeroRows(type, rows);
  if (type.dtype !== "float32") return zeros;
  const goldenRatio = (Math.sqrt(5) - 1) / 2;
  return new Tensor(
    zeros.data.map((_, i) => (i * goldenRatio) % 1),
    zeros,
  );
}
