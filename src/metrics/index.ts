/** https://keras.io/api/metrics/ */
import type { Tensor } from "../ops/tensor.js";
import { type Json, Registry, type SerializableClass, serializeObject } from "../utils/serialization.js";
import {
  Accuracy,
  BinaryAccuracy,
  CategoricalAccuracy,
  SparseCategoricalAccuracy,
  SparseTopKCategoricalAccuracy,
  TopKCategoricalAccuracy,
} from "./accuracy.js";
import { AUC } from "./auc.js";
import * as confusions from "./confusion.js";
import * as intersections from "./iou.js";
import { Metric } from "./metric.js";
import {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  CategoricalHinge,
  CosineSimilarity,
  Hinge,
  KLDivergence,
  LogCoshError,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
  RootMeanSquaredError,
  SparseCategoricalCrossentropy,
  SquaredHinge,
} from "./metrics.js";
import { Mean, MeanMetricWrapper, Sum } from "./reduction.js";
import * as scores from "./scores.js";

export * from "./accuracy.js";
export { AUC, type AUCOptions } from "./auc.js";
export {
  type ConstrainedMetric,
  type ConstrainedOptions,
  FalseNegatives,
  FalsePositives,
  Precision,
  PrecisionAtRecall,
  Recall,
  RecallAtPrecision,
  type RetrievalOptions,
  SensitivityAtSpecificity,
  SpecificityAtSensitivity,
  type ThresholdOptions,
  TrueNegatives,
  TruePositives,
} from "./confusion.js";
export type { Figure } from "./figure.js";
export * from "./iou.js";
export { Metric, type MetricOptions, type UpdateOptions } from "./metric.js";
export * from "./metrics.js";
export { Mean, MeanMetricWrapper, type MetricClass, Sum } from "./reduction.js";
export * from "./scores.js";

const aliases = {
  sparse_categorical_accuracy: SparseCategoricalAccuracy,
  categorical_accuracy: CategoricalAccuracy,
  binary_accuracy: BinaryAccuracy,
  sparse_top_k_categorical_accuracy: SparseTopKCategoricalAccuracy,
  top_k_categorical_accuracy: TopKCategoricalAccuracy,
  mean_squared_error: MeanSquaredError,
  mse: MeanSquaredError,
  MSE: MeanSquaredError,
  mean_absolute_error: MeanAbsoluteError,
  mae: MeanAbsoluteError,
  MAE: MeanAbsoluteError,
  mean_absolute_percentage_error: MeanAbsolutePercentageError,
  mape: MeanAbsolutePercentageError,
  mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
  msle: MeanSquaredLogarithmicError,
  root_mean_squared_error: RootMeanSquaredError,
  kl_divergence: KLDivergence,
  poisson: Poisson,
  hinge: Hinge,
  squared_hinge: SquaredHinge,
  categorical_hinge: CategoricalHinge,
  cosine_similarity: CosineSimilarity,
  sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
  categorical_crossentropy: CategoricalCrossentropy,
  binary_crossentropy: BinaryCrossentropy,
} satisfies Record<string, SerializableClass<Metric>>;

export type MetricName = keyof typeof aliases | "accuracy" | "acc";

/** A name, an object, Keras's dictionary, or a function that gives a figure for each sample. */
export type MetricIdentifier =
  | MetricName
  | Metric
  | ((yTrue: Tensor, yPred: Tensor) => Tensor)
  | { readonly class_name: string; readonly config: object };

const others: SerializableClass<Metric>[] = [Accuracy, Mean, Sum, LogCoshError];
const registry = /* @__PURE__ */ new Registry<Metric>(
  "metric",
  [...new Set<SerializableClass<Metric>>(Object.values(aliases)), ...others],
  aliases,
);

/** What programs have only where they name it or read files: strings do not stand for these. */
const further = (): readonly SerializableClass<Metric>[] => [
  AUC,
  confusions.FalseNegatives,
  confusions.FalsePositives,
  confusions.Precision,
  confusions.PrecisionAtRecall,
  confusions.Recall,
  confusions.RecallAtPrecision,
  confusions.SensitivityAtSpecificity,
  confusions.SpecificityAtSensitivity,
  confusions.TrueNegatives,
  confusions.TruePositives,
  intersections.BinaryIoU,
  intersections.IoU,
  intersections.MeanIoU,
  intersections.OneHotIoU,
  intersections.OneHotMeanIoU,
  scores.ConcordanceCorrelation,
  scores.F1Score,
  scores.FBetaScore,
  scores.PearsonCorrelation,
  scores.R2Score,
];

/** The names that `get` knows, with `"accuracy"`, which depends on the shapes. */
export function names(): string[] {
  return ["accuracy", "acc", ...registry.names()];
}

/** @throws if the name is unknown; the message suggests the nearest one */
export function get(identifier: MetricIdentifier): Metric {
  if (identifier instanceof Metric) return identifier;
  if (typeof identifier === "function") return new MeanMetricWrapper(identifier);
  if (typeof identifier === "string") {
    const made = registry.find(identifier).fromConfig({ name: identifier });
    return made;
  }
  return registry.deserialize(identifier);
}

/** @throws if the class is unknown */
export function deserialize(config: Json): Metric {
  for (const cls of further()) registry.register(cls);
  return registry.deserialize(config);
}

export function serialize(metric: Metric): Json {
  return serializeObject(metric);
}
