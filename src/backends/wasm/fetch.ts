import type { FunctionBuilder, Local } from "./assembler/index.js";
import { forRange } from "./loops.js";

const CACHE_LINE = 64;
/** Lines that are looked at in one iteration. */
const TOGETHER = 8;
/** What is larger would not stay in the first-level cache. */
const MOST_BYTES = 48 * 1024;

/**
 * Looks at each cache line of an array, if it is small, so that those which another core has changed come many at a time: what reads
 * and multiplies them can wait for a few only.
 */
export function emitFetch(f: FunctionBuilder, start: Local, bytes: number): void {
  if (bytes > MOST_BYTES) return;
  const at = f.local("i32", "at");
  f.get(start).set(at);
  const lines = Math.ceil(bytes / CACHE_LINE);
  const look = (count: number) => {
    for (let i = 0; i < count; i++)
      f.get(at)
        .load("i32.load", i * CACHE_LINE)
        .drop();
  };
  const iterations = Math.floor(lines / TOGETHER);
  if (iterations > 0)
    forRange(f, iterations, 1, () => {
      look(TOGETHER);
      f.get(at)
        .i32(TOGETHER * CACHE_LINE)
        .op("i32.add")
        .set(at);
    });
  look(lines % TOGETHER);
}

/** Looks at each cache line from `at` on to `end`; `at` moves on. */
export function emitFetchTo(f: FunctionBuilder, at: Local, end: Local): void {
  f.loop((again) => {
    f.get(at).load("i32.load", 0).drop();
    f.get(at).i32(CACHE_LINE).op("i32.add").tee(at).get(end).op("i32.lt_u").brIf(again);
  });
}
