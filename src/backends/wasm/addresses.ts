import type { FunctionBuilder, Local } from "./assembler/index.js";

/** A local with the address of element `offset + Σ index · stride` of an array that begins at `base`. */
export function addressOf(
  f: FunctionBuilder,
  base: Local,
  offset: number,
  terms: readonly (readonly [index: Local, stride: number])[],
  elementBytes = 4,
): Local {
  const local = f.local("i32", "address");
  f.get(base);
  if (offset !== 0) f.i32(offset * elementBytes).op("i32.add");
  for (const [index, stride] of terms)
    if (stride !== 0)
      f.get(index)
        .i32(stride * elementBytes)
        .op("i32.mul")
        .op("i32.add");
  f.set(local);
  return local;
}

/** Moves a position outside of an axis to the nearest one inside. */
export function emitClamped(f: FunctionBuilder, position: Local, length: number): void {
  f.i32(0).get(position).get(position).i32(0).op("i32.lt_s").select().set(position);
  const last = length - 1;
  f.i32(last).get(position).get(position).i32(last).op("i32.gt_s").select().set(position);
}

/** Stores the first `lanes` (1…4) words of a vector, `bytes` after an address; nothing behind them is touched. */
export function storeWords(f: FunctionBuilder, to: Local, value: Local, bytes: number, lanes: number): void {
  if (lanes === 4) f.get(to).get(value).store("v128.store", bytes);
  if (lanes === 2 || lanes === 3) f.get(to).get(value).storeLane("v128.store64_lane", bytes, 0);
  if (lanes === 1) f.get(to).get(value).storeLane("v128.store32_lane", bytes, 0);
  if (lanes === 3)
    f.get(to)
      .get(value)
      .storeLane("v128.store32_lane", bytes + 8, 2);
}

/**
 * Pushes a vector of the first `lanes` (1…4) words at an address that `push` pushes, for which it gives the constant rest in
 * bytes. The other lanes are 0: what lies behind an array may be integers, and as subnormal numbers these would take a
 * hundred times longer to multiply on many processors.
 */
export function loadWords(f: FunctionBuilder, push: () => number, lanes: number): void {
  const bytes = push();
  if (lanes === 4) f.load("v128.load", bytes);
  else if (lanes === 1) f.load("v128.load32_zero", bytes);
  else f.load("v128.load64_zero", bytes);
  if (lanes !== 3) return;
  const words = f.local("v128", "words");
  f.set(words);
  const again = push();
  f.get(words).loadLane("v128.load32_lane", again + 8, 2);
}

/** As `loadWords`: pushes a vector of `lanes` elements, `offset` elements behind an address. */
export function loadVector(f: FunctionBuilder, at: Local, offset: number, lanes: number): void {
  const push = () => {
    f.get(at);
    return offset * 4;
  };
  loadWords(f, push, lanes);
}
