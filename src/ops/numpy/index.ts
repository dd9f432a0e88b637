export * from "./bits.js";
export * from "./elementwise.js";
export * from "./special.js";
export * from "./trigonometric.js";
