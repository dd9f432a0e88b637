import type { TypedArray } from "../tensor/dtype.js";
import type { TensorType } from "../trace/graph.js";

export function formatArray(data: TypedArray, type: TensorType): string {
  return `${data} ${type.dtype}`;
}
