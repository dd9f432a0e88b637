import { snakeCase } from "../utils/naming.js";
import { getRegisteredObject } from "../utils/registration.js";
import { isSerializedObject } from "../utils/serialization.js";
import { didYouMean } from "../utils/suggest.js";

// Names alone: the classes are loaded with a model's first run.

/** The classes that are there in each run. */
const usual = [
  "Accuracy",
  "BinaryAccuracy",
  "BinaryCrossentropy",
  "CategoricalAccuracy",
  "CategoricalCrossentropy",
  "CategoricalHinge",
  "CosineSimilarity",
  "Hinge",
  "KLDivergence",
  "LogCoshError",
  "Mean",
  "MeanAbsoluteError",
  "MeanAbsolutePercentageError",
  "MeanSquaredError",
  "MeanSquaredLogarithmicError",
  "Poisson",
  "RootMeanSquaredError",
  "SparseCategoricalAccuracy",
  "SparseCategoricalCrossentropy",
  "SparseTopKCategoricalAccuracy",
  "SquaredHinge",
  "Sum",
  "TopKCategoricalAccuracy",
] as const;

export const aliases = {
  bce: "BinaryCrossentropy",
  BCE: "BinaryCrossentropy",
  mae: "MeanAbsoluteError",
  MAE: "MeanAbsoluteError",
  mape: "MeanAbsolutePercentageError",
  MAPE: "MeanAbsolutePercentageError",
  mse: "MeanSquaredError",
  MSE: "MeanSquaredError",
  msle: "MeanSquaredLogarithmicError",
  MSLE: "MeanSquaredLogarithmicError",
} as const satisfies Record<string, (typeof usual)[number]>;

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
  | (typeof usual)[number]
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
  | "true_positives";

/** The classes in `rarer.ts`. */
export const rarer: readonly string[] = [...later, ...withArguments];

/** Whether a name or a dictionary stands for a class that a run loads only if it is asked to. */
export function isRarer(identifier: unknown): boolean {
  const name = isSerializedObject(identifier) ? identifier.class_name : identifier;
  return rarer.some((className) => name === className || name === snakeCase(className));
}

/** @throws if the name is unknown (the message suggests the nearest one), or says too little to make a metric */
export function checkName(name: string): void {
  const needing = withArguments.find((className) => name === className || name === snakeCase(className));
  if (needing)
    throw new Error(
      `The metric '${name}' has arguments without defaults, so its name alone is not enough. Give an object: new metrics.${needing}(…).`,
    );
  const classes = [...usual, ...later];
  const known = [...classes.map(snakeCase), ...Object.keys(aliases), ...classes];
  if (!known.includes(name) && !getRegisteredObject(name))
    throw new Error(`Unknown metric: '${name}'.${didYouMean(name, known)}`);
}
