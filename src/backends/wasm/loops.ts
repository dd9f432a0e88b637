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

/** Nested loops over all indices, outermost axis first. */
export function forEach(
  f: FunctionBuilder,
  extents: readonly number[],
  body: (indices: readonly Local[]) => void,
): void {
  const nest = (axis: number, indices: readonly Local[]) => {
    if (axis === extents.length) body(indices);
    else forRange(f, extents[axis], 1, (index) => nest(axis + 1, [...indices, index]));
  };
  nest(0, []);
}
