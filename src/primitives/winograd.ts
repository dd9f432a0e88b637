import type { Shape } from "../tensor/shape.js";
import { traceGraph } from "../trace/current.js";
import { evaluateGraph } from "../trace/evaluate.js";
import type { Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { full } from "./broadcast.js";
import { dotGeneral } from "./contraction.js";
import type { ConvolutionParams } from "./convolution.js";
import { bind } from "./define.js";
import { add, mul, sub } from "./elementwise.js";
import { concatenate, pad, reshape, slice, transpose } from "./shape.js";

// Winograd's F(2×2, 3×3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015): four neighbouring results
// of a 3×3 convolution from 16 products for each channel instead of 36. Its sums have another order than the direct form's,
// so it is an operation of its own; the compiler puts it in place of convolutions where it is faster (`compiler/winograd.ts`). Not
// finite numbers spread over a tile: where the direct form gives ∞, this may give NaN.

/** Filters that lie side by side in the transformed ones; their number is a multiple of it. */
export const FILTER_PANEL = 8;
/** Numbers of a transformed tile of 4 × 4 inputs. */
const TILE_POSITIONS = 16;

/** A 3×3 convolution with strides of 1 in Winograd's form, from its kernel `[3, 3, channels, filters]`; `filters` in eights. */
export function winogradForm([x, kernel]: readonly Value[], { padding }: ConvolutionParams): Value {
  return winogradConvolution(x, transformedFilters(kernel), { padding });
}

/** What becomes of the numbers of one column or row of a tile. */
type Step = (numbers: readonly Value[]) => readonly Value[];

/** Takes a step with the columns of a row-major tile of `width` columns, then with the rows of what that gives. */
function twice(tile: readonly Value[], width: number, step: Step): Value[] {
  const columns = Array.from({ length: width }, (_, j) => step(tile.filter((_, i) => i % width === j)));
  return columns[0].flatMap((_, i) => step(columns.map((column) => column[i])));
}

const ofFilter: Step = ([g0, g1, g2]) => {
  const outer = add(g0, g2);
  return [g0, mul(add(outer, g1), 0.5), mul(sub(outer, g1), 0.5), g2];
};
const ofInput: Step = ([d0, d1, d2, d3]) => [sub(d0, d2), add(d1, d2), sub(d2, d1), sub(d1, d3)];
const ofProducts: Step = ([m0, m1, m2, m3]) => [add(add(m0, m1), m2), sub(sub(m1, m2), m3)];

/** Of the axes from `first` on, `count` elements that begin at `start` and are `step` apart. */
function every(x: Value, first: number, start: readonly number[], count: Shape, step: number): Value {
  const ranges = x.shape.map((size, axis) => {
    const i = axis - first;
    return i in count ? [start[i], start[i] + (count[i] - 1) * step + 1, step] : [0, size, 1];
  });
  const [from, to, steps] = [0, 1, 2].map((part) => ranges.map((range) => range[part]));
  return slice(x, from, to, steps);
}

/**
 * Kernel `[3, 3, channels, filters]` → `[filters / 8, 16, channels, 8]`: of each 3×3 tile the 4×4 numbers of G·g·Gᵀ, over rows
 * first, then over columns.
 */
function transformedFilters(kernel: Value): Value {
  const [, , channels, filters] = kernel.shape;
  const panels = filters / FILTER_PANEL;
  // in the order of the result from the start, which the additions then have as well
  const ordered = transpose(reshape(kernel, [9, channels, panels, FILTER_PANEL]), [2, 0, 1, 3]);
  const tile = Array.from({ length: 9 }, (_, i) => every(ordered, 1, [i], [1], 1));
  return concatenate(twice(tile, 3, ofFilter), 1);
}

export interface WinogradParams {
  /** Zeros around the input, along its height and its width. */
  readonly padding: readonly (readonly [low: number, high: number])[];
}

/** The convolution's result for an input `[n, height, width, channels]`. */
function convolved(x: Shape, filters: number, { padding }: WinogradParams): number[] {
  const spatial = padding.map(([low, high], axis) => x[axis + 1] + low + high - 2);
  return [x[0], ...spatial, filters];
}

/**
 * A 3×3 convolution with strides of 1 from an input `[n, height, width, channels]` and transformed filters
 * `[filters / 8, 16, channels, 8]`. Results come in tiles of 2×2, the first one at the first result. For each tile and channel
 * Bᵀ·d·B of the 4×4 inputs; 16 sums of products over the channels, one accumulator from +0 each; of these the tile's results
 * Aᵀ·m·A. Both transformations go over rows first, then over columns: of four inputs d₀ − d₂, d₁ + d₂, d₂ − d₁ and d₁ − d₃ are
 * taken, of four sums (m₀ + m₁) + m₂ and (m₁ − m₂) − m₃.
 */
const winogradPrimitive: Primitive<WinogradParams> = {
  name: "winograd_convolution",
  infer: ([x, { shape }], params) => [
    { shape: convolved(x.shape, shape[0] * FILTER_PANEL, params), dtype: "float32" },
  ],
  evaluate: (inputs, { padding }, [type]) => {
    const graph = traceGraph(inputs, (x, filters) => [byTiles(x, filters, padding, type.shape)]);
    return [evaluateGraph(graph, inputs)[0].data];
  },
};

/** The definition, by other operations over all tiles at once. */
function byTiles(x: Value, filters: Value, padding: WinogradParams["padding"], shape: Shape): Value {
  const [n, height, width, count] = shape;
  const channels = x.shape[3];
  const tiles = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const low = padding.map(([before]) => before);
  const high = tiles.map((size, i) => 2 * size + 2 - low[i] - x.shape[i + 1]);
  const image = pad(x, full([], 0, "float32"), [0, ...low, 0], [0, ...high, 0]);
  const inputs = Array.from({ length: TILE_POSITIONS }, (_, p) => every(image, 1, [p >> 2, p & 3], tiles, 2));
  const rows = reshape(concatenate(twice(inputs, 4, ofInput), 0), [
    TILE_POSITIONS,
    n * tiles[0] * tiles[1],
    channels,
  ]);
  const weights = reshape(transpose(filters, [1, 2, 0, 3]), [TILE_POSITIONS, channels, count]);
  const products = dotGeneral(rows, weights, { contracting: [[2], [1]], batch: [[0], [0]] });
  const sums = Array.from({ length: TILE_POSITIONS }, (_, p) => every(products, 0, [p], [1], 1));
  const cells = reshape(concatenate(twice(sums, 4, ofProducts), 0), [2, 2, n, ...tiles, count]);
  const ordered = transpose(cells, [2, 3, 0, 4, 1, 5]);
  const whole = reshape(ordered, [n, 2 * tiles[0], 2 * tiles[1], count]);
  return every(whole, 1, [0, 0], [height, width], 1);
}

/** A convolution in Winograd's form from transformed filters. */
export function winogradConvolution(x: Value, filters: Value, params: WinogradParams): Value {
  return bind(winogradPrimitive, params, x, filters);
}
