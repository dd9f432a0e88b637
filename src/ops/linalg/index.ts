export { cholesky, det, logdet, luFactor, qr, slogdet } from "./factorizations.js";
export * from "./solving.js";
