/** https://keras.io/api/losses/ */
import type { Tensor } from "../ops/tensor.js";
import { type Json, Registry, type SerializableClass, serializeObject } from "../utils/serialization.js";
import { Loss } from "./loss.js";
import * as classes from "./losses.js";
import * as rarer from "./similarity.js";

export * from "./functions.js";
export { Loss, type LossOptions, type Reduction } from "./loss.js";
export * from "./losses.js";
export * from "./similarity.js";

const aliases = {
  sparse_categorical_crossentropy: classes.SparseCategoricalCrossentropy,
  categorical_crossentropy: classes.CategoricalCrossentropy,
  binary_crossentropy: classes.BinaryCrossentropy,
  bce: classes.BinaryCrossentropy,
  mean_squared_error: classes.MeanSquaredError,
  mse: classes.MeanSquaredError,
  mean_absolute_error: classes.MeanAbsoluteError,
  mae: classes.MeanAbsoluteError,
  mean_absolute_percentage_error: classes.MeanAbsolutePercentageError,
  mape: classes.MeanAbsolutePercentageError,
  mean_squared_logarithmic_error: classes.MeanSquaredLogarithmicError,
  msle: classes.MeanSquaredLogarithmicError,
  huber: classes.Huber,
  log_cosh: classes.LogCosh,
  logcosh: classes.LogCosh,
  kl_divergence: classes.KLDivergence,
  kld: classes.KLDivergence,
  poisson: classes.Poisson,
  hinge: classes.Hinge,
  squared_hinge: classes.SquaredHinge,
  categorical_hinge: classes.CategoricalHinge,
  cosine_similarity: classes.CosineSimilarity,
} satisfies Record<string, SerializableClass<Loss>>;

export type LossName = keyof typeof aliases;

/** A name, an object, Keras's dictionary, or a function that gives the loss of each sample. */
export type LossIdentifier =
  | LossName
  | Loss
  | ((yTrue: Tensor, yPred: Tensor) => Tensor)
  | { readonly class_name: string; readonly config: object };

class FunctionLoss extends Loss {
  static override readonly className = "LossFunctionWrapper";
  static override readonly module = null;
  constructor(readonly fn: (yTrue: Tensor, yPred: Tensor) => Tensor) {
    super({ name: fn.name || "loss" });
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return this.fn(yTrue, yPred);
  }
}

const registry = /* @__PURE__ */ new Registry<Loss>("loss", [...new Set(Object.values(aliases))], aliases);

/** What programs have only where they name it or read files: strings do not stand for these. */
const further = (): readonly SerializableClass<Loss>[] => [
  rarer.BinaryFocalCrossentropy,
  rarer.CategoricalFocalCrossentropy,
  rarer.CategoricalGeneralizedCrossEntropy,
  rarer.Circle,
  rarer.Dice,
  rarer.Tversky,
];

/** @throws if the name is unknown; the message suggests the nearest one */
export function get(identifier: LossIdentifier): Loss {
  if (identifier instanceof Loss) return identifier;
  if (typeof identifier === "function") return new FunctionLoss(identifier);
  return registry.deserialize(identifier);
}

/** @throws if the class is unknown */
export function deserialize(config: Json): Loss {
  for (const cls of further()) registry.register(cls);
  return registry.deserialize(config);
}

export function serialize(loss: Loss): Json {
  return serializeObject(loss);
}
