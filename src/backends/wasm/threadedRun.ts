import { platform } from "#platform";
import { predictedSeconds } from "../../compiler/cost.js";
import { kernelsOf } from "../../compiler/kernel.js";
import type { Schedule } from "../../compiler/schedule.js";
import { wantedThreads } from "../threads.js";
import type { SharedProgram, ThreadPool } from "./threadPool.js";

/** A program's `run`: this thread's number, the number of threads, steps. */
export type RunProgram = (thread: number, threads: number, steps: number) => void;

export interface ProgramExports {
  readonly run: RunProgram;
  /** Keeps the results of all steps; missing where there are none. */
  readonly collect?: RunProgram;
}

/** A step must take about this long before barriers and wake-ups pay, and a call this long. */
const STEP_SECONDS = 10e-6;
const CALL_SECONDS = 100e-6;
/** How long to wait for workers who are asleep, in seconds: a wake-up takes 50 to 250 µs, more is not worth more than this share. */
const WAKE_SECONDS = 100e-6;
const WAKE_SHARE = 0.03;
/** The same where the number of threads was asked for. */
const ASKED_WAKE_SECONDS = 0.2;
/**
 * Several threads are given up for a while if they were slower than one by this factor in this many calls on end, or in the
 * first call after a pause.
 */
const SLOWER = 1.05;
const SLOWER_CALLS = 2;
/** Calls on one thread until several are tried again: twice as many after each failure, up to the last number. */
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 16;

/**
 * Runs a program on as many threads as it can feed. When another process takes a core away, threads that wait for each
 * other are slower than one: that is measured, and one thread goes on alone for some calls.
 */
export class ThreadedRun {
  readonly #id: number;
  readonly #most: number;
  readonly #secondsPerStep: number;
  /** The fastest step on one thread. */
  #alone = Number.POSITIVE_INFINITY;
  #slower = 0;
  #pause = FIRST_PAUSE;
  #paused = 0;

  constructor(
    readonly pool: ThreadPool,
    program: SharedProgram,
    readonly exports: ProgramExports,
    schedule: Schedule,
  ) {
    this.#secondsPerStep = kernelsOf(schedule).reduce((sum, kernel) => sum + predictedSeconds(kernel), 0);
    this.#most = program.threads;
    this.#id = this.#feedsThreads ? pool.add(program) : -1;
  }

  get #feedsThreads(): boolean {
    return this.#secondsPerStep >= STEP_SECONDS;
  }

  /**
   * @param collect whether the results of all steps are kept
   * @param begin called when all threads are there, before the first step
   * @returns on how many threads the steps ran
   */
  run(steps: number, collect = false, begin?: () => void): number {
    const program = collect ? (this.exports.collect as RunProgram) : this.exports.run;
    const { count: wanted, asked } = wantedThreads();
    const count = Math.min(wanted, this.#most);
    if (count === 1 || !this.#feedsThreads || this.#secondsPerStep * steps < CALL_SECONDS) {
      begin?.();
      program(0, 1, steps);
      return 1;
    }
    this.pool.prepare(count - 1);
    const start = platform.now();
    const joined =
      this.#paused > 0
        ? 0
        : this.pool.join(count - 1, this.#id, steps, this.#patience(steps, asked), collect);
    begin?.();
    program(0, joined + 1, steps);
    this.#learn(joined, (platform.now() - start) / steps, asked);
    return joined + 1;
  }

  #patience(steps: number, asked: boolean): number {
    if (asked) return ASKED_WAKE_SECONDS;
    return Math.max(WAKE_SECONDS, this.#secondsPerStep * steps * WAKE_SHARE);
  }

  #learn(joined: number, seconds: number, asked: boolean): void {
    if (joined === 0) {
      // the first call also compiles, which the minimum forgets
      this.#alone = Math.min(this.#alone, seconds);
      if (this.#paused > 0) this.#paused--;
      return;
    }
    if (asked) return;
    if (seconds <= this.#alone * SLOWER) {
      this.#slower = 0;
      this.#pause = FIRST_PAUSE;
    } else if (++this.#slower >= SLOWER_CALLS || this.#pause > FIRST_PAUSE) {
      this.#slower = 0;
      this.#paused = this.#pause;
      this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    }
  }

  release(): void {
    if (this.#id >= 0) this.pool.release(this.#id);
  }
}
