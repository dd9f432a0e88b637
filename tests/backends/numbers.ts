import { type Tensor, tensor } from "../../src/ops/tensor.js";

/** Reproducible numbers in [−1, 1). */
export function numbers(shape: readonly number[], seed: number): Tensor {
  let state = seed;
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return tensor(data, shape);
}
