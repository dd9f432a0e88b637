/** https://keras.io/api/datasets/ */
export * as mnist from "./mnist.js";
