import type { SerializableClass } from "../utils/serialization.js";
import type { Loss } from "./loss.js";
import * as rarer from "./similarity.js";

/** Losses that programs have only where they name the class, call `losses.get`, read files or compile with one of these names. */
export const rarerLosses: readonly SerializableClass<Loss>[] = [
  rarer.BinaryFocalCrossentropy,
  rarer.CategoricalFocalCrossentropy,
  rarer.CategoricalGeneralizedCrossEntropy,
  rarer.Circle,
  rarer.Dice,
  rarer.Tversky,
];
