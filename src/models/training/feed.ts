import type { Program } from "../../ops/compile.js";
import type { Tree } from "../../ops/tree.js";
import type { Step } from "./batch.js";

/** Batches that steps can go over. */
export interface Batches {
  /** What a step becomes for batches of `size` rows. */
  program(step: Step, size: number): Program;
  /** Runs a step on the next `count` batches. @returns the last one's result */
  run<R extends Tree>(step: Step<R>, size: number, count: number): R;
  /**
   * The same, but gives all results: tensors with one more axis, of the steps, in front. Missing where rows lie in the backend's memory
   * for many passes: nobody wants the results of these.
   */
  collect?<R extends Tree>(step: Step<R>, size: number, count: number): R;
}

/** Steps that can be run in one call. */
export interface Ready {
  readonly batches: Batches;
  /** Rows of each. */
  readonly size: number;
  readonly count: number;
  /** To be called once they were run. @throws if their samples are not finite */
  readonly ran?: () => void;
}

/** Where batches come from. */
export interface Feed {
  /** Steps of a pass; null while nobody knows. */
  readonly steps: number | null;
  /** Begins a pass at `step`, with the rows in this order (null: as the feed has them). */
  start(order: Int32Array | null, step: number): Promise<void> | void;
  /** Up to `most` steps from where the pass stands; null at its end. They count as done then. */
  next(most: number): Promise<Ready | null> | Ready | null;
  release(): void;
}

/** Steps of equal size from `step` on, of a pass over `rows` rows. */
export function equalSteps(rows: number, batchSize: number, step: number, most: number) {
  const whole = Math.floor(rows / batchSize);
  if (step < whole) return { size: batchSize, count: Math.min(most, whole - step) };
  return { size: rows - whole * batchSize, count: 1 };
}
