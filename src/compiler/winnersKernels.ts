import type { ScatterWindowParams } from "../primitives/window.js";
import type { KernelGradientOfWinnersParams, WinnersParams } from "../primitives/winners.js";
import { offsetsOf, type Shape, sizeOf, stridesOf } from "../tensor/shape.js";
import type { Node, Value } from "../trace/graph.js";
import { paddedInput } from "./convolutions.js";
import type { Kernel } from "./kernel.js";
import { type AxisIndex, accessTo, filling, type Places, temporary } from "./views.js";
import { isData } from "./zeros.js";

/** Kernels for what is computed from a pooling's winners; undefined for every other operation. */
export function lowerWinners(node: Node, places: Places): Kernel[] | undefined {
  switch (node.primitive.name) {
    case "reduce_window_max_scatter":
    case "reduce_window_max_gather":
      return lowerScatter(node, places);
    case "conv_kernel_gradient_of_winners":
      return lowerKernelGradient(node, places);
    case "conv_of_winners":
      return lowerConvolution(node, places);
    default:
      return undefined;
  }
}

/** A constant with these numbers. */
function tableOf(numbers: readonly number[], node: Node): Value {
  return node.outputs[0].graph.constant(Int32Array.from(numbers), {
    shape: [numbers.length],
    dtype: "int32",
  });
}

function lowerScatter(node: Node, places: Places): Kernel[] {
  const { primitive, params, outputs, inputs: operands } = node;
  const { window, shape } = params as ScatterWindowParams;
  const table = tableOf(offsetsOf(window, stridesOf(shape)), node);
  const inputs = operands.map((operand) => places.bufferOf(operand));
  return [{ kind: "plain", primitive, params, operands, inputs: [...inputs, table], outputs }];
}

/** One row of a kernel, or more where they lie together, and where it is applied. */
export interface Run {
  /** Elements from the first one that the window reads (or adds to). */
  readonly offset: number;
  /** Elements from the start of one filter's (channel's) weights. */
  readonly at: number;
  readonly length: number;
}

/** The contiguous pieces that a kernel of spatial sizes `window` covers in an image with these strides. */
function runsOf(
  window: Shape,
  dilation: readonly number[],
  strides: readonly number[],
  channels: number,
): Run[] {
  const rank = window.length;
  // neighbours along the last spatial axis lie together unless the kernel is dilated there
  const joined = dilation[rank - 1] === 1 ? 1 : 0;
  const outer = window.slice(0, rank - joined);
  const length = channels * (joined ? window[rank - 1] : 1);
  const steps = outer.map((_, axis) => dilation[axis] * strides[axis]);
  return offsetsOf(outer, steps).map((offset, i) => ({ offset, at: i * length, length }));
}

/** Four lanes of a run; the last one of a run may have fewer that count. */
export interface RunVector {
  /** Position among all vectors. */
  readonly index: number;
  readonly offset: number;
  readonly at: number;
  readonly lanes: number;
}

export function vectorsOf(runs: readonly Run[]): RunVector[] {
  const vectors = runs.flatMap(({ offset, at, length }) =>
    Array.from({ length: Math.ceil(length / 4) }, (_, i) => ({
      offset: offset + 4 * i,
      at: at + 4 * i,
      lanes: Math.min(4, length - 4 * i),
    })),
  );
  return vectors.map((vector, index) => ({ ...vector, index }));
}

/** What the emitters of sums over winners need to know. Offsets in elements. */
export interface WinnersKernelParams {
  /** Windows of a sample. */
  readonly windows: Shape;
  readonly channels: number;
  /** From one window to the next in the image that is read or added to, by axis; and from one sample to the next. */
  readonly windowSteps: readonly number[];
  readonly sampleStep: number;
  /** Where the first window's first cell lies in that image. */
  readonly origin: number;
  readonly runs: readonly Run[];
}

/** What the emitter of sums around winners needs to know besides. */
export interface ConvOfWinnersKernelParams extends WinnersKernelParams {
  /** Samples that are summed side by side. */
  readonly together: number;
}

