import type { Tensor } from "../../ops/tensor.js";
import { encodePng } from "../../utils/png.js";
import type { Summary } from "./event.js";

export function scalarSummary(tag: string, value: number): Summary {
  return { tag, plugin: "scalars", tensor: { shape: [], float: [value] } };
}

/** The model's configuration, from which TensorBoard draws its graph. */
export function modelSummary(json: string): Summary {
  const string = [new TextEncoder().encode(json)];
  return { tag: "keras", plugin: "graph_keras_model", pluginContent: "1", tensor: { shape: [], string } };
}

const BUCKETS = 30;

/** How many numbers lie in each of 30 equal intervals; numbers that are not finite are left out. */
export function histogramSummary(tag: string, { data }: Tensor): Summary {
  const rows = new Float64Array(BUCKETS * 3);
  const finite = data.filter((value) => Number.isFinite(value));
  if (finite.length > 0) {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (const value of finite) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    const width = (most - least) / BUCKETS;
    for (let i = 0; i < BUCKETS; i++) {
      rows[i * 3] = least + i * width;
      rows[i * 3 + 1] = i === BUCKETS - 1 ? most : least + (i + 1) * width;
    }
    for (const value of finite) {
      // a single value is counted in the last interval
      const bucket = width === 0 ? BUCKETS - 1 : Math.floor((value - least) / width);
      rows[Math.min(bucket, BUCKETS - 1) * 3 + 2]++;
    }
  }
  return { tag, plugin: "histograms", tensor: { shape: [BUCKETS, 3], double: rows } };
}

/** TensorBoard shows three pictures of a kind at most. */
const MOST_IMAGES = 3;

/** A weight as grey pictures, 0 black and 1 white: `(n)`, `(n, m)` or `(n, m, pictures)`; undefined for other ranks. */
export async function imageSummary(tag: string, weight: Tensor): Promise<Summary | undefined> {
  const images = asPictures(weight);
  if (!images) return undefined;
  const [count, height, width] = images.shape;
  const pictures: Uint8Array[] = [];
  for (let n = 0; n < Math.min(count, MOST_IMAGES); n++) {
    const values = images.data.subarray(n * height * width, (n + 1) * height * width);
    const pixels = Uint8Array.from(values, (value) => Math.min(255, Math.max(0, value) * 255.5));
    pictures.push(await encodePng({ width, height, pixels }));
  }
  const text = (value: number) => new TextEncoder().encode(String(value));
  const string = [text(width), text(height), ...pictures];
  return { tag, plugin: "images", tensor: { shape: [string.length], string } };
}

/** `(pictures, height, width)`, as Keras arranges weights. */
function asPictures(weight: Tensor): Tensor | undefined {
  const image = weight.reshape(weight.shape.filter((extent) => extent !== 1));
  const [first, second] = image.shape;
  if (image.rank === 1) return image.reshape([1, first, 1]);
  if (image.rank === 2)
    return (first > second ? image.transpose() : image).reshape([
      1,
      Math.min(first, second),
      Math.max(first, second),
    ]);
  return image.rank === 3 ? image.transpose([2, 0, 1]) : undefined;
}
