export * from "./bits.js";
export * from "./cumulative.js";
export * from "./elementwise.js";
export * from "./nan.js";
export * from "./special.js";
export * from "./statistics.js";
export * from "./trigonometric.js";