/** A winner in a list: where it adds, where its weights lie, what it is worth. */
export const WINNER_WORDS = 3;

/**
 * Samples that are summed side by side, so that what one adds does not wait for what it added just before; as far as their images
 * stay in the first-level cache.
 */
const MOST_TOGETHER = 4;
const IMAGE_BYTES = 24 * 2 ** 10;

/** What the emitter of a kernel's gradient needs to know besides. */
export interface KernelGradientKernelParams extends WinnersKernelParams {
  /** Samples whose sums are made together. */
  readonly samples: number;
  /** All that a window's winners may read, from its first cell, if windows where that is 0 are left out. */
  readonly patch?: readonly number[];
}

/** So many vectors of a kernel's gradient are summed in registers at the same time. */
export const MOST_SUMS = 10;

/** What the sums of a kernel's gradient need besides: 32-bit words for each filter. */
export function scratchWords(windows: Shape, runs: readonly Run[]): { sums: number; rest: number } {
  const vectors = vectorsOf(runs);
  const sums = vectors.length * 4;
  // where the winners of one sample begin and what they are worth, or a patch of zeros
  if (vectors.length > MOST_SUMS) return { sums, rest: 2 * sizeOf(windows) };
  return { sums, rest: Math.max(...vectors.map(({ offset }) => offset)) + 4 };
}

function lowerKernelGradient(node: Node, places: Places): Kernel[] {
  const params = node.params as KernelGradientOfWinnersParams;
  const { convolution, pooling, window, samples } = params;
  const [x, ct, winners] = node.inputs;
  const [result] = node.outputs;
  const image = paddedInput(x, convolution, places);
  const spatial = window.map((_, i) => i + 1);
  // one step of the convolution's result is this far in its input
  const steps = spatial.map((axis, i) => image.strides[axis] * convolution.strides[i]);
  const [channels, filters] = result.shape.slice(-2);
  const kernelParams: WinnersKernelParams = {
    windows: ct.shape.slice(1, -1),
    channels: filters,
    windowSteps: steps.map((step, i) => step * pooling.strides[i + 1]),
    sampleStep: image.strides[0],
    origin: image.offset - steps.reduce((sum, step, i) => sum + step * pooling.padding[i + 1][0], 0),
    runs: runsOf(
      window,
      convolution.rhsDilation,
      spatial.map((axis) => image.strides[axis]),
      channels,
    ),
  };
  const cells = offsetsOf(pooling.window.slice(1, -1), steps);
  const { sums, rest } = scratchWords(kernelParams.windows, kernelParams.runs);
  const ofEach = (...shape: number[]) =>
    temporary(result.graph, { shape: [result.shape[0], ...shape], dtype: "int32" });
  const scratch = ofEach(filters, sums + rest);
  const patch = looksForZeros(node, kernelParams)
    ? kernelParams.runs.flatMap(({ offset, length }) =>
        cells.flatMap((cell) => Array.from({ length }, (_, i) => cell + offset + i)),
      )
    : undefined;
  // where the windows that count begin, and where their cotangents do
  const lists = patch ? [ofEach(sizeOf(kernelParams.windows), 2)] : [];
  return [
    {
      kind: "plain",
      primitive: node.primitive,
      params: { ...kernelParams, samples, patch } satisfies KernelGradientKernelParams,
      operands: node.inputs,
      inputs: [image.buffer, places.bufferOf(ct), places.bufferOf(winners), tableOf(cells, node)],
      outputs: [result, scratch, ...lists],
    },
  ];
}

/** Larger patches are hardly ever 0 everywhere. */
const MOST_PATCH_CELLS = 32;

/** Whether it is worth it to look for windows whose patches are 0 before a small kernel's gradient is summed. */
function looksForZeros(
  { params, inputs: [x], outputs: [result] }: Node,
  { runs }: WinnersKernelParams,
): boolean {
  const { pooling, window } = params as KernelGradientOfWinnersParams;
  const isSmall = vectorsOf(runs).length <= MOST_SUMS;
  // a window's first cells may lie outside of the image if there is padding
  const isInside = pooling.padding.every(([low, high]) => low === 0 && high === 0);
  const patch = window.reduce((size, taps, i) => size * (taps + pooling.window[i + 1] - 1), 1);
  return isData(x) && isSmall && isInside && result.shape[0] > 1 && patch <= MOST_PATCH_CELLS;
}

