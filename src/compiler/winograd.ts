import type { ConvolutionParams } from "../primitives/convolution.js";
import { FILTER_PANEL, type WinogradParams, winogradForm } from "../primitives/winograd.js";
import type { Graph, Node, Value } from "../trace/graph.js";
import { paddedInput } from "./convolutions.js";
import type { WinogradKernel } from "./kernel.js";
import { expressionOverColumns } from "./pooling.js";
import { type Rule, rewritten } from "./rewrite.js";
import { TILE_ROWS } from "./tiles.js";
import { accessTo, identityIndex, type Places, temporary } from "./views.js";

/** Channels come in groups of this many: the lanes of a vector. */
const CHANNEL_GROUP = 4;
/**
 * What the transformations cost, in steps of a sum of products (measured, see bench/winograd.md): of one tile's inputs for each
 * channel, of its results for each filter, and of the filters for each pair of a channel and a filter.
 */
const INPUT_STEPS = 50;
const RESULT_STEPS = 60;
const FILTER_STEPS = 380;
/**
 * So many samples share the filters' transformation. The form must not depend on how many there really are, nor on the number
 * of threads: a sample's results would depend on the batch that it is in.
 */
const SAMPLES = 4;
/** How many times faster than the direct form it must be expected to be. */
const LEAST_GAIN = 1.15;

/** Puts convolutions in Winograd's form in place of those that it makes faster: 3×3, strides of 1, many channels and filters. */
export function inWinogradForm(graph: Graph): Graph {
  return rewritten(graph, rules);
}

const rules: Record<string, Rule> = {
  conv_general_dilated: (node, inputs) =>
    isWorthIt(node) ? winogradForm(inputs, node.params as ConvolutionParams) : undefined,
};

function isWorthIt({ inputs, params, outputs }: Node): boolean {
  const { strides, lhsDilation, rhsDilation, groups } = params as ConvolutionParams;
  const [height, width, channels, filters] = inputs[1].shape;
  if (strides.length !== 2 || height !== 3 || width !== 3 || groups !== 1) return false;
  if ([...strides, ...lhsDilation, ...rhsDilation].some((step) => step !== 1)) return false;
  if (channels % CHANNEL_GROUP !== 0 || filters % FILTER_PANEL !== 0) return false;
  const [, rows, columns] = outputs[0].shape;
  const tiles = Math.ceil(rows / 2) * Math.ceil(columns / 2);
  const products = channels * filters;
  const direct = 9 * rows * columns * products;
  const transformed =
    tiles * (16 * products + INPUT_STEPS * channels + RESULT_STEPS * filters) +
    (FILTER_STEPS / SAMPLES) * products;
  return direct > LEAST_GAIN * transformed;
}

/** Of so many tiles the products with a panel of filters stay in the first-level cache, the transformed inputs in the second. */
const MOST_TOGETHER = 64;
/** Fewer where threads share out the tiles, since there are few samples. */
const FEW_TOGETHER = 16;

/** A convolution in Winograd's form; with the max-pooling behind it and what is computed in between, if there is one. */
export function lowerWinograd(
  node: Node,
  places: Places,
  behind?: { readonly pool: Node; readonly between: ReadonlySet<Node>; readonly stored: ReadonlySet<Value> },
): WinogradKernel {
  const [x, filters] = node.inputs;
  const [result] = node.outputs;
  const { padding } = node.params as WinogradParams;
  const [samples, ...sizes] = result.shape;
  const [channels] = x.shape.slice(-1);
  // cells of an incomplete tile are in no window
  const tiles = padding.map((_, i) => (behind ? Math.floor : Math.ceil)(sizes[i] / 2));
  const around = padding.map(([low], i): [number, number] => [
    low,
    // nothing is cut off where no zeros are needed
    Math.max(0, 2 * tiles[i] + 2 - low - x.shape[i + 1]),
  ]);
  const image = paddedInput(x, { padding: around, lhsDilation: [1, 1] }, places);
  const all = tiles[0] * tiles[1];
  const byBlocks = samples < 2 * TILE_ROWS;
  // blocks of nearly the same size
  const together =
    Math.ceil(all / Math.ceil(all / (byBlocks ? FEW_TOGETHER : MOST_TOGETHER)) / TILE_ROWS) * TILE_ROWS;
  const blocks = Math.ceil(all / together);
  const starts = Math.max(byBlocks ? blocks : 0, Math.ceil(samples / TILE_ROWS));
  const [output, winner] = behind?.pool.outputs ?? [result];
  const access = (value: Value) => accessTo(value, value.shape, value.dtype, identityIndex(4), 4);
  const to = access(output);
  const [sample, ...steps] = image.strides.slice(0, 3);
  const step = behind ? 1 : 2;
  return {
    kind: "winograd",
    name: behind ? "winograd_convolution, reduce_window_max" : "winograd_convolution",
    a: image,
    b: { buffer: places.bufferOf(filters), offset: 0 },
    rows: [
      { extent: samples, a: sample, b: 0 },
      ...tiles.map((extent, i) => ({ extent, a: 2 * steps[i], b: 0 })),
    ],
    cells: steps.map((a) => ({ extent: 2, a, b: 0 })),
    columns: result.shape[3],
    // four sums for each of the four cells
    sum: [
      { extent: 4, a: 0, b: channels * FILTER_PANEL },
      { extent: channels, a: 1, b: FILTER_PANEL },
    ],
    value: behind
      ? expressionOverColumns(behind.pool.inputs[0], result, behind.between, places)
      : { kind: "result", dtype: result.dtype },
    maximum: { ...to, strides: to.strides.map((stride, axis) => (axis % 3 === 0 ? stride : stride * step)) },
    winner: winner && behind?.stored.has(winner) ? access(winner) : undefined,
    together,
    blocks,
    byBlocks,
    // transformed inputs, then their products with a panel of filters
    scratch: temporary(result.graph, {
      shape: [starts, together * 16 * (channels + FILTER_PANEL)],
      dtype: "float32",
    }),
    results: behind ? undefined : tiles.map((_, i) => ({ step: to.strides[i + 1], extent: sizes[i] })),
  };
}
