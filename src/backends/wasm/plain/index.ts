import type { PlainKernel } from "../../../compiler/kernel.js";
import type { FunctionBuilder } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import type { Part } from "../loops.js";
import { emitGather, emitScatterAdd } from "./gather.js";
import { emitArgument, emitCumsum, emitSort, emitTopK } from "./ordering.js";
import { emitReduceWindow, emitReduceWindowMaxGather, emitReduceWindowMaxScatter } from "./window.js";

/** `part`: of the first axis (for a gather of the picks), where the kernel is shared out. */
type Emitter = (f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers, part?: Part) => void;

/** The primitives that have loops of their own. */
const emitters: Record<string, Emitter> = {
  argmax: emitArgument,
  argmin: emitArgument,
  cumsum: emitCumsum,
  gather: emitGather,
  reduce_window_max: emitReduceWindow,
  reduce_window_max_gather: emitReduceWindowMaxGather,
  reduce_window_max_scatter: emitReduceWindowMaxScatter,
  reduce_window_sum: emitReduceWindow,
  scatter_add: emitScatterAdd,
  sort: emitSort,
  top_k: emitTopK,
};

export function emitPlain(f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers, part?: Part): void {
  const emit = emitters[kernel.primitive.name];
  if (!emit) throw new Error(`The wasm backend cannot compute \`${kernel.primitive.name}\`.`);
  emit(f, kernel, pointers, part);
}
