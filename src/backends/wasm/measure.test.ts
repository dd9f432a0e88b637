import { afterEach, describe, expect, it, vi } from "vitest";
import { Marks } from "./measure.js";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Marks at these times, in milliseconds; the first one of each list is when steps begin. */
function marked(count: number, ...runs: readonly number[][]): Marks {
  const marks = new Marks();
  marks.start(count);
  for (const [begin, ...times] of runs) {
    vi.spyOn(performance, "now").mockReturnValue(begin);
    marks.begin();
    for (const time of times) {
      vi.spyOn(performance, "now").mockReturnValue(time);
      marks.mark();
    }
  }
  return marks;
}

describe("what is typical of many steps", () => {
  it("is the mean of the faster half, so that a step that was held up does not count", () => {
    // steps of 1 + 3, 2 + 2 and 90 + 1 ms, one after another
    const marks = marked(2, [0, 1, 4, 6, 8, 98, 99]);
    const typical = marks.typical();
    expect(typical[0]).toBeCloseTo(1.5e-3, 12);
    expect(typical[1]).toBeCloseTo(2.5e-3, 12);
  });

  it("leaves out the time between two runs, and a step that did not end", () => {
    const marks = marked(2, [0, 1, 2, 50], [100, 101, 103]);
    expect(marks.typical().map((seconds) => Math.round(seconds * 1e6))).toEqual([1000, 1500]);
  });

  it("adds up to a step's time by a coarse clock", () => {
    // two kernels of 0.25 and 0.75 ms, a clock that goes by 1 ms
    const steps = Array.from({ length: 8 }, (_, step) => [Math.floor(step + 0.25), step + 1]).flat();
    const [first, second] = marked(2, [0, ...steps]).typical();
    expect(first + second).toBeCloseTo(1e-3, 12);
  });
});
