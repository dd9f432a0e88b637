import { platform } from "#platform";
import { kernelsOf, type Schedule } from "../../compiler/schedule.js";
import type { Measurements } from "../explanation.js";
import { ModuleBuilder } from "./assembler/index.js";
import type { RunProgram } from "./threadedRun.js";

/** How long to measure one kernel, and how long the whole. */
const KERNEL_SECONDS = 2e-3;
const STEPS_SECONDS = 0.2;

/**
 * Runs each kernel on this thread alone, then whole steps on all threads, and keeps the fastest times, since whatever disturbs
 * only adds.
 *
 * @param exports of a program that calls `mark` after each phase
 * @param runSteps runs steps on several threads and gives their number
 */
export function measure(
  exports: WebAssembly.Exports,
  schedule: Schedule,
  marks: PhaseMarks,
  runSteps: (run: RunProgram, steps: number) => number,
): Measurements {
  const run = exports.run as RunProgram;
  // compiles everything, and leaves sensible numbers in all buffers
  run(0, 1, 2);
  const kernels = kernelsOf(schedule).map((_, i) => fastest(exports[`kernel${i}`] as () => void));
  marks.start(schedule.phases.length);
  let threads = 1;
  const end = platform.now() + STEPS_SECONDS;
  do threads = Math.max(threads, runSteps(run, 10));
  while (platform.now() < end);
  return { kernels, phases: marks.fastest, threads, peak: peakRate() };
}

function fastest(kernel: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  const end = platform.now() + KERNEL_SECONDS;
  do {
    const start = performance.now();
    kernel();
    best = Math.min(best, (performance.now() - start) / 1000);
  } while (platform.now() < end);
  return best;
}

/** Takes the time at the end of each phase. */
export class PhaseMarks {
  #phase = 0;
  #last = 0;
  fastest: number[] = [];

  start(phases: number): void {
    this.fastest = new Array<number>(phases).fill(Number.POSITIVE_INFINITY);
    this.#phase = -1;
  }

  /** A call begins: the time since the last one does not count. */
  begin(): void {
    this.#phase = 0;
    this.#last = performance.now();
  }

  readonly mark = (): void => {
    const now = performance.now();
    if (this.#phase >= 0 && this.fastest.length > 0) {
      const seconds = (now - this.#last) / 1000;
      this.fastest[this.#phase] = Math.min(this.fastest[this.#phase], seconds);
      this.#phase = (this.#phase + 1) % this.fastest.length;
    }
    this.#last = now;
  };
}

const CHAINS = 8;
const ROUNDS = 20_000;

/** What one core does with 128-bit vectors in registers: eight independent chains of multiplications and additions. */
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
  return (ROUNDS * CHAINS * 8) / fastest(exports.run as () => void);
}
