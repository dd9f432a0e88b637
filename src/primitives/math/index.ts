export { atan2 } from "./arctangent.js";
export { erf } from "./error.js";
export { exp, expm1, logistic, tanh } from "./exponential.js";
export { log, log1p } from "./logarithm.js";
export { pow } from "./power.js";
export { rem, round, rsqrt, sign } from "./rounding.js";
export { cos, sin } from "./trigonometric.js";
