import type { PlainKernel } from "../../../compiler/kernel.js";
import { sizeOf } from "../../../tensor/shape.js";
import { emitClamped } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { forEach, forPart, forRange, type Part } from "../loops.js";
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
    emitClamped(f, position, length);
    body(b, o, pick, position);
  };
  forEach(f, [batch, outer, picks], pickBody, part && { ...part, axis: 2 });
}

/** Runs that are copied side by side: their cache misses overlap. */
const RUNS = 8;
/** Bytes of each run in one iteration. */
const BLOCK = 64;

/** Copies long runs, picked from anywhere in a large array, several at a time. */
function emitGatherRuns(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
  bytes: number,
  part?: Part,
): void {
  const { length, picks } = sizesOf(kernel);
  const [source, indices] = kernel.inputs.map((buffer) => pointers.get(buffer) as Local);
  const target = pointers.get(kernel.outputs[0]) as Local;
  const end = f.local("i32", "end");
  if (part) f.get(part.to).set(end);
  else f.i32(picks).set(end);
  const runs = Array.from({ length: RUNS }, () => ({
    from: f.local("i32", "from"),
    to: f.local("i32", "to"),
  }));
  const pick = f.local("i32", "pick");
  const offset = f.local("i32", "offset");
  const lowerOf = (push: () => void, most: () => void, relation: "i32.lt_s" | "i32.lt_u") => {
    const value = f.local("i32", "value");
    push();
    f.tee(value);
    most();
    f.get(value);
    most();
    f.op(relation).select();
  };
  const body = (first: Local) => {
    for (const [r, { from, to }] of runs.entries()) {
      // where fewer are left, the last one is copied again
      lowerOf(
        () => f.get(first).i32(r).op("i32.add"),
        () => f.get(end).i32(1).op("i32.sub"),
        "i32.lt_u",
      );
      f.set(pick);
      f.get(target).get(pick).i32(bytes).op("i32.mul").op("i32.add").set(to);
      f.get(source);
      lowerOf(
        () => {
          const position = f.local("i32", "position");
          f.get(indices).get(pick).i32(4).op("i32.mul").op("i32.add").load("i32.load", 0).set(position);
          f.get(position).i32(0).get(position).i32(0).op("i32.gt_s").select();
        },
        () => f.i32(length - 1),
        "i32.lt_s",
      );
      f.i32(bytes).op("i32.mul").op("i32.add").set(from);
    }
    const copyBlock = () => {
      for (const { from, to } of runs) {
        const vectors = Array.from({ length: BLOCK / 16 }, (_, v) => {
          const vector = f.local("v128", "vector");
          f.get(from)
            .get(offset)
            .op("i32.add")
            .load("v128.load", v * 16)
            .set(vector);
          return vector;
        });
        for (const [v, vector] of vectors.entries())
          f.get(to)
            .get(offset)
            .op("i32.add")
            .get(vector)
            .store("v128.store", v * 16);
      }
    };
    f.i32(0).set(offset);
    f.loop((again) => {
      copyBlock();
      f.get(offset).i32(BLOCK).op("i32.add").tee(offset);
      f.i32(bytes - BLOCK)
        .op("i32.le_u")
        .brIf(again);
    });
    if (bytes % BLOCK !== 0) {
      // the last block overlaps the one before
      f.i32(bytes - BLOCK).set(offset);
      copyBlock();
    }
  };
  if (part) forPart(f, part, RUNS, body);
  else forRange(f, picks, RUNS, body);
}

/** Copies runs of elements. */
export function emitGather(f: FunctionBuilder, kernel: PlainKernel, pointers: Pointers, part?: Part): void {
  const { batch, outer, length, inner, picks } = sizesOf(kernel);
  if (inner === 0) return;
  const elements = elementsOf(kernel.inputs[0].dtype);
  const source = pointers.get(kernel.inputs[0]) as Local;
  const target = pointers.get(kernel.outputs[0]) as Local;
  const bytes = inner * elements.bytes;
  if (batch === 1 && outer === 1 && picks > 0 && bytes >= BLOCK) {
    emitGatherRuns(f, kernel, pointers, bytes, part);
    return;
  }
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
