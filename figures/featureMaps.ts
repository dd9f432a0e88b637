import { type FigureOptions, textOf } from "./figure.js";
import { pictureGrid } from "./grid.js";
import { type Picture, pictureFrame, picturePaths, WEIGHTS } from "./picture.js";
import { escape, svg } from "./svg.js";

/** What a layer makes of one digit. */
export interface LayerMaps {
  /** The layer's name. */
  readonly layer: string;
  /** Of its output, without the batch: `[height, width, channels]`, `[height, width]` or `[units]`. */
  readonly shape: readonly number[];
  readonly width: number;
  readonly height: number;
  /** A picture for each channel, row by row; one row of numbers for a flat layer. */
  readonly maps: readonly ArrayLike<number>[];
}

export interface FeatureMapOptions extends FigureOptions {
  /** How many maps of one layer are shown at most. Default 16. */
  readonly limit?: number;
}

const WIDTH = 340;
/** Numbers of a flat layer in a row. */
const ROW = 32;

/** One layer's output: a picture for each channel, or a strip with a cell for each unit. */
export function featureMap(
  { layer, shape, width, height, maps }: LayerMaps,
  options: FeatureMapOptions = {},
): string {
  const label = textOf(options).featureMap(layer, shape);
  if (shape.length > 1) {
    const pictures = maps.slice(0, options.limit ?? 16);
    return pictureGrid({ width, height, pictures }, label, { ...options, columns: 8 });
  }
  const picture = strip(maps[0]);
  const size = WIDTH / ROW;
  const [w, h] = [picture.width * size, picture.height * size];
  return svg(
    { width: WIDTH, height: h + 1, label },
    picturePaths(picture, WEIGHTS, { x: 0, y: 0.5, size }) + pictureFrame(0, 0.5, w, h),
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

/** The outputs of all layers in order, as an HTML list with the layers' names. */
export function featureMaps(layers: readonly LayerMaps[], options: FeatureMapOptions = {}): string {
  const text = textOf(options);
  const items = layers.map(
    (one) => `<li><p>${escape(text.layerOutput(one.layer, one.shape))}</p>${featureMap(one, options)}</li>`,
  );
  return `<ol class="feature-maps">${items.join("")}</ol>`;
}
