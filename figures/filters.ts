import { type FigureOptions, textOf } from "./figure.js";
import { type PictureScale, pictureFrame, picturePaths, strongest, WEIGHTS } from "./picture.js";
import { element, svg } from "./svg.js";

/** Pictures of the same size: the kernels of a convolution, the weights of a dense layer's units. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  /** Picture after picture, each row by row. */
  readonly pictures: readonly ArrayLike<number>[];
}

export interface GridOptions extends FigureOptions {
  /** Pictures in a row. Default: what fits into 340 pixels, at most 6. */
  readonly columns?: number;
  /** Default: that of weights. */
  readonly scale?: PictureScale;
}

const WIDTH = 340;
const GAP = 8;
const NUMBER_HEIGHT = 14;

/**
 * Pictures in rows, numbered from 0, all on one scale.
 * @param label what they are, in words
 */
export function pictureGrid(
  { width, height, pictures }: Grid,
  label: string,
  options: GridOptions = {},
): string {
  const columns = Math.max(1, Math.min(options.columns ?? 6, pictures.length));
  const rows = Math.ceil(pictures.length / columns);
  const cell = (WIDTH + GAP) / Math.max(columns, 4) - GAP;
  const size = cell / Math.max(width, height);
  const stepX = cell + GAP;
  const stepY = height * size + NUMBER_HEIGHT + GAP;
  const scale = { most: Math.max(...pictures.map(strongest)), ...(options.scale ?? WEIGHTS) };
  const content = pictures.map((values, i) => {
    const x = (i % columns) * stepX + (cell - width * size) / 2;
    const y = Math.floor(i / columns) * stepY;
    return (
      picturePaths({ width, height, values }, scale, { x, y, size }) +
      pictureFrame(x, y, width * size, height * size) +
      element(
        "text",
        { x: x + (width * size) / 2, y: y + height * size + 12, "text-anchor": "middle" },
        String(i),
      )
    );
  });
  return svg(
    { width: Math.max(columns, 4) * stepX - GAP, height: rows * stepY - GAP, label },
    content.join(""),
  );
}

/** A layer's weights, as Keras keeps them. */
export interface Kernel {
  readonly name: string;
  /** `[height, width, channels, filters]` of a convolution, or `[inputs, units]` of a dense layer. */
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/**
 * The weights of a layer that sees images: each filter of a convolution, or each unit of a dense layer as an image
 * of what it looks at. Of filters with several channels the first `limit` planes are shown.
 *
 * @param limit how many pictures at most; default 12
 * @returns undefined for weights that make no picture
 */
export function filters(
  kernel: Kernel,
  options: GridOptions & { readonly limit?: number } = {},
): string | undefined {
  const grid = kernelPictures(kernel, options.limit ?? 12);
  return (
    grid &&
    pictureGrid(grid, textOf(options).filters(kernel.name, kernel.shape, grid.pictures.length), options)
  );
}

/** The pictures in a kernel, or undefined if it has none. */
export function kernelPictures({ shape, values }: Kernel, limit: number): Grid | undefined {
  if (shape.length === 4) {
    const [height, width, channels, filters] = shape;
    return planes(height, width, channels * filters, values, limit);
  }
  if (shape.length !== 2) return undefined;
  // inputs that are a square are an image that was flattened
  const side = Math.sqrt(shape[0]);
  return Number.isInteger(side) && side > 1 ? planes(side, side, shape[1], values, limit) : undefined;
}

function planes(
  height: number,
  width: number,
  count: number,
  values: ArrayLike<number>,
  limit: number,
): Grid {
  const pictures = Array.from({ length: Math.min(count, limit) }, (_, plane) =>
    Float32Array.from({ length: width * height }, (_, i) => values[i * count + plane]),
  );
  return { width, height, pictures };
}
