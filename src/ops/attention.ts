import { formatShape } from "../tensor/shape.js";
import { softmax } from "./activations.js";
import { arange } from "./arrays.js";
import { einsum } from "./einsum.js";
import { add, greaterEqual, multiply, where } from "./elementwise.js";
import { operation } from "./operation.js";
import { type Tensor, type TensorLike, toTensor } from "./tensor.js";

export interface DotProductAttentionOptions {
  /** Added to the scores; broadcast to `(batch, heads, queries, keys)`. */
  readonly bias?: TensorLike | null;
  /** Bool: false where a query must not see a key; broadcast to `(batch, heads, queries, keys)`. */
  readonly mask?: TensorLike | null;
  /** Factor of the scores. Default: 1 / √(size of a key). */
  readonly scale?: number | null;
  /** Whether queries see no later keys. Default false. */
  readonly isCausal?: boolean;
}

/** What masked scores become: finite, so that a row without any key gives no NaN. */
const LOWEST = Math.fround(-0.7 * 3.4028234663852886e38);

/** `(1, 1, queries, keys)`: true where the key is not later than the query. */
export function causalMask(queries: number, keys: number): Tensor {
  return greaterEqual(arange(queries).reshape([1, 1, queries, 1]), arange(keys).reshape([1, 1, 1, keys]));
}

/**
 * `softmax(query · keyᵀ · scale) · value` for each head of `(batch, steps, heads, size)`.
 * @throws if an operand does not have four axes
 * @see https://keras.io/api/ops/nn/#dotproductattention-function
 */
export const dotProductAttention = /* @__PURE__ */ operation(
  "nn.DotProductAttention(query, key, value, bias=, mask=, scale=; ...is_causal=false, flash_attention=null, attn_logits_soft_cap=null)",
  (
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    options: DotProductAttentionOptions = {},
  ): Tensor => {
    const [q, k, v] = [query, key, value].map((x) => toTensor(x).astype("float32"));
    if (q.rank !== 4 || k.rank !== 4 || v.rank !== 4) {
      throw new Error(
        `dotProductAttention only supports 4D inputs. Received: query.shape=${formatShape(q.shape)}, key.shape=${formatShape(k.shape)}, value.shape=${formatShape(v.shape)}.`,
      );
    }
    const { bias, mask, isCausal = false } = options;
    const scale = options.scale ?? 1 / Math.sqrt(q.shape[3]);
    let scores = multiply(einsum("btnh,bsnh->bnts", q, k), scale);
    if (bias !== undefined && bias !== null) scores = add(scores, bias);
    if (mask !== undefined && mask !== null) scores = where(mask, scores, LOWEST);
    if (isCausal) scores = where(causalMask(q.shape[1], k.shape[1]), scores, LOWEST);
    return einsum("bnts,bsnh->btnh", softmax(scores), v);
  },
);
