import { platform } from "#platform";
import { take } from "../../ops/arrays.js";
import { Program } from "../../ops/compile.js";
import { add } from "../../ops/elementwise.js";
import { apply, Tensor, tensor } from "../../ops/tensor.js";
import { Variable } from "../../ops/variable.js";
import * as lax from "../../primitives/index.js";
import type { Value } from "../../trace/graph.js";
import type { Dataset } from "./data.js";

/** One call into the compiled program should take about this long, so that the event loop gets its turn. */
const SECONDS_PER_CALL = 0.02;

/** A batch inside of a program. */
export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor | undefined;
  readonly sampleWeight: Tensor | undefined;
}

/**
 * Data in the backend's memory, and programs that go over them batch by batch. The order of the samples and the position in
 * it are variables, so that many steps run in one call and a program gathers its batches itself.
 */
export class Loop {
  readonly #order: Variable;
  readonly #position = new Variable(tensor([0], [], "int32"), { trainable: false });
  readonly #arrays: {
    readonly x: Variable;
    readonly y: Variable | undefined;
    readonly sampleWeight: Variable | undefined;
  };
  /** One program for each batch size: the last batch may be smaller. */
  readonly #programs = new Map<number, Program>();
  #secondsPerStep = 0;

  /**
   * @param rows samples that take part
   * @param step what is done with a batch, once it is traced
   */
  constructor(
    dataset: Dataset,
    readonly rows: number,
    readonly batchSize: number,
    readonly step: (batch: Batch) => Tensor | null,
    shared?: Loop,
  ) {
    const held = (t: Tensor | undefined) => t && new Variable(t, { trainable: false });
    // a second loop over the same arrays (validation) uses the same memory
    this.#arrays = shared
      ? shared.#arrays
      : { x: held(dataset.x) as Variable, y: held(dataset.y), sampleWeight: held(dataset.sampleWeight) };
    this.#order = new Variable(new Tensor(new Int32Array(rows), { shape: [rows], dtype: "int32" }), {
      trainable: false,
    });
  }

  get steps(): number {
    return Math.ceil(this.rows / this.batchSize);
  }

  /** Starts a pass at `step`, with the samples in this order. */
  start(order: Int32Array, step = 0): void {
    this.#order.assign(new Tensor(order, { shape: [this.rows], dtype: "int32" }));
    this.#position.assign(tensor([step * this.batchSize], [], "int32"));
  }

  #sizeOfStep(step: number): number {
    return Math.min(this.batchSize, this.rows - step * this.batchSize);
  }

  #program(size: number): Program {
    let program = this.#programs.get(size);
    if (!program) {
      program = new Program([], () => {
        const position = this.#position.value;
        const places = apply([position], (p) => lax.add(lax.iota([size], "int32"), p as Value));
        const indices = take(this.#order, places, 0);
        const pick = (array: Variable | undefined) => array && take(array, indices, 0);
        const { x, y, sampleWeight } = this.#arrays;
        const result = this.step({ x: take(x, indices, 0), y: pick(y), sampleWeight: pick(sampleWeight) });
        this.#position.assign(add(position, size));
        return result;
      });
      this.#programs.set(size, program);
    }
    return program;
  }

  /** Runs one step and gives its result. */
  runStep(step: number): Tensor | null {
    return this.#program(this.#sizeOfStep(step)).run() as Tensor | null;
  }

  /**
   * Runs steps from `from` on, as many as fit into one call.
   * @returns how many were run
   */
  run(from: number, to: number): number {
    const size = this.#sizeOfStep(from);
    const lastWhole = this.#sizeOfStep(to - 1) === this.batchSize ? to : to - 1;
    const affordable =
      this.#secondsPerStep > 0 ? Math.max(1, Math.floor(SECONDS_PER_CALL / this.#secondsPerStep)) : 1;
    const count = size < this.batchSize ? 1 : Math.min(affordable, lastWhole - from);
    const program = this.#program(size);
    const start = platform.now();
    program.run([], count);
    const measured = (platform.now() - start) / count;
    // the first call compiles and says little
    if (from > 0 && size === this.batchSize)
      this.#secondsPerStep =
        this.#secondsPerStep === 0 ? measured : 0.7 * this.#secondsPerStep + 0.3 * measured;
    return count;
  }

  /** Gives all memory back; not the arrays of a loop that shares them. */
  release(withArrays = true): void {
    for (const program of this.#programs.values()) program.release();
    this.#programs.clear();
    this.#order.release();
    this.#position.release();
    if (!withArrays) return;
    for (const array of Object.values(this.#arrays)) array?.release();
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
