import type { Tensor } from "../ops/tensor.js";
import { Registry } from "../utils/serialization.js";
import { Loss } from "./loss.js";
import * as classes from "./losses.js";

const usual = [
  classes.BinaryCrossentropy,
  classes.CategoricalCrossentropy,
  classes.CategoricalHinge,
  classes.CosineSimilarity,
  classes.Hinge,
  classes.Huber,
  classes.KLDivergence,
  classes.LogCosh,
  classes.MeanAbsoluteError,
  classes.MeanAbsolutePercentageError,
  classes.MeanSquaredError,
  classes.MeanSquaredLogarithmicError,
  classes.Poisson,
  classes.SparseCategoricalCrossentropy,
  classes.SquaredHinge,
] as const;

const aliases = {
  bce: classes.BinaryCrossentropy,
  BCE: classes.BinaryCrossentropy,
  kld: classes.KLDivergence,
  KLD: classes.KLDivergence,
  logcosh: classes.LogCosh,
  mae: classes.MeanAbsoluteError,
  MAE: classes.MeanAbsoluteError,
  mape: classes.MeanAbsolutePercentageError,
  MAPE: classes.MeanAbsolutePercentageError,
  mse: classes.MeanSquaredError,
  MSE: classes.MeanSquaredError,
  msle: classes.MeanSquaredLogarithmicError,
  MSLE: classes.MeanSquaredLogarithmicError,
};

/** The classes in `rarer.ts`. */
const later = [
  "BinaryFocalCrossentropy",
  "CategoricalFocalCrossentropy",
  "CategoricalGeneralizedCrossEntropy",
  "Circle",
  "Dice",
  "Tversky",
] as const;

/** Names of functions and of classes, as Keras has them. */
export type LossName =
  | keyof typeof aliases
  | (typeof later)[number]
  | "binary_crossentropy"
  | "binary_focal_crossentropy"
  | "categorical_crossentropy"
  | "categorical_focal_crossentropy"
  | "categorical_generalized_cross_entropy"
  | "categorical_hinge"
  | "circle"
  | "cosine_similarity"
  | "dice"
  | "hinge"
  | "huber"
  | "kl_divergence"
  | "log_cosh"
  | "mean_absolute_error"
  | "mean_absolute_percentage_error"
  | "mean_squared_error"
  | "mean_squared_logarithmic_error"
  | "poisson"
  | "sparse_categorical_crossentropy"
  | "squared_hinge"
  | "tversky"
  | "BinaryCrossentropy"
  | "CategoricalCrossentropy"
  | "CategoricalHinge"
  | "CosineSimilarity"
  | "Hinge"
  | "Huber"
  | "KLDivergence"
  | "LogCosh"
  | "MeanAbsoluteError"
  | "MeanAbsolutePercentageError"
  | "MeanSquaredError"
  | "MeanSquaredLogarithmicError"
  | "Poisson"
  | "SparseCategoricalCrossentropy"
  | "SquaredHinge";

/** A function that gives the loss of each sample. */
export type LossFunction = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** A name, an object, Keras's dictionary, or a function that gives the loss of each sample. */
export type LossIdentifier =
  | LossName
  | Loss
  | LossFunction
  | { readonly class_name: string; readonly config: object };

/** A function as a loss. */
export class FunctionLoss extends Loss {
  static override readonly className = "LossFunctionWrapper";
  static override readonly module = null;
  constructor(readonly fn: LossFunction) {
    super({ name: fn.name || "loss" });
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return this.fn(yTrue, yPred);
  }
}

/** Losses that are in every program with a model; whoever wants others registers `rarer.ts` first. */
export const registry = /* @__PURE__ */ new Registry<Loss>("loss", usual, aliases, {
  snakeCase: true,
  later,
  fromFunction: (fn: LossFunction) => new FunctionLoss(fn),
});

/** @throws if the name is unknown; the message suggests the nearest one */
export function find(identifier: LossIdentifier): Loss {
  if (identifier instanceof Loss) return identifier;
  if (typeof identifier === "function") return new FunctionLoss(identifier);
  return registry.deserialize(identifier);
}
