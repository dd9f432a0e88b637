import type { FunctionBuilder, Local } from "./assembler/index.js";

/** `for (i = 0; i < extent; i += step) body(i)`, for an extent of at least 1. */
export function forRange(
  f: FunctionBuilder,
  extent: number,
  step: number,
  body: (index: Local) => void,
): void {
  const index = f.local("i32", "i");
  f.i32(0).set(index);
  f.loop((again) => {
    body(index);
    if (extent > step) f.get(index).i32(step).op("i32.add").tee(index).i32(extent).op("i32.lt_u").brIf(again);
  });
}

/** The part of one axis that a call computes: from `from` to below `to`, never empty. */
export interface Part {
  readonly axis: number;
  readonly extent: number;
  readonly from: Local;
  readonly to: Local;
}

/** All of an axis as a part. */
export function wholeAxis(f: FunctionBuilder, split: Pick<Part, "axis" | "extent">): Part {
  const [from, to] = [f.local("i32", "from"), f.local("i32", "to")];
  f.i32(0).set(from).i32(split.extent).set(to);
  return { ...split, from, to };
}

/** `for (i = from; i < to; i += step) body(i)`, for at least one iteration. */
export function forPart(f: FunctionBuilder, part: Part, step: number, body: (index: Local) => void): void {
  const index = f.local("i32", "i");
  f.get(part.from).set(index);
  f.loop((again) => {
    body(index);
    f.get(index).i32(step).op("i32.add").tee(index).get(part.to).op("i32.lt_u").brIf(again);
  });
}

/** Nested loops over all indices, outermost axis first; of one axis possibly only a part. */
export function forEach(
  f: FunctionBuilder,
  extents: readonly number[],
  body: (indices: readonly Local[]) => void,
  part?: Part,
): void {
  const nest = (axis: number, indices: readonly Local[]) => {
    const inner = (index: Local) => nest(axis + 1, [...indices, index]);
    if (axis === extents.length) body(indices);
    else if (part?.axis === axis) forPart(f, part, 1, inner);
    else forRange(f, extents[axis], 1, inner);
  };
  nest(0, []);
}

/** `body(index, most)` as long as so many are left of a part, then `body(index, 1)` for each of the others. */
export function forGroups(
  f: FunctionBuilder,
  part: Part,
  most: number,
  body: (index: Local, count: number) => void,
): void {
  const index = f.local("i32", "i");
  f.get(part.from).set(index);
  for (const count of new Set([most, 1]))
    f.block((done) => {
      f.loop((again) => {
        f.get(index).i32(count).op("i32.add").get(part.to).op("i32.gt_u").brIf(done);
        body(index, count);
        f.get(index).i32(count).op("i32.add").set(index);
        f.br(again);
      });
    });
}

/**
 * Ends a basic block inside of one that `exit` leaves, so that V8 moves neither the next loads before the arithmetic so far nor
 * that behind the next one's. Address 0 holds a zero.
 */
export function separate(f: FunctionBuilder, exit: Parameters<FunctionBuilder["brIf"]>[0]): void {
  f.i32(0).load("i32.load", 0).brIf(exit);
}