function lowerConvolution(node: Node, places: Places): Kernel[] {
  const { convolution, pooling, pooled } = node.params as WinnersParams;
  const { padding, lhsDilation, rhsDilation } = convolution;
  const [ct, winners, kernel] = node.inputs;
  const [result] = node.outputs;
  const window = kernel.shape.slice(0, -2);
  const [channels, filters] = kernel.shape.slice(-2);
  const axes = window.map((_, axis) => axis);
  // the kernel's last tap adds to the lowest position: that of the first winner may lie before the image
  const lowest = axes.map((axis) => padding[axis][0] - (window[axis] - 1) * rhsDilation[axis]);
  const highest = axes.map((axis) => (pooled[axis + 1] - 1) * lhsDilation[axis] + padding[axis][0]);
  const before = lowest.map((low) => Math.max(0, -low));
  const after = highest.map((high, axis) => Math.max(0, high - (result.shape[axis + 1] - 1)));
  const whole = [...before, ...after].every((size) => size === 0);
  const shape = [
    result.shape[0],
    ...axes.map((axis) => before[axis] + result.shape[axis + 1] + after[axis]),
    filters,
  ];
  const target = whole ? result : temporary(result.graph, { shape, dtype: "float32" });
  const strides = stridesOf(shape);
  const steps = axes.map((axis) => strides[axis + 1] * lhsDilation[axis]);
  const fitting = Math.floor(IMAGE_BYTES / (4 * strides[0]));
  const together = Math.max(1, Math.min(MOST_TOGETHER, fitting));
  const params: ConvOfWinnersKernelParams = {
    together,
    windows: ct.shape.slice(1, -1),
    channels,
    windowSteps: steps.map((step, axis) => step * pooling.strides[axis + 1]),
    sampleStep: strides[0],
    origin: axes.reduce(
      (sum, axis) =>
        sum + (lowest[axis] + before[axis]) * strides[axis + 1] - pooling.padding[axis + 1][0] * steps[axis],
      0,
    ),
    runs: runsOf(window, rhsDilation, strides.slice(1, -1), filters),
  };
  const table = tableOf(offsetsOf(pooling.window.slice(1, -1), steps), node);
  const winnersOfSample = sizeOf(ct.shape.slice(1));
  const list = temporary(result.graph, {
    shape: [together * winnersOfSample * WINNER_WORDS],
    dtype: "int32",
  });
  const kernels: Kernel[] = [];
  // the weights by channel, turned around so that they lie like the positions they add to
  const weights = temporary(result.graph, { shape: [channels, ...window, filters], dtype: "float32" });
  const index: AxisIndex[] = [
    ...axes.map((axis) => ({ axis: axis + 1, scale: -1, offset: window[axis] - 1 })),
    { axis: 0, scale: 1, offset: 0 },
    { axis: window.length + 1, scale: 1, offset: 0 },
  ];
  const rank = weights.shape.length;
  kernels.push(filling(weights, weights, places.read(kernel, index, rank)));
  kernels.push({
    kind: "plain",
    primitive: node.primitive,
    params,
    operands: node.inputs,
    inputs: [places.bufferOf(ct), places.bufferOf(winners), weights, table],
    outputs: [target],
    scratch: [list],
  });
  if (target !== result) {
    const inside: AxisIndex[] = [
      { axis: 0, scale: 1, offset: 0 },
      ...axes.map((axis) => ({ axis: axis + 1, scale: 1, offset: before[axis] })),
      { axis: rank - 1, scale: 1, offset: 0 },
    ];
    const r = result.shape.length;
    const access = accessTo(target, shape, "float32", inside, r);
    kernels.push(filling(result, result, { kind: "load", dtype: "float32", access }));
  }
  return kernels;
}
