import { DIGIT_SIZE } from "./digit.js";
import { textOf } from "./figure.js";
import { type GridOptions, type PictureGrid, pictureGrid, planes } from "./grid.js";

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
export function kernelPictures({ shape, values }: Kernel, limit: number): PictureGrid | undefined {
  if (shape.length === 4) {
    const [height, width, channels, filters] = shape;
    return planes(height, width, channels * filters, values, limit);
  }
  if (shape.length !== 2) return undefined;
  // only inputs that are the pixels themselves make an image
  return shape[0] === DIGIT_SIZE ** 2 ? planes(DIGIT_SIZE, DIGIT_SIZE, shape[1], values, limit) : undefined;
}
