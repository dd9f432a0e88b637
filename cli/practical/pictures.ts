import type { Model, Tensor } from "keratin";
import type { Kernel } from "../../figures/filters.js";
import type { Mistake } from "../../figures/mostWrong.js";
import type { Digits } from "./training.js";

/** The 24 digits whose wrong answer the model is surest of. */
export function worstMistakes(probabilities: Tensor, { x, y }: Digits): Mistake[] {
  const { data } = probabilities;
  const classes = probabilities.shape[1];
  const predicted = probabilities.argmax(-1).data;
  const wrong = Array.from(predicted, (digit, i) => ({ i, digit, probability: data[i * classes + digit] }))
    .filter(({ i, digit }) => digit !== y.data[i])
    .sort((a, b) => b.probability - a.probability)
    .slice(0, 24);
  return wrong.map(({ i, digit, probability }) => ({
    pixels: x.at(i).data,
    truth: y.data[i],
    predicted: digit,
    probability,
  }));
}

/** The weights of the first layer that has any: a convolution's filters, a dense layer's units. */
export function firstKernel(model: Model): Kernel | undefined {
  const layer = model.layers.find(({ weights }) => weights.length > 0);
  if (!layer) return undefined;
  const [kernel] = layer.weights;
  return { name: layer.name, shape: kernel.shape, values: kernel.value.data };
}
