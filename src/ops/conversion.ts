import type { DType, TypedArray } from "../tensor/dtype.js";
import { operation } from "./operation.js";
import { Tensor, type TensorLike, toTensor } from "./tensor.js";

// https://keras.io/api/ops/core/

/** Whether a value is a tensor: not a variable, not numbers, not a symbolic tensor of a functional model. */
export const isTensor = (x: unknown): x is Tensor => x instanceof Tensor;

/** The dtype of a tensor, such as `"float32"`. */
export const dtype = (x: TensorLike): DType => toTensor(x).dtype;

/**
 * A tensor from a tensor, a variable or numbers, in `dtype` (default: their own).
 * @throws if rows differ in length, or a sparse or ragged tensor is asked for
 */
export const convertToTensor = /* @__PURE__ */ operation(
  "core.ConvertToTensor(x; dtype=null, sparse=null, ragged=null)",
  (x: TensorLike, dtype?: DType | null, sparse?: boolean | null, ragged?: boolean | null): Tensor => {
    if (sparse || ragged)
      throw new Error(
        `ops.convertToTensor: there are no sparse and no ragged tensors. Received: sparse=${sparse ?? null}, ragged=${ragged ?? null}`,
      );
    const t = toTensor(x, dtype ?? undefined);
    return dtype ? t.astype(dtype) : t;
  },
);

/**
 * The elements as a typed array, row-major (bool as 0 and 1). Not a copy: treat it as read-only.
 * @throws if the tensor is symbolic
 */
export const convertToNumpy = (x: TensorLike): TypedArray => toTensor(x).data;
