import { platform } from "#platform";
import type { Program } from "../../ops/compile.js";
import type { Tree } from "../../ops/tree.js";
import type { Feed } from "./feed.js";
import type { Step } from "./store.js";

/** One call into the compiled program should take about this long, so that the event loop gets its turn. */
const SECONDS_PER_CALL = 0.02;

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
    return this.#run(most, (program, count) => program.run([], count));
  }

  /**
   * The same, but gives the results of all the steps: tensors with one more axis, of the steps, in front.
   */
  collect(most: number): Promise<Ran<R> | null> {
    return this.#run(most, (program, count) => program.collect(count));
  }

  async #run(most: number, run: (program: Program<R>, count: number) => R): Promise<Ran<R> | null> {
    const affordable = this.#secondsPerStep > 0 ? Math.floor(SECONDS_PER_CALL / this.#secondsPerStep) : 1;
    const ready = await this.feed.next(Math.max(1, Math.min(most, affordable)));
    if (!ready) return null;
    const { store, size, count, ran } = ready;
    const program = store.program(size, this.step);
    const start = platform.now();
    const result = run(program, count);
    ran?.();
    if (this.#warm.has(program as Program)) this.#measure((platform.now() - start) / count, size);
    this.#warm.add(program as Program);
    return { count, size, result };
  }

  #measure(seconds: number, size: number): void {
    if (size < this.#size) return;
    this.#size = size;
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
