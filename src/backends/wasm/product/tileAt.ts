import type { ProductAxis, ProductKernel } from "../../../compiler/kernel.js";
import { tiledAxis } from "../../../compiler/tiles.js";
import { addressOf } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import { Computed, emitInvariants, emitStores } from "../emitLanes.js";
import { accessesOf, levelIn, type Pointers, RowPosition } from "../emitMap.js";
import { LaneGraph } from "../lanes.js";
import type { Part } from "../loops.js";
import { emitAccumulators, type Tile } from "./tile.js";
import { type TileOrigin, TilePosition } from "./tilePosition.js";

/** What all tiles of a product's results have in common. */
export interface Results {
  readonly kernel: ProductKernel;
  readonly graph: LaneGraph;
  readonly invariant: Computed;
  /** The position of the tiled row axis, that axis, and the other ones. */
  readonly axis: number;
  readonly tiled: ProductAxis;
  readonly others: readonly ProductAxis[];
}

/** Emits what is the same for all results of a product. */
export function resultsOf(f: FunctionBuilder, kernel: ProductKernel, pointers: Pointers): Results {
  const { rows, stores } = kernel;
  const axis = rows.length === 0 ? -1 : tiledAxis(rows);
  const graph = new LaneGraph(levelIn(-1));
  const roots = stores.map((store) => graph.build(store.expression));
  for (const root of roots) root.uses++;
  const invariant = Computed.none();
  emitInvariants(f, roots, 0, new RowPosition(pointers, [], undefined), invariant);
  const tiled = rows[axis] ?? { extent: 1, a: 0, b: 0 };
  return { kernel, graph, invariant, axis, tiled, others: rows.filter((_, i) => i !== axis) };
}

/** The part of a kernel's rows as seen from the loops around the tiled axis, if it is not that axis which is parted. */
export function partOfOthers(part: Part | undefined, axis: number): Part | undefined {
  if (!part || part.axis === axis) return undefined;
  return { ...part, axis: part.axis - (part.axis > axis ? 1 : 0) };
}

/** A local with the address of the first element of an operand that a tile needs. */
export function startOf(
  f: FunctionBuilder,
  { kernel, tiled, others }: Results,
  { pointers, indices, row, column }: TileOrigin,
  operand: "a" | "b",
): Local {
  const { buffer, offset } = kernel[operand];
  return addressOf(f, pointers.get(buffer) as Local, offset, [
    ...others.map((other, i) => [indices[i], other[operand]] as const),
    [row, tiled[operand]],
    [column, operand === "a" ? kernel.aColumn : 1],
  ]);
}

/** How many rows and vectors of columns a tile has, and how many lanes of its last vector count. */
export interface TileSize {
  readonly height: number;
  readonly width: number;
  readonly lastColumns: number;
  /** How many panels, neighbours on the first of the other row axes, it covers with so many vectors each; 1 by default. */
  readonly panels?: number;
}

/** The vectors of a tile's columns, by panel, and how far each is from the first one in b. */
export function vectorsOf(
  { others }: Results,
  { width, panels = 1 }: Pick<TileSize, "width" | "panels">,
): { readonly panel: number; readonly vector: number; readonly offset: number }[] {
  return Array.from({ length: panels * width }, (_, i) => {
    const [panel, vector] = [Math.floor(i / width), i % width];
    return { panel, vector, offset: panel * (others[0]?.b ?? 0) + vector * 4 };
  });
}

/**
 * Emits one tile of results: its sums in registers, then everything that follows the product.
 * @param sumUp adds the products to the accumulators
 */
export function emitTileAt(
  f: FunctionBuilder,
  results: Results,
  origin: TileOrigin,
  size: TileSize,
  sumUp: (tile: Tile, accumulators: Local[][]) => void,
): void {
  const { kernel, graph, invariant, tiled } = results;
  const { height, lastColumns } = size;
  const vectors = vectorsOf(results, size);
  const tile: Tile = {
    rows: Array.from({ length: height }, (_, r) => r * tiled.a),
    vectors: vectors.map(({ offset }) => offset),
    lastLanes: lastColumns,
  };
  const accumulators = emitAccumulators(f, tile);
  const overResults = (
    body: (r: number, v: number, shifted: (position: TilePosition) => TilePosition) => void,
  ) => {
    for (let r = 0; r < height; r++)
      for (const [v, { panel, vector }] of vectors.entries())
        body(r, v, (position) => position.shifted(r, vector, accumulators[r][v], panel));
  };
  const { initial } = kernel;
  if (initial) {
    const before = new TilePosition(origin);
    before.enter(f, [initial]);
    overResults((r, v, shifted) => {
      const offset = shifted(before).address(f, initial);
      f.load("v128.load", offset).set(accumulators[r][v]);
    });
  }
  sumUp(tile, accumulators);

  // everything that follows the product, with the tile's rows and vectors unrolled
  const base = new TilePosition(origin);
  base.enter(f, [
    ...kernel.stores.map((store) => store.access),
    ...accessesOf(kernel.stores.map((s) => graph.build(s.expression))),
  ]);
  overResults((_, v, shifted) => {
    const count = v === vectors.length - 1 ? lastColumns : 4;
    emitStores(f, kernel.stores, graph, shifted(base), invariant, count);
  });
}
