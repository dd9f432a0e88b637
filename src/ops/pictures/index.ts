/** keras.ops.image: https://keras.io/api/ops/image/ */
export * from "../image.js";
export * from "./colors.js";
export * from "./cuts.js";
export * from "./filters.js";
