import { type Model, type Tensor, utils } from "keratin";
import type { PracticalModel } from "./models.js";

/**
 * A new model, from the seed, so that it comes out the same whichever models were made before it; compiled as the practical
 * compiles its models, unless it is compiled already.
 */
export async function buildModel(definition: PracticalModel, seed: number): Promise<Model> {
  utils.clearSession();
  utils.setRandomSeed(seed);
  const model = await definition.build();
  if (!model.optimizer)
    model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return model;
}

/** Images in the shape that a model takes: `(n, 28, 28)`, with a channel axis, or in a row. */
export function imagesFor(model: Model, x: Tensor): Tensor {
  const [, ...shape] = (model.inputShape ?? [null, 28, 28]) as number[];
  return x.reshape([x.shape[0], ...shape]);
}
