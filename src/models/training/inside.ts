import type { CallbackModel } from "../../callbacks/callback.js";
import type { Layer, LayerOutputs } from "../../layers/layer.js";
import type { Metric } from "../../metrics/metric.js";
import type { Variable } from "../../ops/variable.js";
import type { Json } from "../../utils/serialization.js";
import type { Batch } from "./batch.js";
import type { Compiled } from "./compiled.js";
import type { FitRun, StepLogs } from "./fit.js";

/** What runs use of a model. */
export interface RunModel extends CallbackModel {
  readonly built: boolean;
  readonly subLayers: Layer[];
  readonly trainableVariables: Variable[];
  trainStep(batch: Batch): StepLogs;
  testStep(batch: Batch): StepLogs;
  predictStep(batch: Batch): LayerOutputs;
  run(inputs: readonly unknown[], options: Readonly<Record<string, unknown>>): LayerOutputs;
  resetMetrics(): void;
  getCompileConfig(): Json;
}

/** What a model shows to its runs alone. */
export interface Inside {
  readonly model: RunModel;
  readonly compiled: Compiled | undefined;
  /** The metrics that the model owns, beside the compiled ones. */
  readonly ownMetrics: readonly Metric[];
  /** The layers that give the outputs, which losses and metrics may be named after. */
  readonly outputNames: readonly string[] | undefined;
  /** Whether there is something to be called; a subclass with steps of its own may do without. */
  readonly callable: boolean;
  /** Whether the training step is the usual one, which uses the optimizer. */
  readonly usualStep: boolean;
  /** The run of `fit` that goes on, or was the last. */
  run: FitRun | undefined;
}
