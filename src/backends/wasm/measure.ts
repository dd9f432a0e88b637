import { platform } from "#platform";
import { kernelsOf } from "../../compiler/kernel.js";
import type { Schedule } from "../../compiler/schedule.js";
import type { Measurements } from "../explanation.js";
import { ModuleBuilder } from "./assembler/index.js";
import type { ProgramExports } from "./threadedRun.js";

/** How long to measure one kernel, and how long the whole; how many steps go on from the same numbers. */
const KERNEL_SECONDS = 2e-3;
const STEPS_SECONDS = 0.2;
const STEPS = 20;

/**
 * Runs each kernel on this thread alone and keeps its fastest time, since whatever disturbs only adds; then whole steps on all
 * threads.
 *
 * A kernel that runs again and again on its own results soon has numbers like no training has (all units dead, gradients of
 * zero), and some kernels are faster on those: so everything starts again from the same numbers.
 *
 * @param exports of a program that calls `mark` after each phase
 * @param restart puts the numbers of the inputs back
 * @param runSteps runs steps on all threads and gives their number
 */
export function measure(
  exports: WebAssembly.Exports,
  schedule: Schedule,
  marks: PhaseMarks,
  restart: () => void,
  runSteps: (steps: number, begin: () => void) => number,
): Measurements {
  // compiles everything
  (exports as unknown as ProgramExports).run(0, 1, 2);
  const all = kernelsOf(schedule).map((_, i) => exports[`kernel${i}`] as () => void);
  const kernels = all.map((kernel, i) => {
    restart();
    // brings to all buffers what the kernel expects: later kernels may use the same memory
    for (const before of all.slice(0, i)) before();
    return fastest(kernel);
  });
  marks.start(schedule.phases.length);
  let threads = 1;
  const end = platform.now() + STEPS_SECONDS;
  do {
    restart();
    threads = Math.max(
      threads,
      runSteps(STEPS, () => marks.begin()),
    );
  } while (platform.now() < end);
  return { kernels, phases: marks.typical(), threads, peak: peakRate() };
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
  #seconds: number[][] = [];

  start(phases: number): void {
    this.#seconds = Array.from({ length: phases }, () => []);
    this.#phase = 0;
  }

  /** Steps begin: the time since the last ones does not count. */
  begin(): void {
    this.#phase = 0;
    this.#last = performance.now();
  }

  /** The median of each phase: its shortest time would be that of a thread which the others let go ahead. */
  typical(): number[] {
    return this.#seconds.map((list) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? 0);
  }

  readonly mark = (): void => {
    const now = performance.now();
    this.#seconds[this.#phase]?.push((now - this.#last) / 1000);
    this.#phase = (this.#phase + 1) % Math.max(this.#seconds.length, 1);
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
  return (ROUNDS * CHAINS * 8) / fastest(exports.run as () => void);
}
