/** Every primitive of the engine, as functions on values of a graph. */
export { atan2 } from "./angle.js";
export * from "./broadcast.js";
export * from "./contraction.js";
export * from "./control.js";
export * from "./convert.js";
export * from "./convolution.js";
export * from "./cotangents.js";
export * from "./elementwise.js";
export * from "./indexing.js";
export { randomBits } from "./randomBits.js";
export * from "./reduction.js";
export * from "./shape.js";
export * from "./sorting.js";
export { inlineGraph } from "./subgraph.js";
export * from "./window.js";
