import { readFileSync } from "node:fs";
import { type Tensor, tensor } from "keratin";

/** A golden file made by Python Keras on JAX (tests/golden). */
export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), "utf8")) as T;
}

export interface GoldenArray {
  readonly shape: number[];
  readonly dtype: "float32" | "int32";
  readonly data: number[];
}

export function goldenTensor(array: GoldenArray): Tensor {
  return tensor(array.data, array.shape, array.dtype);
}
