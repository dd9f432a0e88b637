import { byteSize, type DType } from "../../../tensor/dtype.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";

/** Scalar access to elements of one dtype. Integers and bool are i32 on the stack, floats f32. */
export interface Elements {
  readonly bytes: number;
  readonly float: boolean;
  /** Pops an address, pushes the element. */
  load(f: FunctionBuilder, offset?: number): void;
  /** Pops an element and the address below it. */
  store(f: FunctionBuilder, offset?: number): void;
  local(f: FunctionBuilder, name: string): Local;
}

export function elementsOf(dtype: DType): Elements {
  const float = dtype === "float32";
  const small = byteSize(dtype) === 1;
  return {
    bytes: byteSize(dtype),
    float,
    load: (f, offset = 0) => void f.load(float ? "f32.load" : small ? "i32.load8_u" : "i32.load", offset),
    store: (f, offset = 0) => void f.store(float ? "f32.store" : small ? "i32.store8" : "i32.store", offset),
    local: (f, name) => f.local(float ? "f32" : "i32", name),
  };
}

/** Pushes `base + index · step`. */
export function pushElement(f: FunctionBuilder, base: Local, index: Local, step: number): void {
  f.get(base).get(index).i32(step).op("i32.mul").op("i32.add");
}

/** An axis between the axes outside and inside of it: `[outer, length, inner]` elements. */
export function around(
  shape: readonly number[],
  axis: number,
): { outer: number; length: number; inner: number } {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  return { outer: product(shape.slice(0, axis)), length: shape[axis], inner: product(shape.slice(axis + 1)) };
}
