import type { FillKernel } from "../../compiler/kernel.js";
import { byteSize } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import type { Part } from "./loops.js";

/** Fills a buffer, or the part of it that belongs to a range of its rows, with one number. */
export function emitFill(
  f: FunctionBuilder,
  pointer: Local,
  { buffer, value }: FillKernel,
  part?: Part,
): void {
  const bytes = byteSize(buffer.dtype);
  const size = sizeOf(buffer.shape) * bytes;
  const start = f.local("i32", "start");
  const length = f.local("i32", "length");
  if (part) {
    const row = size / part.extent;
    f.get(pointer).get(part.from).i32(row).op("i32.mul").op("i32.add").set(start);
    f.get(part.to).get(part.from).op("i32.sub").i32(row).op("i32.mul").set(length);
  } else {
    f.get(pointer).set(start).i32(size).set(length);
  }
  if (Object.is(value, 0) || bytes === 1) {
    f.get(start).i32(value).get(length).memoryFill();
    return;
  }
  const end = f.local("i32", "end");
  f.get(start).get(length).op("i32.add").set(end);
  f.block((done) => {
    f.get(start).get(end).op("i32.ge_u").brIf(done);
    f.loop((again) => {
      f.get(start);
      if (buffer.dtype === "float32") f.f32(value).store("f32.store", 0);
      else f.i32(value).store("i32.store", 0);
      f.get(start).i32(4).op("i32.add").tee(start).get(end).op("i32.lt_u").brIf(again);
    });
  });
}
