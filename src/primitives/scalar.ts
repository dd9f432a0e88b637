export * from "../trace/scalar.js";
