import { platform } from "#platform";
import { predictedSeconds } from "../../compiler/cost.js";
import { kernelsOf } from "../../compiler/kernel.js";
import type { Schedule } from "../../compiler/schedule.js";
import type { Supply } from "../backend.js";
import { wantedThreads } from "../threads.js";
import type { collect } from "./collect.js";
import type { SharedProgram, SideBySide, ThreadPool } from "./threadPool.js";

export interface ProgramExports {
  /** This thread's number, the number of threads, steps. */
  readonly run: (thread: number, threads: number, steps: number) => void;
  /** Keeps the results of all steps; missing where there are none. @see emitProgram */
  readonly collect?: (
    thread: number,
    threads: number,
    steps: number,
    first: number,
    room: number,
    place: number,
  ) => void;
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

/** Runs steps beside the workers that `join` gives, none if it `isAlone`, and says how many these were. */
export type GoSideBySide = (join: (work: SideBySide) => number, isAlone: boolean) => number;

let collectSteps: typeof collect | undefined;

/** Adds what collects the results of steps: a page has it only if its programs have inputs that advance. */
export function addCollect(given: typeof collect): void {
  collectSteps = given;
}

/**
 * Runs a program on as many threads as it can feed. When another process takes a core away, threads that wait for each
 * other are slower than one: that is measured, and one thread goes on alone for some calls.
 */
export class ThreadedRun {
  readonly #id: number;
  readonly #most: number;
  readonly #secondsPerStep: number;
  readonly #hasOwnSteps: boolean;
  /** The fastest step on one thread. */
  #alone = Number.POSITIVE_INFINITY;
  #slower = 0;
  #pause = FIRST_PAUSE;
  #paused = 0;

  /** @param pool missing where memory cannot be shared */
  constructor(
    readonly pool: ThreadPool | undefined,
    program: SharedProgram,
    readonly exports: ProgramExports,
    schedule: Schedule,
  ) {
    this.#secondsPerStep = kernelsOf(schedule).reduce((sum, kernel) => sum + predictedSeconds(kernel), 0);
    this.#most = pool ? program.threads : 1;
    this.#hasOwnSteps = program.hasOwnSteps;
    this.#id = pool && (this.#feedsThreads || this.#hasOwnSteps) ? pool.add(program) : -1;
  }

  get #feedsThreads(): boolean {
    return this.#secondsPerStep >= STEP_SECONDS;
  }

  /**
   * @param begin called when all threads are there, before the first step
   * @returns on how many threads the steps ran
   */
  run(steps: number, begin?: () => void): number {
    return this.#sideBySide(steps, (join) => {
      const joined = join({ steps });
      begin?.();
      this.exports.run(0, joined + 1, steps);
      return joined;
    });
  }

  /** Keeps the results of all steps. */
  collect(steps: number, supply: Supply): void {
    const { pool, exports } = this;
    const threads = this.#hasOwnSteps ? this.#threadsFor(steps) : 1;
    collectSteps?.(steps, supply, {
      collect: exports.collect as NonNullable<ProgramExports["collect"]>,
      secondsPerStep: this.#secondsPerStep,
      crew: pool && threads > 1 ? { pool, id: this.#id, threads } : undefined,
      sideBySide: (go) => this.#sideBySide(steps, go),
    });
  }

  /** How many threads so many steps are worth. */
  #threadsFor(steps: number): number {
    if (this.#secondsPerStep * steps < CALL_SECONDS) return 1;
    return Math.min(wantedThreads().count, this.#most);
  }

  /**
   * Has threads go through each step together, and learns whether that is faster.
   * @param go runs the steps with the workers that `join` gives, and says how many these were
   * @returns on how many threads the steps ran
   */
  #sideBySide(steps: number, go: (join: (work: SideBySide) => number, isAlone: boolean) => number): number {
    const { pool } = this;
    const threads = this.#feedsThreads ? this.#threadsFor(steps) : 1;
    if (!pool || threads === 1) {
      go(() => 0, true);
      return 1;
    }
    const { asked } = wantedThreads();
    const isAlone = this.#paused > 0;
    const patience = this.#patience(steps, asked);
    pool.prepare(threads - 1);
    const start = platform.now();
    const joined = go((work) => (isAlone ? 0 : pool.join(threads - 1, this.#id, work, patience)), isAlone);
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
    if (this.#id >= 0) this.pool?.release(this.#id);
  }
}
