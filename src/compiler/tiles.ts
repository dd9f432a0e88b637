import type { ProductAxis } from "./kernel.js";

/** Rows of a product's register tile where two vectors of columns go with it; ranges of a split start at multiples of it. */
export const TILE_ROWS = 4;

/** Which row axis of a product is tiled: the innermost, unless another one wastes less. */
export function tiledAxis(rows: readonly ProductAxis[]): number {
  const waste = (axis: ProductAxis) =>
    axis.b !== 0 ? Number.POSITIVE_INFINITY : Math.ceil(axis.extent / TILE_ROWS) / axis.extent;
  let best = rows.length - 1;
  for (let i = rows.length - 2; i >= 0; i--) if (waste(rows[i]) < waste(rows[best]) * 0.8) best = i;
  return best;
}
