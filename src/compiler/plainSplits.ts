import { sizeOf } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import type { PlainKernel } from "./kernel.js";
import type { WinnersKernelParams } from "./winnersKernels.js";

interface PlainSplit {
  readonly extent: number;
  /** Buffers whose first axis is the split axis. */
  readonly parted: readonly Value[];
}

/** @param rows of the batch, if it is asked for a split by them */
type PlainSplitRule = (kernel: PlainKernel, rows?: number) => PlainSplit | undefined;

/** Loops of their own over the first axis of everything. */
const byFirstAxis: PlainSplitRule = ({ operands, inputs, outputs }) => ({
  extent: operands[0].shape[0],
  parted: [...inputs, ...outputs],
});

const alongAxis: PlainSplitRule = (kernel) =>
  (kernel.params as { axis: number }).axis > 0 ? byFirstAxis(kernel) : undefined;

/** Windows of the operand's samples. */
const byWindow: PlainSplitRule = (kernel) => {
  const { window, strides, padding } = kernel.params as {
    window: readonly number[];
    strides: readonly number[];
    padding: readonly (readonly number[])[];
  };
  const apart = window[0] === 1 && strides[0] === 1 && padding[0].every((p) => p === 0);
  if (!apart) return undefined;
  // what comes after the operands is a table
  const { operands, inputs, outputs } = kernel;
  return { extent: operands[0].shape[0], parted: [...inputs.slice(0, operands.length), ...outputs] };
};

/** How kernels with loops of their own can be shared out. Their emitters loop over the given range of the axis. */
export const plainSplits: Record<string, PlainSplitRule> = {
  gather: ({ params, operands, inputs, outputs }) => {
    const { axis, batchDims } = params as { axis: number; batchDims: number };
    if (axis !== 0 || batchDims !== 0) return undefined;
    return { extent: sizeOf(operands[1].shape), parted: [inputs[1], ...outputs] };
  },
  argmax: alongAxis,
  argmin: alongAxis,
  conv_kernel_gradient_of_winners: ({ params, operands, inputs, outputs }) => {
    const { sampleStep } = params as WinnersKernelParams;
    const [, ct] = operands;
    const [sums] = outputs[0].shape;
    if (sums === 1) return { extent: ct.shape[ct.shape.length - 1], parted: outputs.slice(1) };
    const images = sampleStep * ct.shape[0] === sizeOf(inputs[0].shape) ? [inputs[0]] : [];
    return { extent: sums, parted: [...images, inputs[1], inputs[2], ...outputs] };
  },
  conv_of_winners: ({ operands, inputs, outputs }) => ({
    extent: operands[0].shape[0],
    parted: [inputs[0], inputs[1], ...outputs],
  }),
  cumsum: alongAxis,
  random_bits: ({ outputs }, rows) => {
    const [size] = outputs[0].shape;
    return { extent: rows !== undefined && size % rows === 0 ? rows : size, parted: outputs };
  },
  sort: alongAxis,
  top_k: alongAxis,
  reduce_window_max: byWindow,
  reduce_window_max_gather: byWindow,
  reduce_window_max_scatter: byWindow,
  reduce_window_sum: byWindow,
};
