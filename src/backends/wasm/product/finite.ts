import { loadVector } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import { forRange } from "../loops.js";

/** Sums that are added up side by side: an addition waits for the one before. */
const SUMS = 8;

/**
 * A local that is 1 if all `count` numbers from an address on are finite, else 0. They are added up: infinities and NaN never
 * become finite again. (A sum of very large numbers may be infinite too, which counts as not finite.)
 */
export function emitAreFinite(f: FunctionBuilder, start: Local, count: number): Local {
  const sums = Array.from({ length: SUMS }, () => f.local("v128", "sum"));
  for (const sum of sums) f.v128f32(0).set(sum);
  const at = f.local("i32", "at");
  const add = (elements: number) => {
    for (let first = 0; first < elements; first += 4) {
      const sum = sums[first / 4];
      f.get(sum);
      loadVector(f, at, first, Math.min(4, elements - first));
      f.op("f32x4.add").set(sum);
    }
  };
  f.get(start).set(at);
  const block = SUMS * 4;
  if (count >= block)
    forRange(f, Math.floor(count / block), 1, () => {
      add(block);
      f.get(at)
        .i32(block * 4)
        .op("i32.add")
        .set(at);
    });
  add(count % block);
  for (const [i, sum] of sums.entries()) {
    f.get(sum);
    if (i > 0) f.op("f32x4.add");
  }
  const finite = f.local("i32", "finite");
  const [total] = sums;
  f.tee(total).get(total).op("f32x4.sub").v128f32(0).op("f32x4.eq").op("i32x4.all_true").set(finite);
  return finite;
}
