import { Registry } from "../utils/serialization.js";
import {
  Accuracy,
  BinaryAccuracy,
  CategoricalAccuracy,
  SparseCategoricalAccuracy,
  SparseTopKCategoricalAccuracy,
  TopKCategoricalAccuracy,
} from "./accuracy.js";
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
import { aliases, checkName, type MetricName, rarer } from "./names.js";
import { Mean, MeanMetricWrapper, type PerSample, Sum } from "./reduction.js";

const usual = [
  Accuracy,
  BinaryAccuracy,
  BinaryCrossentropy,
  CategoricalAccuracy,
  CategoricalCrossentropy,
  CategoricalHinge,
  CosineSimilarity,
  Hinge,
  KLDivergence,
  LogCoshError,
  Mean,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
  RootMeanSquaredError,
  SparseCategoricalAccuracy,
  SparseCategoricalCrossentropy,
  SparseTopKCategoricalAccuracy,
  SquaredHinge,
  Sum,
  TopKCategoricalAccuracy,
] as const;

/** A name, an object, Keras's dictionary, or a function that gives a figure for each sample. */
export type MetricIdentifier =
  | MetricName
  | Metric
  | PerSample
  | { readonly class_name: string; readonly config: object };

/** Metrics that are there in each run of a model; whoever wants others registers `rarer.ts` first. */
export const registry = /* @__PURE__ */ new Registry<Metric>("metric", usual, aliases, {
  snakeCase: true,
  later: rarer,
  fromFunction: (fn: PerSample) => new MeanMetricWrapper(fn),
});

/** @throws if the name is unknown; the message suggests the nearest one */
export function find(identifier: MetricIdentifier): Metric {
  if (identifier instanceof Metric) return identifier;
  if (typeof identifier === "function") return new MeanMetricWrapper(identifier);
  if (typeof identifier === "string") checkName(identifier);
  return registry.deserialize(identifier);
}
