/** https://keras.io/api/models/ */
export { type AnyModel, cloneModel, deserialize, modelFromJSON } from "./deserialize.js";
export { Model, type ModelOptions, type SummaryOptions } from "./model.js";
export { type LoadOptions, loadModel, saveModel } from "./saving.js";
export { Sequential } from "./sequential.js";
export type { LossArguments } from "./trainer.js";
export type { Batch } from "./training/batch.js";
export type { BatchLike, BatchSource } from "./training/batchSource.js";
export type { CompileOptions } from "./training/compiled.js";
export type { ArrayData, ClassWeight } from "./training/data.js";
export type { StepLogs } from "./training/fit.js";
export type { EvaluateOptions, FitOptions, PredictOptions, Verbosity } from "./training/options.js";
