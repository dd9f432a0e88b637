import type { PlainKernel } from "../../../compiler/kernel.js";
import { sizeOf } from "../../../tensor/shape.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { forEach, type Part } from "../loops.js";
import { elementsOf } from "./elements.js";

/** Sizes of a gather: `[batch, outer, length, inner]` picked by `[batch, picks]`. */
function sizesOf(kernel: PlainKernel) {
  const { axis, batchDims } = kernel.params as { axis: number; batchDims: number };
  const [x, indices] = kernel.operands;
  return {
    batch: sizeOf(x.shape.slice(0, batchDims)),
    outer: sizeOf(x.shape.slice(batchDims, axis)),
    length: x.shape[axis],
    inner: sizeOf(x.shape.slice(axis + 1)),
    picks: sizeOf(indices.shape.slice(batchDims)),
  };
}

/** Pushes the byte address of run `[b, o, position]` of an array with `length` runs of `bytes`. */
function pushRun(
  f: FunctionBuilder,
  base: Local,
  b: Local,
  o: Local,
  outer: number,
  length: number,
  position: Local,
  bytes: number,
): void {
  f.get(base);
  f.get(b)
    .i32(outer)
    .op("i32.mul")
    .get(o)
    .op("i32.add")
    .i32(length)
    .op("i32.mul")
    .get(position)
    .op("i32.add");
  f.i32(bytes).op("i32.mul").op("i32.add");
}

/** Loops over all picks and gives the position, clamped to the axis. */
function overPicks(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
  part: Part | undefined,
  body: (b: Local, o: Local, pick: Local, position: Local) => void,
): void {
  const { batch, outer, length, picks } = sizesOf(kernel);
  if (batch * outer * picks === 0) return;
  const indices = pointers.get(kernel.inputs[1]) as Local;
  const position = f.local("i32", "position");
  const pickBody = ([b, o, pick]: readonly Local[]) => {
    f.get(indices);
    f.get(b).i32(picks).op("i32.mul").get(pick).op("i32.add").i32(4).op("i32.mul").op("i32.add");
    f.load("i32.load", 0).set(position);
    f.i32(0).get(position).get(position).i32(0).op("i32.lt_s").select().set(position);
    f.i32(length - 1)
      .get(position)
      .get(position)
      .i32(length - 1)
      .op("i32.gt_s")
      .select()
      .set(position);
    body(b, o, pick, position);
  };
  forEach(f, [batch, outer, picks], pickBody, part && { ...part, axis: 2 });
}

/** Copies runs of elements. */
export function emitGather(f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers, part?: Part): void {
  const { outer, length, inner, picks } = sizesOf(kernel);
  if (inner === 0) return;
  const elements = elementsOf(kernel.inputs[0].dtype);
  const source = pointers.get(kernel.inputs[0]) as Local;
  const target = pointers.get(kernel.outputs[0]) as Local;
  const bytes = inner * elements.bytes;
  overPicks(f, kernel, pointers, part, (b, o, pick, position) => {
    pushRun(f, target, b, o, outer, picks, pick, bytes);
    pushRun(f, source, b, o, outer, length, position, bytes);
    if (inner === 1) {
      elements.load(f);
      elements.store(f);
    } else {
      f.i32(bytes).memoryCopy();
    }
  });
}

/** Adds runs of elements, in the order of the updates. */
export function emitScatterAdd(f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers): void {
  const [x] = kernel.operands;
  const { outer, length, inner, picks } = sizesOf(kernel);
  const elements = elementsOf(x.dtype);
  const target = pointers.get(kernel.outputs[0]) as Local;
  f.get(target)
    .get(pointers.get(kernel.inputs[0]) as Local)
    .i32(sizeOf(x.shape) * elements.bytes)
    .memoryCopy();
  if (inner === 0) return;
  const source = pointers.get(kernel.inputs[2]) as Local;
  const from = f.local("i32", "from");
  const to = f.local("i32", "to");
  const end = f.local("i32", "end");
  const bytes = inner * elements.bytes;
  overPicks(f, kernel, pointers, undefined, (b, o, pick, position) => {
    pushRun(f, source, b, o, outer, picks, pick, bytes);
    f.tee(from).i32(bytes).op("i32.add").set(end);
    pushRun(f, target, b, o, outer, length, position, bytes);
    f.set(to);
    f.loop((again) => {
      f.get(to).get(to);
      elements.load(f);
      f.get(from);
      elements.load(f);
      f.op(elements.float ? "f32.add" : "i32.add");
      elements.store(f);
      f.get(to).i32(elements.bytes).op("i32.add").set(to);
      f.get(from).i32(elements.bytes).op("i32.add").tee(from).get(end).op("i32.lt_u").brIf(again);
    });
  });
}
