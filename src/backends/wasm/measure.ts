import { platform } from "#platform";
import type { Schedule } from "../../compiler/schedule.js";
import type { Measurements } from "../explanation.js";
import { ModuleBuilder } from "./assembler/index.js";
import type { ProgramExports } from "./threadedRun.js";

/** How long to measure on one thread, then on all; how many steps go on from the same numbers. */
const MEASURING_SECONDS = 0.2;
const STEPS = 20;
const PEAK_SECONDS = 2e-3;

/**
 * Runs steps on this thread alone for the kernels' times, then on all threads for those of the phases. Kernels are measured where
 * they are in a step: again and again by itself a kernel finds its operands in the caches, and the core knows all its branches by heart.
 *
 * A program that runs on and on on its own results soon has numbers like no training has (all units dead, gradients of zero), and some
 * kernels are faster on those: so everything starts again from the same numbers.
 *
 * @param exports of a program that calls `mark` after each kernel and each phase
 * @param restart puts the numbers of the inputs back
 * @param runSteps runs steps on all threads and gives their number
 */
export function measure(
  exports: WebAssembly.Exports,
  schedule: Schedule,
  marks: Marks,
  restart: () => void,
  runSteps: (steps: number, begin: () => void) => number,
): Measurements {
  const { run } = exports as unknown as ProgramExports;
  // compiles everything
  run(0, 1, 2);
  const begin = () => marks.begin();
  const lengths = schedule.phases.map((tasks) => tasks.length + 1);
  let threads = 1;
  const typical = (steps: () => void): number[][] => {
    marks.start(sum(lengths));
    const end = platform.now() + MEASURING_SECONDS;
    do {
      restart();
      steps();
    } while (platform.now() < end);
    const times = marks.typical();
    return lengths.map((length) => times.splice(0, length));
  };
  const alone = typical(() => {
    begin();
    run(0, 1, STEPS);
  });
  const together = typical(() => {
    threads = Math.max(threads, runSteps(STEPS, begin));
  });
  // at the end of a phase one thread has nothing to wait for
  const cost = Math.min(...alone.map((phase) => phase[phase.length - 1]));
  const without = (time: number, count = 1) => Math.max(0, time - count * cost);
  return {
    kernels: alone.flatMap((phase) => phase.slice(0, -1).map((time) => without(time))),
    phases: together.map((phase) => without(sum(phase), phase.length)),
    threads,
    peak: peakRate(),
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** Takes the time at the end of each kernel and each phase. */
export class Marks {
  #count = 0;
  #last = 0;
  #step: number[] = [];
  #steps: number[][] = [];

  /** @param count of the marks in a step */
  start(count: number): void {
    this.#count = count;
    this.#steps = [];
  }

  /** Steps begin: the time since the last ones does not count. */
  begin(): void {
    this.#step = [];
    this.#last = performance.now();
  }

  /**
   * The mean times between marks in the faster half of the steps, in seconds: whatever disturbs only adds. Not the shortest ones: a
   * thread's shortest wait is that for the others when they are ahead of it, and a browser's clock goes by whole microseconds.
   */
  typical(): number[] {
    const totals = this.#steps.map(sum);
    const limit = [...totals].sort((a, b) => a - b)[totals.length >> 1];
    const kept = this.#steps.filter((_, i) => totals[i] <= limit);
    return Array.from({ length: this.#count }, (_, i) => sum(kept.map((step) => step[i])) / kept.length);
  }

  readonly mark = (): void => {
    const now = performance.now();
    if (this.#step.push((now - this.#last) / 1000) === this.#count) {
      this.#steps.push(this.#step);
      this.#step = [];
    }
    this.#last = now;
  };
}

const CHAINS = 12;
const ROUNDS = 20_000;

/** What one core does with 128-bit vectors in registers: twelve independent chains of multiplications and additions, as many as
 * leave registers free: where one is kept in memory, some processors wait for it. */
function peakRate(): number {
  const module = new ModuleBuilder();
  const peak = module.function("peak", [["rounds", "i32"]], ["v128"], (f, rounds) => {
    const chains = Array.from({ length: CHAINS }, () => f.local("v128", "chain"));
    const factor = f.local("v128", "factor");
    f.v128f32(0.5).set(factor);
    f.loop((again) => {
      for (const chain of chains)
        f.get(factor).get(chain).op("f32x4.mul").get(factor).op("f32x4.add").set(chain);
      f.get(rounds).i32(1).op("i32.sub").tee(rounds).brIf(again);
    });
    f.get(chains[0]);
    for (const chain of chains.slice(1)) f.get(chain).op("f32x4.add");
  });
  module.function("run", [], [], (f) => f.i32(ROUNDS).call(peak).drop(), { export: "run" });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()));
  const run = exports.run as () => void;
  let best = Number.POSITIVE_INFINITY;
  const end = platform.now() + PEAK_SECONDS;
  do {
    const start = performance.now();
    run();
    best = Math.min(best, (performance.now() - start) / 1000);
  } while (platform.now() < end);
  return (ROUNDS * CHAINS * 8) / best;
}
