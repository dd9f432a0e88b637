import type { FigureOptions } from "./figure.js";
import { type PictureScale, pictureFrame, picturePaths, strongest, WEIGHTS } from "./picture.js";
import { element, svg } from "./svg.js";

/** Pictures of the same size: the kernels of a convolution, the weights of a dense layer's units. */
export interface PictureGrid {
  readonly width: number;
  readonly height: number;
  /** Picture after picture, each row by row. */
  readonly pictures: readonly ArrayLike<number>[];
}

export interface GridOptions extends FigureOptions {
  /** Pictures in a row, at most. Default 6; fewer where that fills the rows evenly. */
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
  { width, height, pictures }: PictureGrid,
  label: string,
  options: GridOptions = {},
): string {
  const rows = Math.ceil(pictures.length / (options.columns ?? 6));
  const columns = Math.ceil(pictures.length / rows);
  // a few pictures alone in their row do not become giants
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
  return svg({ width: WIDTH, height: rows * stepY - GAP, label }, content.join(""));
}

/** The planes of an array whose last axis tells them apart, as Keras keeps filters and channels. */
export function planes(
  height: number,
  width: number,
  count: number,
  values: ArrayLike<number>,
  limit: number,
): PictureGrid {
  const pictures = Array.from({ length: Math.min(count, limit) }, (_, plane) =>
    Float32Array.from({ length: width * height }, (_, i) => values[i * count + plane]),
  );
  return { width, height, pictures };
}
