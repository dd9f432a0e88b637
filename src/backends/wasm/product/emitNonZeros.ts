import type { NonZerosKernel } from "../../../compiler/kernel.js";
import { ELEMENT_WORDS, END_OF_LIST, LIST_HEAD, listsLayout } from "../../../compiler/nonZeros.js";
import { addressOf, loadVector } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { forPart, forRange, type Part, wholeAxis } from "../loops.js";

/** How two vectors become pairs of their lanes. */
const PAIRS = [
  [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23],
  [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31],
];

/** Emits lists of what is not 0. */
export function emitNonZeros(
  f: FunctionBuilder,
  kernel: NonZerosKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const { a, lines, stride, length } = kernel;
  const { first, each } = listsLayout(lines, length);
  const [from, lists] = [a.buffer, kernel.lists].map((b) => pointers.get(b) as Local);
  forPart(f, part ?? wholeAxis(f, { axis: 0, extent: lines }), 1, (line) => {
    const list = addressOf(f, lists, first, [[line, each]]);
    emitList(f, kernel, pointers, addressOf(f, from, a.offset, [[line, stride]]), list);
    f.get(addressOf(f, lists, 0, [[line, 1]]))
      .get(list)
      .store("i32.store", 0);
  });
}

/** Lists what is not 0 in the line at an address. */
function emitList(
  f: FunctionBuilder,
  { length, table: lanesByMask }: NonZerosKernel,
  pointers: Pointers,
  at: Local,
  list: Local,
): void {
  const table = pointers.get(lanesByMask) as Local;
  const [found, left] = [f.local("v128", "found"), f.local("v128", "left")];
  const [places, lanes] = [f.local("v128", "places"), f.local("v128", "lanes")];
  const [mask, end] = [f.local("i32", "mask"), f.local("i32", "end")];
  f.get(list).set(end).v128i32([0, 1, 2, 3]).set(places);
  const four = (count: number) => {
    loadVector(f, at, 0, count);
    f.tee(left).v128f32(0).op("f32x4.ne").set(found);
    f.get(found).op("i32x4.bitmask").tee(mask);
    f.i32(4).op("i32.shl").get(table).op("i32.add").load("v128.load", 0).set(lanes);
    f.get(left).get(lanes).op("i8x16.swizzle").set(left);
    f.get(places).get(lanes).op("i8x16.swizzle").set(found);
    for (const [i, order] of PAIRS.entries())
      f.get(end)
        .get(found)
        .get(left)
        .shuffle(order)
        .store("v128.store", LIST_HEAD * 4 + i * 16);
    f.get(mask)
      .op("i32.popcnt")
      .i32(ELEMENT_WORDS * 4)
      .op("i32.mul")
      .get(end)
      .op("i32.add")
      .set(end);
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
    .store("i32.store", LIST_HEAD * 4);
  f.get(list)
    .get(end)
    .get(list)
    .op("i32.sub")
    .i32(ELEMENT_WORDS * 4)
    .op("i32.div_u")
    .store("i32.store", 0);
}
