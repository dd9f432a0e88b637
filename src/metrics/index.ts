/** https://keras.io/api/metrics/ */
import type { Tensor } from "../ops/tensor.js";
import { type Json, Registry, type SerializableClass, serializeObject } from "../utils/serialization.js";
import * as accuracies from "./accuracy.js";
import { Metric } from "./metric.js";
import * as figures from "./metrics.js";
import * as reductions from "./reduction.js";

export * from "./accuracy.js";
export { Metric, type MetricOptions, type UpdateOptions } from "./metric.js";
export * from "./metrics.js";
export { Mean, MeanMetricWrapper, type MetricClass, Sum } from "./reduction.js";

const classes = { ...accuracies, ...figures, ...reductions };

const aliases = {
  sparse_categorical_accuracy: classes.SparseCategoricalAccuracy,
  categorical_accuracy: classes.CategoricalAccuracy,
  binary_accuracy: classes.BinaryAccuracy,
  sparse_top_k_categorical_accuracy: classes.SparseTopKCategoricalAccuracy,
  top_k_categorical_accuracy: classes.TopKCategoricalAccuracy,
  mean_squared_error: classes.MeanSquaredError,
  mse: classes.MeanSquaredError,
  MSE: classes.MeanSquaredError,
  mean_absolute_error: classes.MeanAbsoluteError,
  mae: classes.MeanAbsoluteError,
  MAE: classes.MeanAbsoluteError,
  mean_absolute_percentage_error: classes.MeanAbsolutePercentageError,
  mape: classes.MeanAbsolutePercentageError,
  mean_squared_logarithmic_error: classes.MeanSquaredLogarithmicError,
  msle: classes.MeanSquaredLogarithmicError,
  root_mean_squared_error: classes.RootMeanSquaredError,
  kl_divergence: classes.KLDivergence,
  poisson: classes.Poisson,
  hinge: classes.Hinge,
  squared_hinge: classes.SquaredHinge,
  categorical_hinge: classes.CategoricalHinge,
  cosine_similarity: classes.CosineSimilarity,
  sparse_categorical_crossentropy: classes.SparseCategoricalCrossentropy,
  categorical_crossentropy: classes.CategoricalCrossentropy,
  binary_crossentropy: classes.BinaryCrossentropy,
} satisfies Record<string, SerializableClass<Metric>>;

export type MetricName = keyof typeof aliases | "accuracy" | "acc";

/** A name, an object, Keras's dictionary, or a function that gives a figure for each sample. */
export type MetricIdentifier =
  | MetricName
  | Metric
  | ((yTrue: Tensor, yPred: Tensor) => Tensor)
  | { readonly class_name: string; readonly config: object };

const others: SerializableClass<Metric>[] = [
  classes.Accuracy,
  classes.Mean,
  classes.Sum,
  classes.LogCoshError,
];
const registry = /* @__PURE__ */ new Registry<Metric>(
  "metric",
  [...new Set<SerializableClass<Metric>>(Object.values(aliases)), ...others],
  aliases,
);

/** The names that `get` knows, with `"accuracy"`, which depends on the shapes. */
export function names(): string[] {
  return ["accuracy", "acc", ...registry.names()];
}

/** @throws if the name is unknown; the message suggests the nearest one */
export function get(identifier: MetricIdentifier): Metric {
  if (identifier instanceof Metric) return identifier;
  if (typeof identifier === "function") return new classes.MeanMetricWrapper(identifier);
  if (typeof identifier === "string") {
    const made = registry.find(identifier).fromConfig({ name: identifier });
    return made;
  }
  return registry.deserialize(identifier);
}

export function deserialize(config: Json): Metric {
  return registry.deserialize(config);
}

export function serialize(metric: Metric): Json {
  return serializeObject(metric);
}
