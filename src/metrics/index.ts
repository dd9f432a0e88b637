/** https://keras.io/api/metrics/ */
import { type Json, serializeObject } from "../utils/serialization.js";
import type { Metric } from "./metric.js";
import { rarerMetrics } from "./rarer.js";
import { find, type MetricIdentifier, registry } from "./registry.js";

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
export type { MetricName } from "./names.js";
export { Mean, MeanMetricWrapper, type MetricClass, Sum } from "./reduction.js";
export type { MetricIdentifier } from "./registry.js";
export * from "./scores.js";

/** @throws if the name is unknown; the message suggests the nearest one */
export function get(identifier: MetricIdentifier): Metric {
  if (registry.awaits(identifier)) registerAll();
  return find(identifier);
}

/** @throws if the class is unknown */
export function deserialize(config: Json): Metric {
  registerAll();
  return registry.deserialize(config);
}

export function serialize(metric: Metric): Json {
  return serializeObject(metric);
}

function registerAll(): void {
  for (const cls of rarerMetrics) registry.register(cls);
}
