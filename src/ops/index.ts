/** The operations that layers are written with, in Keras's names. https://keras.io/api/ops/ */
export * from "./activations.js";
export * from "./arrays.js";
export * from "./control.js";
export * from "./elementwise.js";
export * from "./nn.js";
