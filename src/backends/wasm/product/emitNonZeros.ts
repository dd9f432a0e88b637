import type { NonZerosKernel } from "../../../compiler/kernel.js";
import { END_OF_LIST, listLayout } from "../../../compiler/nonZeros.js";
import { addressOf, loadVector } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { forPart, forRange, type Part, wholeAxis } from "../loops.js";

/** Emits lists of what is not 0. */
export function emitNonZeros(
  f: FunctionBuilder,
  kernel: NonZerosKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const { a, lines, stride, length } = kernel;
  const { positions, values, words } = listLayout(length);
  const [from, lists, table] = [a.buffer, kernel.lists, kernel.table].map((b) => pointers.get(b) as Local);
  const [found, left] = [f.local("v128", "found"), f.local("v128", "left")];
  const [places, lanes] = [f.local("v128", "places"), f.local("v128", "lanes")];
  const mask = f.local("i32", "mask");
  forPart(f, part ?? wholeAxis(f, { axis: 0, extent: lines }), 1, (line) => {
    const at = addressOf(f, from, a.offset, [[line, stride]]);
    const list = addressOf(f, lists, 0, [[line, words]]);
    const end = f.local("i32", "end");
    f.get(list).set(end).v128i32([0, 1, 2, 3]).set(places);
    const four = (count: number) => {
      loadVector(f, at, 0, count);
      f.tee(left).v128f32(0).op("f32x4.ne").set(found);
      f.get(found).op("i32x4.bitmask").tee(mask);
      f.i32(4).op("i32.shl").get(table).op("i32.add").load("v128.load", 0).set(lanes);
      f.get(end)
        .get(places)
        .get(lanes)
        .op("i8x16.swizzle")
        .store("v128.store", positions * 4);
      f.get(end)
        .get(left)
        .get(lanes)
        .op("i8x16.swizzle")
        .store("v128.store", values * 4);
      f.get(mask).op("i32.popcnt").i32(2).op("i32.shl").get(end).op("i32.add").set(end);
    };
    if (length >= 4)
      forRange(f, Math.floor(length / 4), 1, () => {
        four(4);
        f.get(at).i32(16).op("i32.add").set(at);
        f.get(places).v128i32(4).op("i32x4.add").set(places);
      });
    if (length % 4 > 0) four(length % 4);
    f.get(end)
      .i32(END_OF_LIST)
      .store("i32.store", positions * 4);
    f.get(list).get(end).get(list).op("i32.sub").i32(2).op("i32.shr_u").store("i32.store", 0);
  });
}
