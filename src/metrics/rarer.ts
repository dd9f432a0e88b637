import type { SerializableClass } from "../utils/serialization.js";
import { AUC } from "./auc.js";
import * as confusions from "./confusion.js";
import * as intersections from "./iou.js";
import type { Metric } from "./metric.js";
import * as scores from "./scores.js";

/** Metrics that programs have only where they name the class, call `metrics.get`, read files or compile with one of these names. */
export const rarerMetrics: readonly SerializableClass<Metric>[] = [
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
