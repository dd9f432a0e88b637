import type { PlainKernel, PooledProductKernel, WinogradKernel } from "../../../compiler/kernel.js";
import type { FunctionBuilder } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import type { Part } from "../loops.js";
import { emitGather, emitScatterAdd } from "./gather.js";
import { emitArgument, emitCumsum, emitSort } from "./ordering.js";
import { emitRandomBits } from "./randomBits.js";

type OwnKernel = PlainKernel | PooledProductKernel | WinogradKernel;

/** `part`: of the first axis (for a gather of the picks), where the kernel is shared out. */
type Emitter<K> = (f: FunctionBuilder, kernel: K, pointers: Pointers, part?: Part) => void;

/** By the name of a primitive, or of a kind of kernels. */
export type Emitters = Readonly<Record<string, Emitter<never>>>;

/** The primitives that have loops of their own. */
const emitters: Record<string, Emitter<never>> = {
  argmax: emitArgument,
  argmin: emitArgument,
  cumsum: emitCumsum,
  gather: emitGather,
  random_bits: emitRandomBits,
  scatter_add: emitScatterAdd,
  sort: emitSort,
};

/** Adds emitters that a page has only if its programs need them. */
export function addEmitters(further: Emitters): void {
  Object.assign(emitters, further);
}

export function emitPlain(f: FunctionBuilder, kernel: OwnKernel, pointers: Pointers, part?: Part): void {
  const name = kernel.kind === "plain" ? kernel.primitive.name : kernel.kind;
  const emit = emitters[name] as Emitter<OwnKernel> | undefined;
  if (!emit) throw new Error(`The wasm backend cannot compute \`${name}\`.`);
  emit(f, kernel, pointers, part);
}
