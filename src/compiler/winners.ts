import type { ConvolutionParams, KernelGradientParams } from "../primitives/convolution.js";
import { reduceSum } from "../primitives/reduction.js";
import { reshape } from "../primitives/shape.js";
import { isNeverEmpty, type ScatterWindowParams } from "../primitives/window.js";
import { convKernelGradientOfWinners, convOfWinners, scatteredWinners } from "../primitives/winners.js";
import { sizeOf } from "../tensor/shape.js";
import { withGraph } from "../trace/current.js";
import { Graph, inputPrimitive, type Node, type Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { TILE_ROWS } from "./tiles.js";

/**
 * Where most cells of the windows are worth nothing, sums over the winners are faster than sums over all positions, although
 * they run at less than half the rate.
 */
const LEAST_CELLS_PER_WINNER = 3;

/**
 * Sums of a kernel's gradient are made for so many samples at a time, as the rows of a batch are shared out: then a thread
 * reads only images and cotangents of its own, which lie in its core's cache. Sums take no more memory than this part of the
 * images.
 */
const SAMPLES = TILE_ROWS;
const MOST_SUMS_PER_IMAGES = 1 / 4;

/**
 * Puts sums over the winners of a max-pooling in place of sums over the mostly empty array that its derivative
 * scatters them to: in the kernel's, the input's and the bias's gradient of a convolution that was pooled.
 *
 * These sums have another order than those they replace, so this is done before any backend sees the graph.
 */
export function gatherWinners(graph: Graph): Graph {
  if (!graph.nodes.some((node) => node.primitive.name === "reduce_window_max_scatter")) return graph;
  const result = new Graph();
  return withGraph(result, () => {
    const replaced = new Map<Value, Value>();
    for (const input of graph.inputs) replaced.set(input, result.input(input));
    for (const node of graph.nodes) {
      if (node.primitive === inputPrimitive) continue;
      const inputs = node.inputs.map((input) => replaced.get(input) as Value);
      const value = overWinners(node, inputs);
      const outputs = value ? [value] : result.add(node.primitive, node.params, inputs);
      for (const [i, output] of node.outputs.entries()) replaced.set(output, outputs[i]);
    }
    result.outputs = graph.outputs.map((output) => replaced.get(output) as Value);
    for (const [output, input] of graph.updates) result.updates.set(output, input);
    return result;
  });
}

function overWinners(node: Node, inputs: readonly Value[]): Value | undefined {
  return rules[node.primitive.name]?.(node, inputs);
}

/** What was scattered, if it was sparse and only the space between samples and channels was pooled. */
function sparse(value: Value) {
  const scattered = scatteredWinners(value);
  if (!scattered) return undefined;
  const { ct, params } = scattered;
  const last = params.shape.length - 1;
  const spatial = [0, last].every((axis) => params.window[axis] === 1 && params.strides[axis] === 1);
  const few = sizeOf(ct.shape) * LEAST_CELLS_PER_WINNER <= sizeOf(params.shape);
  return spatial && few && isNeverEmpty(params) ? scattered : undefined;
}

function poolingOf({ window, strides, padding }: ScatterWindowParams) {
  return { window, strides, padding };
}

function add<P extends object>(primitive: Primitive<P>, params: P, inputs: readonly Value[]): Value {
  return inputs[0].graph.add(primitive as unknown as Primitive, params, inputs)[0];
}

type Rule = (node: Node, inputs: readonly Value[]) => Value | undefined;

const rules: Record<string, Rule> = {
  conv_kernel_gradient(node, [x, cotangent]) {
    const scattered = sparse(cotangent);
    const { window, ...convolution } = node.params as KernelGradientParams;
    if (!scattered || convolution.groups !== 1 || convolution.lhsDilation.some((d) => d !== 1))
      return undefined;
    const { ct, winners, params } = scattered;
    const common = { convolution, pooling: poolingOf(params), pooled: params.shape, window };
    const [batch] = x.shape;
    const groups = Math.ceil(batch / SAMPLES);
    const few = groups * sizeOf(node.outputs[0].shape) <= sizeOf(x.shape) * MOST_SUMS_PER_IMAGES;
    const samples = few ? SAMPLES : Math.max(batch, 1);
    const sums = add(convKernelGradientOfWinners, { ...common, samples }, [x, ct, winners]);
    return sums.shape[0] === 1 ? reshape(sums, node.outputs[0].shape) : reduceSum(sums, [0]);
  },
  conv_general_dilated(node, [x, kernel]) {
    const scattered = sparse(x);
    const convolution = node.params as ConvolutionParams;
    if (!scattered || convolution.groups !== 1 || convolution.strides.some((s) => s !== 1)) return undefined;
    const { ct, winners, params } = scattered;
    const { shape } = node.outputs[0];
    const pooling = poolingOf(params);
    return add(convOfWinners, { convolution, pooling, pooled: params.shape, shape }, [ct, winners, kernel]);
  },
  reduce_sum(node, [x]) {
    const scattered = sparse(x);
    const { axes } = node.params as { axes: readonly number[] };
    // every pooled axis is summed over, so it does not matter where in its window a winner lies
    const whole = scattered?.params.window.every((size, axis) => size === 1 || axes.includes(axis));
    if (!scattered || !whole) return undefined;
    if (!axes.includes(0)) return reduceSum(scattered.ct, axes);
    // first of each sample, which a thread has itself
    const within = axes.filter((axis) => axis !== 0);
    return reduceSum(reduceSum(scattered.ct, within), [0]);
  },
};
