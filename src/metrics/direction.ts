import * as losses from "../losses/functions.js";
import type { Metric } from "./metric.js";
import { MeanMetricWrapper } from "./reduction.js";

/** Whether larger or smaller figures are better. */
export type Direction = "up" | "down";

const directions: Readonly<Record<Direction, ReadonlySet<string>>> = {
  up: new Set([
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "Precision",
    "Recall",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
    "PrecisionAtRecall",
    "RecallAtPrecision",
    "AUC",
    "FBetaScore",
    "F1Score",
    "IoU",
    "BinaryIoU",
    "MeanIoU",
    "OneHotIoU",
    "OneHotMeanIoU",
    "CosineSimilarity",
    "R2Score",
    "PearsonCorrelation",
    "ConcordanceCorrelation",
  ]),
  down: new Set([
    "MeanSquaredError",
    "RootMeanSquaredError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "LogCoshError",
    "KLDivergence",
    "Poisson",
    "Hinge",
    "SquaredHinge",
    "CategoricalHinge",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
  ]),
};

/** Whether larger or smaller is better, as far as that is known; a metric of one's own may say so in `direction`. */
export function directionOf(metric: Metric): Direction | undefined {
  if ("direction" in metric && (metric.direction === "up" || metric.direction === "down"))
    return metric.direction;
  const { className } = metric.constructor as typeof Metric;
  if (directions.up.has(className)) return "up";
  if (directions.down.has(className)) return "down";
  const isLoss = metric instanceof MeanMetricWrapper && Object.values<unknown>(losses).includes(metric.fn);
  return isLoss ? "down" : undefined;
}
