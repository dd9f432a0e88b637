/** The operations that layers are written with, in Keras's names. https://keras.io/api/ops/ */
export * from "./activations.js";
export { hardSilu as hardSwish, silu as swish } from "./activations.js";
export * from "./adaptivePool.js";
export * from "./arrays.js";
// the same under other names, as in Keras
export { variance as var } from "./arrays.js";
export { type DotProductAttentionOptions, dotProductAttention } from "./attention.js";
export * from "./blocks.js";
export { cond, switch } from "./branches.js";
export * from "./control.js";
export * from "./conversion.js";
export * from "./crossentropy.js";
export { einsum } from "./einsum.js";
export * from "./elementwise.js";
export { jvp } from "./jvp.js";
export * from "./linalg/index.js";
export * from "./mapping.js";
export * from "./nn.js";
export * from "./normalization.js";
export * from "./numpy/index.js";
export * as image from "./pictures/index.js";
export { rearrange } from "./rearrange.js";
export * from "./scatter.js";
export * from "./shaping.js";
export * from "./signals.js";
export * from "./slices.js";
export * from "./sorting.js";
