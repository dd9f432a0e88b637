import type { Tensor } from "../ops/tensor.js";
import type { Figure } from "../utils/figure.js";

export type { Figure };

/** The figure of a metric's result. As in Keras, one element is a number whatever its shape is. */
export function figureOf(result: Tensor): Figure {
  return result.size === 1 ? result.item() : (result.toArray() as Figure);
}
