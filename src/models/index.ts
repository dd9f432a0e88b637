/** https://keras.io/api/models/ */

export { type AnyModel, cloneModel, deserialize, modelFromJSON } from "./deserialize.js";
export {
  type EvaluateOptions,
  type FitOptions,
  Model,
  type PredictOptions,
  type SummaryOptions,
  type Verbosity,
} from "./model.js";
export { type LoadOptions, loadModel, saveModel } from "./saving.js";
export { Sequential } from "./sequential.js";
export type { CompileOptions } from "./training/compiled.js";
