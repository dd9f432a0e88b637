import type { Access, MapKernel } from "../../compiler/kernel.js";
import { addressOf } from "./addresses.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import type { Pointers } from "./emitMap.js";
import { forEach, type Part } from "./loops.js";

/** A copy that reads along one axis and writes along another. */
interface Transpose {
  readonly from: Access;
  readonly to: Access;
  /** The axis along which the source lies together; the target does along the last one. */
  readonly axis: number;
}

/** Recognises a copy of float32 (or other 32-bit) elements that exchanges the contiguous axis. */
export function transposeIn({ extents, stores }: MapKernel): Transpose | undefined {
  const [store] = stores;
  if (stores.length !== 1 || store.expression.kind !== "load") return undefined;
  const { access: from } = store.expression;
  const { access: to } = store;
  const last = extents.length - 1;
  const wide = from.dtype === to.dtype && from.dtype !== "uint8" && from.dtype !== "bool";
  if (!wide || last < 1 || to.strides[last] !== 1 || Math.abs(from.strides[last]) <= 1) return undefined;
  if ([...from.strides, ...to.strides].some((stride) => stride < 0)) return undefined;
  const axis = from.strides.findIndex((stride, i) => i < last && stride === 1 && extents[i] >= 4);
  return axis >= 0 && extents[last] >= 4 ? { from, to, axis } : undefined;
}

/** Interleaves two vectors of four words. */
export const LOW = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
export const HIGH = [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31];
const FIRST_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const SECOND_HALVES = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];

/** Squares of 4 × 4: four loads, four stores, both of neighbours. What does not fill a square goes one by one. */
export function emitTranspose(
  f: FunctionBuilder,
  kernel: MapKernel,
  { from, to, axis }: Transpose,
  pointers: Pointers,
  part?: Part,
): void {
  const { extents } = kernel;
  const last = extents.length - 1;
  const others = extents.map((_, i) => i).filter((i) => i !== axis && i !== last);
  const bounds = (which: number) => {
    if (part?.axis === which) return { from: part.from, to: part.to };
    const bound = { from: f.local("i32", "from"), to: f.local("i32", "to") };
    f.i32(extents[which]).set(bound.to);
    return bound;
  };
  const across = bounds(axis);
  const along = bounds(last);
  const outside =
    part && others.includes(part.axis) ? { ...part, axis: others.indexOf(part.axis) } : undefined;

  const overOthers = (indices: readonly Local[]) => {
    const i = f.local("i32", "i");
    const j = f.local("i32", "j");
    const address = ({ buffer, offset, strides }: Access) =>
      addressOf(f, pointers.get(buffer) as Local, offset, [
        ...others.map((other, n) => [indices[n], strides[other]] as const),
        [i, strides[axis]],
        [j, strides[last]],
      ]);
    const copyOne = () => {
      const target = address(to);
      const source = address(from);
      f.get(target).get(source).load("i32.load", 0).store("i32.store", 0);
    };
    /** `for (; index + step <= end; index += step) body()` */
    const whilstFits = (index: Local, step: number, end: Local, body: () => void) => {
      f.block((done) => {
        f.loop((again) => {
          f.get(index).i32(step).op("i32.add").get(end).op("i32.gt_u").brIf(done);
          body();
          f.get(index).i32(step).op("i32.add").set(index).br(again);
        });
      });
    };
    f.get(across.from).set(i);
    whilstFits(i, 4, across.to, () => {
      f.get(along.from).set(j);
      whilstFits(j, 4, along.to, () =>
        emitSquare(f, address(from), from.strides[last] * 4, address(to), to.strides[axis] * 4),
      );
      // the last few along the target's rows, for each of the four
      whilstFits(j, 1, along.to, () => {
        const first = f.local("i32", "first");
        const end = f.local("i32", "end");
        f.get(i).tee(first).i32(4).op("i32.add").set(end);
        whilstFits(i, 1, end, copyOne);
        f.get(first).set(i);
      });
    });
    whilstFits(i, 1, across.to, () => {
      f.get(along.from).set(j);
      whilstFits(j, 1, along.to, copyOne);
    });
  };
  forEach(
    f,
    others.map((other) => extents[other]),
    overOthers,
    outside,
  );
}

function emitSquare(
  f: FunctionBuilder,
  source: Local,
  sourceStep: number,
  target: Local,
  targetStep: number,
): void {
  const [a, b, c, d] = [0, 1, 2, 3].map((row) => {
    const local = f.local("v128", "row");
    f.get(source)
      .load("v128.load", row * sourceStep)
      .set(local);
    return local;
  });
  const shuffled = (x: Local, y: Local, lanes: readonly number[]) => {
    const local = f.local("v128", "shuffled");
    f.get(x).get(y).shuffle(lanes).set(local);
    return local;
  };
  const [ab, cd] = [shuffled(a, b, LOW), shuffled(c, d, LOW)];
  const [AB, CD] = [shuffled(a, b, HIGH), shuffled(c, d, HIGH)];
  const rows = [
    [ab, cd, FIRST_HALVES],
    [ab, cd, SECOND_HALVES],
    [AB, CD, FIRST_HALVES],
    [AB, CD, SECOND_HALVES],
  ] as const;
  for (const [row, [x, y, lanes]] of rows.entries())
    f.get(target)
      .get(x)
      .get(y)
      .shuffle(lanes)
      .store("v128.store", row * targetStep);
}
