import type { PlainKernel } from "../../../compiler/kernel.js";
import type { FunctionBuilder } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import type { Part } from "../loops.js";
import { emitGather, emitScatterAdd } from "./gather.js";
import { emitArgument, emitCumsum, emitSort, emitTopK } from "./ordering.js";
import { emitRandomBits } from "./randomBits.js";
import {
  emitReduceWindowMax,
  emitReduceWindowMaxGather,
  emitReduceWindowMaxScatter,
  emitReduceWindowSum,
} from "./window.js";
import { emitConvOfWinners, emitKernelGradientOfWinners } from "./winners.js";

/** `part`: of the first axis (for a gather of the picks), where the kernel is shared out. */
type Emitter = (f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers, part?: Part) => void;

/** The primitives that have loops of their own. */
const emitters: Record<string, Emitter> = {
  argmax: emitArgument,
  argmin: emitArgument,
  conv_kernel_gradient_of_winners: emitKernelGradientOfWinners,
  conv_of_winners: emitConvOfWinners,
  cumsum: emitCumsum,
  gather: emitGather,
  random_bits: emitRandomBits,
  reduce_window_max: emitReduceWindowMax,
  reduce_window_max_gather: emitReduceWindowMaxGather,
  reduce_window_max_scatter: emitReduceWindowMaxScatter,
  reduce_window_sum: emitReduceWindowSum,
  scatter_add: emitScatterAdd,
  sort: emitSort,
  top_k: emitTopK,
};

export function emitPlain(f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers, part?: Part): void {
  const emit = emitters[kernel.primitive.name];
  if (!emit) throw new Error(`The wasm backend cannot compute \`${kernel.primitive.name}\`.`);
  emit(f, kernel, pointers, part);
}
