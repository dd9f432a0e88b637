import type { ConvolutionParams, KernelGradientParams } from "../primitives/convolution.js";
import { reduceSum } from "../primitives/reduction.js";
import { reshape } from "../primitives/shape.js";
import { isNeverEmpty, type ScatterWindowParams } from "../primitives/window.js";
import { convKernelGradientOfWinners, convOfWinners, scatteredWinners } from "../primitives/winners.js";
import { sizeOf } from "../tensor/shape.js";
import type { Graph, Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { type Rule, rewritten } from "./rewrite.js";
import { samplesOfSums } from "./samples.js";

/**
 * Where most cells of the windows are worth nothing, sums over the winners are faster than sums over all positions, although
 * they run at less than half the rate.
 */
const LEAST_CELLS_PER_WINNER = 3;

/**
 * Puts sums over the winners of a max-pooling in place of sums over the mostly empty array that its derivative
 * scatters them to: in the kernel's, the input's and the bias's gradient of a convolution that was pooled.
 */
export function gatherWinners(graph: Graph): Graph {
  const scatters = graph.nodes.some((node) => node.primitive.name === "reduce_window_max_scatter");
  return scatters ? rewritten(graph, rules) : graph;
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

const rules: Record<string, Rule> = {
  conv_kernel_gradient(node, [x, cotangent]) {
    const scattered = sparse(cotangent);
    const { window, ...convolution } = node.params as KernelGradientParams;
    if (!scattered || convolution.groups !== 1 || convolution.lhsDilation.some((d) => d !== 1))
      return undefined;
    const { ct, winners, params } = scattered;
    const common = { convolution, pooling: poolingOf(params), pooled: params.shape, window };
    const samples = samplesOfSums(x.shape, sizeOf(node.outputs[0].shape));
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
    return scattered && whole ? reduceSum(scattered.ct, axes) : undefined;
  },
};
