import { platform } from "#platform";
import type { Program } from "../../ops/compile.js";
import { byteLengthOf } from "../../ops/execute.js";
import type { Tree } from "../../ops/tree.js";
import type { Step } from "./batch.js";
import type { Batches, Feed } from "./feed.js";

/** One call into the compiled program should take about this long, so that the event loop gets its turn. */
const SECONDS_PER_CALL = 0.02;

/** What the steps of one call may give. */
const BYTES_PER_CALL = 16 * 2 ** 20;

/** What was run in one call. */
export interface Ran<R> {
  readonly count: number;
  /** Rows of each step. */
  readonly size: number;
  readonly result: R;
}

/** A step, and the batches that it is done with. */
export class Loop<R extends Tree> {
  /** For the batch size that most steps have. */
  #secondsPerStep = 0;
  #bytesPerStep = 0;
  #size = 0;
  /** Those that ran before: a first run compiles, and says little. */
  readonly #warm = new WeakSet<Program>();

  constructor(
    readonly feed: Feed,
    readonly step: Step<R>,
  ) {}

  /**
   * Runs the next steps of the pass, as many as fit into one call.
   * @returns how many were run, how many rows each had, and the result of the last; null at the end of the pass
   */
  run(most: number): Promise<Ran<R> | null> {
    return this.#run("run", most);
  }

  /**
   * The same, but gives the results of all the steps: tensors with one more axis, of the steps, in front.
   */
  collect(most: number): Promise<Ran<R> | null> {
    return this.#run("collect", most);
  }

  async #run(how: "run" | "collect", most: number): Promise<Ran<R> | null> {
    const ready = await this.feed.next(Math.max(1, Math.min(most, this.#affordable(how))));
    if (!ready) return null;
    const { batches, size, count, ran } = ready;
    const program = batches.program(this.step, size);
    const start = platform.now();
    const result = (batches as Required<Batches>)[how](this.step, size, count);
    ran?.();
    if (this.#warm.has(program)) this.#measure((platform.now() - start) / count, size, program);
    this.#warm.add(program);
    return { count, size, result };
  }

  #affordable(how: "run" | "collect"): number {
    if (this.#secondsPerStep === 0) return 1;
    const steps = Math.floor(SECONDS_PER_CALL / this.#secondsPerStep);
    if (how === "run" || this.#bytesPerStep === 0) return steps;
    return Math.min(steps, Math.floor(BYTES_PER_CALL / this.#bytesPerStep));
  }

  #measure(seconds: number, size: number, program: Program): void {
    if (size < this.#size) return;
    this.#size = size;
    this.#bytesPerStep = program.results.reduce((sum, type) => sum + byteLengthOf(type), 0);
    this.#secondsPerStep = this.#secondsPerStep === 0 ? seconds : 0.7 * this.#secondsPerStep + 0.3 * seconds;
  }
}

/** Lets other work go on when a while has passed since the last time. */
export class EventLoopTurns {
  #last = platform.now();

  async turn(): Promise<void> {
    if (platform.now() - this.#last < SECONDS_PER_CALL * 0.9) return;
    await platform.yieldToEventLoop();
    this.#last = platform.now();
  }
}
