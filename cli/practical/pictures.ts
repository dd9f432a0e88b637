import type { Model, Tensor } from "keratin";
import type { Mistake, Picture } from "./html.js";

/** The 24 digits whose wrong answer the model is surest of. */
export function worstMistakes(probabilities: Tensor, images: Tensor, labels: Tensor): Mistake[] {
  const { data } = probabilities;
  const classes = probabilities.shape[1];
  const predicted = probabilities.argmax(-1).data;
  const wrong = Array.from(predicted, (digit, i) => ({ i, digit, probability: data[i * classes + digit] }))
    .filter(({ i, digit }) => digit !== labels.data[i])
    .sort((a, b) => b.probability - a.probability)
    .slice(0, 24);
  return wrong.map(({ i, digit, probability }) => ({
    pixels: images.at(i).data,
    truth: labels.data[i],
    predicted: digit,
    probability,
  }));
}

/** The weights of the first layer that has any, as pictures: a convolution's filters, a dense layer's units. */
export function firstLayer(model: Model): Picture[] {
  const kernel = model.weights[0];
  if (!kernel) return [];
  const { data } = kernel.value;
  const units = kernel.shape[kernel.shape.length - 1];
  const filters = kernel.shape.length === 4;
  const [height, width] = filters ? kernel.shape : [28, 28];
  if (width * height * units !== data.length) return [];
  return Array.from({ length: units }, (_, unit) => ({
    width,
    height,
    values: Float32Array.from({ length: width * height }, (_, i) => data[i * units + unit]),
    label: `${filters ? "filter" : "unit"} ${unit + 1}`,
  }));
}
