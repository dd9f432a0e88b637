import { type FigureOptions, textOf } from "./figure.js";
import { pictureGrid, planes } from "./grid.js";
import { type Picture, pictureFrame, picturePaths, WEIGHTS } from "./picture.js";
import { escape, svg } from "./svg.js";

/** What a layer makes of one digit. */
export interface Activation {
  /** The layer's name. */
  readonly name: string;
  /** Without the batch: `[height, width, channels]`, `[height, width]` or `[units]`. */
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

export interface ActivationOptions extends FigureOptions {
  /** How many maps of one layer are shown at most. Default 16. */
  readonly limit?: number;
}

const WIDTH = 340;
/** Numbers of a flat layer in a row. */
const ROW = 32;

/** One layer's activations: a picture for each channel, or a strip with a cell for each unit. */
export function featureMap({ name, shape, values }: Activation, options: ActivationOptions = {}): string {
  const label = textOf(options).featureMap(name, shape);
  if (shape.length === 3) {
    const [height, width, channels] = shape;
    return pictureGrid(planes(height, width, channels, values, options.limit ?? 16), label, {
      ...options,
      columns: 8,
    });
  }
  const picture = shape.length === 2 ? { height: shape[0], width: shape[1], values } : strip(values);
  // an image takes a quarter of the width, as maps do
  const size =
    (shape.length === 2 ? WIDTH / 4 : WIDTH) / Math.max(picture.width, shape.length === 2 ? 1 : ROW);
  const [width, height] = [picture.width * size, picture.height * size];
  return svg(
    { width: WIDTH, height: height + 1, label },
    picturePaths(picture, WEIGHTS, { x: 0, y: 0.5, size }) + pictureFrame(0, 0.5, width, height),
  );
}

/** A flat layer's numbers in rows; the last row's end stays empty. */
function strip(values: ArrayLike<number>): Picture {
  const width = Math.min(ROW, values.length);
  const height = Math.ceil(values.length / ROW);
  const padded = new Float32Array(width * height);
  padded.set(values);
  return { width, height, values: padded };
}

/** The activations of all layers in order, as an HTML list with the layers' names. */
export function featureMaps(activations: readonly Activation[], options: ActivationOptions = {}): string {
  const text = textOf(options);
  const items = activations.map(
    (activation) =>
      `<li><p>${escape(text.layerOutput(activation.name, activation.shape))}</p>${featureMap(activation, options)}</li>`,
  );
  return `<ol class="feature-maps">${items.join("")}</ol>`;
}
