import { type Layer, type Model, type Sequential, Tensor, tensor } from "keratin";
import type { FeatureMaps, FirstKernel, Mistake } from "./outputs.js";
import { imageShape } from "./registry.js";

/** Units or filters that are shown. */
const MOST_UNITS = 12;
/** Channels of a layer's output that are shown. */
const MOST_MAPS = 32;

/** The first weights of a model, of as many units or filters as are shown. */
export function firstKernel(model: Model): FirstKernel | null {
  const kernel = model.weights[0];
  if (!kernel || ![2, 4].includes(kernel.shape.length)) return null;
  const { data } = kernel.value;
  const units = kernel.shape[kernel.shape.length - 1];
  const shown = Math.min(units, MOST_UNITS);
  const rows = data.length / units;
  const values = new Float32Array(rows * shown);
  for (let row = 0; row < rows; row++)
    for (let unit = 0; unit < shown; unit++) values[row * shown + unit] = data[row * units + unit];
  const layer = model.layers.find((one) => one.weights.includes(kernel));
  return { name: layer?.name ?? model.name, shape: [...kernel.shape.slice(0, -1), shown], values };
}

/** What a layer learns, by the last part of each variable's path. */
export const weightShapes = (layer: Layer): { readonly name: string; readonly shape: readonly number[] }[] =>
  layer.weights.map(({ path, shape }) => ({
    name: path.slice(path.lastIndexOf("/") + 1),
    shape: [...shape],
  }));

/** What each layer makes of one image, from the first to the last. */
export function featureMaps(model: Model, pixels: Float32Array): FeatureMaps[] {
  const shape = imageShape(model);
  if (!shape) throw new Error("Feature maps can be shown for models that take 28 × 28 images.");
  let value: Tensor = tensor(pixels, [1, ...shape], "float32");
  return (model as Sequential).layers.map((layer) => {
    value = layer.apply(value) as Tensor;
    const extents = value.shape.slice(1);
    const image = extents.length >= 2;
    const [height, width] = image ? extents : [1, extents[0]];
    const channels = image ? (extents[2] ?? 1) : 1;
    const { data } = value;
    return {
      layer: layer.name,
      className: (layer.constructor as unknown as { className: string }).className,
      shape: extents,
      width,
      height,
      maps: Array.from({ length: Math.min(channels, MOST_MAPS) }, (_, channel) =>
        Float32Array.from({ length: width * height }, (_, i) => data[i * channels + channel]),
      ),
    };
  });
}

/** The digits whose wrong answer the model is surest of. */
export function worstMistakes(
  probabilities: Tensor,
  images: Tensor,
  labels: Tensor,
  count: number,
): Mistake[] {
  const predicted = probabilities.argmax(-1).data;
  const { data } = probabilities;
  const wrong: { readonly index: number; readonly probability: number }[] = [];
  for (let index = 0; index < predicted.length; index++)
    if (predicted[index] !== labels.data[index])
      wrong.push({ index, probability: data[index * 10 + predicted[index]] });
  wrong.sort((a, b) => b.probability - a.probability);
  return wrong.slice(0, count).map(({ index, probability }) => ({
    pixels: bytesOf(images.at(index)),
    truth: labels.data[index],
    predicted: predicted[index],
    probability,
  }));
}

/** An image's pixels, 0 to 255, whether they were divided by 255 or not. */
export function bytesOf(image: Tensor): Uint8Array {
  if (!(image instanceof Tensor) || image.data.length !== 784)
    throw new Error(
      `Expected one image of 28 × 28 pixels, for instance train.x.at(0). Received: ${image instanceof Tensor ? `a tensor of shape (${image.shape.join(", ")})` : String(image)}`,
    );
  const factor = image.dtype === "float32" ? 255 : 1;
  return Uint8Array.from(image.data, (value) => Math.round(value * factor));
}
