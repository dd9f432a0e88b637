import type { KernelGradientParams } from "../primitives/convolution.js";
import { reduceSum } from "../primitives/reduction.js";
import { sizeOf } from "../tensor/shape.js";
import type { Graph } from "../trace/graph.js";
import { type Rule, rewritten } from "./rewrite.js";
import { TILE_ROWS } from "./tiles.js";

/** A first sum must add up so many elements at least, or a second one costs more than it saves. */
const LEAST_ELEMENTS = 16;
/** The first sums of a kernel's gradient take no more memory than this part of the images. */
const MOST_SUMS_PER_IMAGES = 1 / 4;

/**
 * Sums over all samples of a batch, and over something within these, in two steps: first within each sample (of kernels'
 * gradients: within four samples, as batches are shared out between threads), then over the samples. So a thread reads only
 * images and cotangents of its own, which lie in its core's cache, and threads exchange small sums.
 */
export function sumSamplesFirst(graph: Graph): Graph {
  return rewritten(graph, rules);
}

/** How many samples the first sums of a kernel's gradient of `size` elements add up; all where that is better. */
export function samplesOfSums([batch, ...image]: readonly number[], size: number): number {
  const few = (batch / TILE_ROWS) * size <= batch * sizeOf(image) * MOST_SUMS_PER_IMAGES;
  return isSharedOut(batch) && few ? TILE_ROWS : Math.max(batch, 1);
}

/** Whether a batch has rows for several threads, and the same for each. */
function isSharedOut(batch: number): boolean {
  return batch % TILE_ROWS === 0 && batch >= 2 * TILE_ROWS;
}

const rules: Record<string, Rule> = {
  reduce_sum(node, [x]) {
    const { axes } = node.params as { axes: readonly number[] };
    const within = axes.filter((axis) => axis !== 0);
    const elements = sizeOf(within.map((axis) => x.shape[axis]));
    if (within.length === axes.length || !isSharedOut(x.shape[0]) || elements < LEAST_ELEMENTS)
      return undefined;
    return reduceSum(reduceSum(x, within), [0]);
  },
  conv_kernel_gradient(node, inputs) {
    const [x] = inputs;
    const samples = samplesOfSums(x.shape, sizeOf(node.outputs[0].shape));
    if (samples >= x.shape[0]) return undefined;
    const params: KernelGradientParams = { ...(node.params as KernelGradientParams), samples };
    const [sums] = x.graph.add(node.primitive, params, inputs);
    return reduceSum(sums, [0]);
  },
};
