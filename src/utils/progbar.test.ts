import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";

const platform = vi.hoisted(() => ({
  time: 0,
  written: "",
  windows: false,
  terminal: false,
}));
vi.mock("#platform", () => ({
  platform: {
    now: () => platform.time,
    write: (text: string) => {
      platform.written += text;
    },
    isWindows: () => platform.windows,
    isTerminal: () => platform.terminal,
  },
}));

import { Progbar, type ProgbarOptions, type ProgbarVerbosity } from "./progbar.js";

interface DirectCase {
  case: string;
  target: number | null;
  verbose: ProgbarVerbosity;
  dynamic_display: boolean;
  dt: number;
  shown_events: {
    now: number;
    current: number;
    values: [string, number][];
    finalize: boolean;
    out: string;
  }[];
}

const golden: { direct: DirectCase[] } = JSON.parse(
  readFileSync(new URL("../../tests/golden/progbar.json", import.meta.url), "utf8"),
);

beforeEach(() => {
  Object.assign(platform, { time: 0, written: "", windows: false, terminal: false });
});

function bar(target: number | null, options: ProgbarOptions = {}) {
  const state = { time: 100, text: "" };
  const progbar = new Progbar(target, {
    clock: () => state.time,
    write: (text) => {
      state.text += text;
    },
    dynamicDisplay: true,
    ...options,
  });
  const update = (time: number, ...rest: Parameters<Progbar["update"]>): string => {
    state.time = 100 + time;
    state.text = "";
    progbar.update(...rest);
    return state.text;
  };
  return { progbar, update, state };
}

describe("Progbar prints what Keras prints", () => {
  it.each(golden.direct)("$case", (direct) => {
    let time = 1000;
    let text = "";
    const progbar = new Progbar(direct.target, {
      verbose: direct.verbose,
      statelessMetrics: [],
      clock: () => time,
      write: (part) => {
        text += part;
      },
      dynamicDisplay: direct.dynamic_display,
    });
    const steps = direct.target ?? 5;
    const expected = new Map(direct.shown_events.filter((e) => !e.finalize).map((e) => [e.current, e]));
    const final = direct.shown_events.find((e) => e.finalize);
    const first = direct.shown_events[0];
    // Golden files of long runs keep some of the updates; the bar has to see all of them.
    for (let step = 1; step <= steps; step++) {
      time += direct.dt;
      const event = expected.get(step);
      const values: [string, number][] = first.values.map(([name]) => [name, 0]);
      text = "";
      progbar.update(step, event?.values ?? values, false);
      if (event !== undefined) expect(text).toBe(event.out);
    }
    progbar.target = steps;
    text = "";
    progbar.update(steps, final?.values, true);
    expect(text).toBe(final?.out);
  });
});

describe("Progbar", () => {
  it("averages values over the steps unless they are stateful", () => {
    const { update } = bar(10, { statefulMetrics: ["accuracy"] });
    update(1, 1, [
      ["loss", 4],
      ["accuracy", 0.25],
    ]);
    // Three steps of 2 after one of 4.
    const text = update(2, 4, [
      ["loss", 2],
      ["accuracy", 0.75],
    ]);
    expect(text).toContain(" - loss: 2.5000 - accuracy: 0.7500");
  });

  it("averages only the stateless values when those are named", () => {
    const { update } = bar(10, { statelessMetrics: ["loss"] });
    update(1, 1, [
      ["loss", 4],
      ["accuracy", 0.25],
    ]);
    const text = update(2, 2, [
      ["loss", 2],
      ["accuracy", 0.75],
    ]);
    expect(text).toContain(" - loss: 3.0000 - accuracy: 0.7500");
  });

  it("shows values as they are in the last update", () => {
    const { update } = bar(2);
    update(1, 1, [["loss", 4]]);
    expect(update(2, 2, [["loss", 2]])).toMatch(/ - loss: 2\.0000\n$/);
  });

  it("refuses both kinds of exceptions at once", () => {
    expect(() => new Progbar(1, { statefulMetrics: [], statelessMetrics: [] })).toThrow(
      "Only one of `statefulMetrics` or `statelessMetrics`",
    );
  });

  it("adds steps, and finishes at the target", () => {
    const { progbar, state } = bar(3);
    progbar.add(2);
    expect(state.text).toContain("2/3");
    progbar.add(1);
    expect(state.text).toContain("3/3");
    expect(state.text.endsWith("\n")).toBe(true);
  });

  it("waits for the interval between updates, but never with the last", () => {
    const { update } = bar(3, { interval: 10 });
    expect(update(0, 1)).not.toBe("");
    expect(update(9, 2)).toBe("");
    expect(update(9.5, 3)).not.toBe("");
  });

  it("shows the first update, even by a clock that begins at zero", () => {
    const progbar = new Progbar(2);
    platform.time = 0.01;
    progbar.update(1);
    expect(platform.written).toContain("1/2");
  });

  it("covers what a longer line has left", () => {
    const { update } = bar(100);
    const long = update(3601 / 99, 1);
    expect(long).toContain("\x1b[1m1:00:0");
    // The estimate falls from h:mm:ss to Ns: 5 characters fewer, covered by spaces.
    expect(update(3601 / 99 + 0.1, 2)).toMatch(/100ms\/step {3}$/);
  });

  it("writes times as minutes, and long ones as hours", () => {
    expect(bar(2).update(60, 1)).toContain("\x1b[1m60s\x1b[0m 60s/step");
    expect(bar(2).update(61, 1)).toContain("\x1b[1m1:01\x1b[0m 61s/step");
    expect(bar(2).update(3600, 1)).toContain("\x1b[1m60:00\x1b[0m");
    expect(bar(2).update(3601, 1)).toContain("\x1b[1m1:00:01\x1b[0m");
  });

  it("names its unit and takes its width", () => {
    const text = bar(4, { unitName: "sample", width: 8 }).update(2, 2);
    expect(text).toContain(`\x1b[32m${"━".repeat(4)}\x1b[0m\x1b[37m${"━".repeat(4)}\x1b[0m`);
    expect(text).toContain(" 1s/sample");
  });

  it("writes a loss that is not a number", () => {
    expect(bar(4).update(1, 1, [["loss", Number.NaN]])).toContain(" - loss: nan");
  });

  it("prints one line in mode 2, where negative values have an exponent as in Keras", () => {
    const { update } = bar(2, { verbose: 2 });
    expect(update(1, 1, [["loss", 1]])).toBe("");
    expect(update(2, 2, [["loss", -0.5]])).toBe("2/2 - 2s - 1s/step - loss: -5.0000e-01\n");
    expect(bar(2).update(1, 1, [["loss", -0.5]])).toContain(" - loss: -0.5000");
  });

  it("is silent in mode 0", () => {
    expect(bar(2, { verbose: 0 }).update(1, 2, [["loss", 1]])).toBe("");
  });

  it.each([
    { windows: false, terminal: false, start: "\r" },
    { windows: false, terminal: true, start: "\r" },
    { windows: true, terminal: true, start: "\r" },
    { windows: true, terminal: false, start: "\n" },
  ])("starts updates with $start by default (windows $windows, terminal $terminal)", (given) => {
    Object.assign(platform, given);
    const progbar = new Progbar(2);
    platform.time = 3;
    progbar.update(1);
    expect(platform.written.startsWith(`${given.start}\x1b[1m1/2`)).toBe(true);
    expect(platform.written).toContain(" 3s/step");
  });
});
