import type { KeptLists, NonZerosKernel, PickedLines, Picks } from "../../../compiler/kernel.js";
import {
  ELEMENT_WORDS,
  END_OF_LIST,
  INDEX_HEAD,
  LIST_HEAD,
  listsLayout,
} from "../../../compiler/nonZeros.js";
import { sizeOf } from "../../../tensor/shape.js";
import { addressOf, emitClamped, loadVector } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { HIGH, LOW } from "../emitTranspose.js";
import { forPart, forRange, type Part, wholeAxis } from "../loops.js";

/** Vectors that are looked at before lines are listed, and how many of their elements must be 0 for lists to be made. */
const SAMPLES = 16;
const LEAST_ZEROS = (SAMPLES * 4) / 16;

/** Emits lists of what is not 0; in place of their addresses 0 if next to nothing is 0. */
export function emitNonZeros(
  f: FunctionBuilder,
  kernel: NonZerosKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const { a, lines, stride, length, kept } = kernel;
  const { first, each } = listsLayout(lines, length);
  const [from, lists] = [a.buffer, kernel.lists].map((b) => pointers.get(b) as Local);
  const at = f.local("i32", "list");
  const rows = part ?? wholeAxis(f, { axis: 0, extent: lines });
  const list = () =>
    forPart(f, rows, 1, (line) => {
      const make = (line: Local, index: Local) => {
        f.get(addressOf(f, lists, first, [[index, each]])).set(at);
        emitList(f, kernel, pointers, addressOf(f, from, a.offset, [[line, stride]]), at);
      };
      if (kept) emitKept(f, kernel, kept, pointers, line, at, (picked) => make(picked, line));
      else make(line, line);
      f.get(addressOf(f, lists, 0, [[line, 1]]))
        .get(at)
        .store("i32.store", 0);
    });
  // lists are only kept of arrays with many zeros
  if (kept) list();
  else {
    f.get(emitZerosAmongSamples(f, kernel, from, rows))
      .i32(LEAST_ZEROS)
      .op("i32.ge_u");
    f.if(list, () => {
      f.get(addressOf(f, lists, 0, [[rows.from, 1]])).i32(0);
      f.get(rows.to).get(rows.from).op("i32.sub").i32(4).op("i32.mul").memoryFill();
    });
  }
}

/** How many elements are 0 among vectors that are spread over some lines. */
function emitZerosAmongSamples(
  f: FunctionBuilder,
  { a, stride, length }: NonZerosKernel,
  from: Local,
  { from: first, to }: Part,
): Local {
  const [line, place, zeros] = [f.local("i32", "line"), f.local("i32", "place"), f.local("i32", "zeros")];
  f.i32(0).set(zeros);
  forRange(f, SAMPLES, 1, (sample) => {
    f.get(to).get(first).op("i32.sub").get(sample).op("i32.mul").i32(SAMPLES).op("i32.div_u");
    f.get(first).op("i32.add").set(line);
    // the golden ratio's multiples fill a line evenly
    f.get(sample)
      .i32(Math.round(length * 0.618))
      .op("i32.mul");
    f.i32(length - 3)
      .op("i32.rem_u")
      .set(place);
    const terms = [
      [line, stride],
      [place, 1],
    ] as const;
    f.get(addressOf(f, from, a.offset, terms)).load("v128.load", 0);
    f.v128f32(0).op("f32x4.eq").op("i32x4.bitmask").op("i32.popcnt");
    f.get(zeros).op("i32.add").set(zeros);
  });
  return zeros;
}

/** Looks for the list of a line that is picked; makes and keeps it if there is none yet. */
function emitKept(
  f: FunctionBuilder,
  { length }: NonZerosKernel,
  kept: KeptLists,
  pointers: Pointers,
  line: Local,
  at: Local,
  make: (picked: Local) => void,
): void {
  const [index, room] = [kept.index, kept.room].map((buffer) => pointers.get(buffer) as Local);
  const roomBytes = sizeOf(kept.room.shape) * 4;
  const picked = emitPicked(f, kept, pointers, line);
  const place = addressOf(f, index, INDEX_HEAD, [[picked, 1]]);
  f.get(place).atomic("i32.atomic.load", 0).tee(at).op("i32.eqz");
  f.if(() => {
    make(picked);
    const [bytes, free] = [f.local("i32", "bytes"), f.local("i32", "free")];
    f.get(at)
      .load("i32.load", 0)
      .i32(ELEMENT_WORDS * 4)
      .op("i32.mul");
    f.i32((LIST_HEAD + ELEMENT_WORDS) * 4)
      .op("i32.add")
      .tee(bytes);
    // of a line with little to leave out it would take more memory than the line
    f.i32((length / 2) * ELEMENT_WORDS * 4).op("i32.le_u");
    f.get(index)
      .atomic("i32.atomic.load", 0)
      .i32(roomBytes)
      .get(bytes)
      .op("i32.sub")
      .op("i32.le_s")
      .op("i32.and");
    f.if(() => {
      f.get(index).get(bytes).atomic("i32.atomic.rmw.add", 0).tee(free);
      // another thread may have taken what was left
      f.i32(roomBytes).get(bytes).op("i32.sub").op("i32.le_s");
      f.if(() => {
        f.get(room).get(free).op("i32.add").tee(free).get(at).get(bytes).memoryCopy();
        f.get(place).get(free).tee(at).atomic("i32.atomic.store", 0);
      });
    });
  });
}

/** A local with the number of a line that is picked, which is never beyond the last one. */
function emitPicked(f: FunctionBuilder, { picks, count }: Picks, pointers: Pointers, line: Local): Local {
  const picked = f.local("i32", "picked");
  f.get(addressOf(f, pointers.get(picks) as Local, 0, [[line, 1]]))
    .load("i32.load", 0)
    .set(picked);
  emitClamped(f, picked, count);
  return picked;
}

/** Brings lines that are picked to the memory of a product that needs all of them. */
export function emitPickedLines(
  f: FunctionBuilder,
  to: Local,
  length: number,
  picked: PickedLines,
  pointers: Pointers,
  part: Part,
): void {
  const from = pointers.get(picked.from) as Local;
  forPart(f, part, 1, (line) => {
    f.get(addressOf(f, to, 0, [[line, length]]));
    f.get(addressOf(f, from, 0, [[emitPicked(f, picked, pointers, line), length]]));
    f.i32(length * 4).memoryCopy();
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
    for (const [i, order] of [LOW, HIGH].entries())
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
