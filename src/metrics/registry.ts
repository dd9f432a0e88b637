import { snakeCase } from "../utils/naming.js";
import { getRegisteredObject } from "../utils/registration.js";
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

const aliases = {
  bce: BinaryCrossentropy,
  BCE: BinaryCrossentropy,
  mae: MeanAbsoluteError,
  MAE: MeanAbsoluteError,
  mape: MeanAbsolutePercentageError,
  MAPE: MeanAbsolutePercentageError,
  mse: MeanSquaredError,
  MSE: MeanSquaredError,
  msle: MeanSquaredLogarithmicError,
  MSLE: MeanSquaredLogarithmicError,
};

/** The classes in `rarer.ts` that have defaults for everything. */
const later = [
  "AUC",
  "BinaryIoU",
  "ConcordanceCorrelation",
  "F1Score",
  "FBetaScore",
  "FalseNegatives",
  "FalsePositives",
  "PearsonCorrelation",
  "Precision",
  "R2Score",
  "Recall",
  "TrueNegatives",
  "TruePositives",
] as const;

/** Those that have not, and are made by dictionaries and classes alone. */
const withArguments: readonly string[] = [
  "IoU",
  "MeanIoU",
  "OneHotIoU",
  "OneHotMeanIoU",
  "PrecisionAtRecall",
  "RecallAtPrecision",
  "SensitivityAtSpecificity",
  "SpecificityAtSensitivity",
];

/** Names in snake case and of classes, as Keras has them. */
export type MetricName =
  | keyof typeof aliases
  | (typeof later)[number]
  | "accuracy"
  | "auc"
  | "binary_accuracy"
  | "binary_crossentropy"
  | "binary_io_u"
  | "categorical_accuracy"
  | "categorical_crossentropy"
  | "categorical_hinge"
  | "concordance_correlation"
  | "cosine_similarity"
  | "f1_score"
  | "f_beta_score"
  | "false_negatives"
  | "false_positives"
  | "hinge"
  | "kl_divergence"
  | "log_cosh_error"
  | "mean"
  | "mean_absolute_error"
  | "mean_absolute_percentage_error"
  | "mean_squared_error"
  | "mean_squared_logarithmic_error"
  | "pearson_correlation"
  | "poisson"
  | "precision"
  | "r2_score"
  | "recall"
  | "root_mean_squared_error"
  | "sparse_categorical_accuracy"
  | "sparse_categorical_crossentropy"
  | "sparse_top_k_categorical_accuracy"
  | "squared_hinge"
  | "sum"
  | "top_k_categorical_accuracy"
  | "true_negatives"
  | "true_positives"
  | "Accuracy"
  | "BinaryAccuracy"
  | "BinaryCrossentropy"
  | "CategoricalAccuracy"
  | "CategoricalCrossentropy"
  | "CategoricalHinge"
  | "CosineSimilarity"
  | "Hinge"
  | "KLDivergence"
  | "LogCoshError"
  | "Mean"
  | "MeanAbsoluteError"
  | "MeanAbsolutePercentageError"
  | "MeanSquaredError"
  | "MeanSquaredLogarithmicError"
  | "Poisson"
  | "RootMeanSquaredError"
  | "SparseCategoricalAccuracy"
  | "SparseCategoricalCrossentropy"
  | "SparseTopKCategoricalAccuracy"
  | "SquaredHinge"
  | "Sum"
  | "TopKCategoricalAccuracy";

/** A name, an object, Keras's dictionary, or a function that gives a figure for each sample. */
export type MetricIdentifier =
  | MetricName
  | Metric
  | PerSample
  | { readonly class_name: string; readonly config: object };

/** Metrics that are in every program with a model; whoever wants others registers `rarer.ts` first. */
export const registry = /* @__PURE__ */ new Registry<Metric>("metric", usual, aliases, {
  snakeCase: true,
  later: [...later, ...withArguments],
  fromFunction: (fn: PerSample) => new MeanMetricWrapper(fn),
});

/** @throws if the name is unknown (the message suggests the nearest one), or says too little to make a metric */
export function checkName(name: string): void {
  const needing = withArguments.find((className) => name === className || name === snakeCase(className));
  if (needing)
    throw new Error(
      `The metric '${name}' has arguments without defaults, so its name alone is not enough. Give an object: new metrics.${needing}(…).`,
    );
  if (!getRegisteredObject(name) && !registry.awaits(name)) registry.find(name);
}

/** @throws if the name is unknown; the message suggests the nearest one */
export function find(identifier: MetricIdentifier): Metric {
  if (identifier instanceof Metric) return identifier;
  if (typeof identifier === "function") return new MeanMetricWrapper(identifier);
  if (typeof identifier === "string") checkName(identifier);
  return registry.deserialize(identifier);
}
