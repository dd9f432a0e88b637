import { byteLengthOf } from "../../ops/execute.js";
import type { Dataset } from "./data.js";
import { layoutOf, RowStore } from "./store.js";

/** Larger data stay where they are and come in blocks. */
export const RESIDENT_BYTES = 1.5 * 2 ** 30;

/** Steps that can be run in one call. */
export interface Ready {
  readonly store: RowStore;
  /** Rows of each. */
  readonly size: number;
  readonly count: number;
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

/** A data set, whole in the backend's memory or, if it is too large, in blocks. */
export async function feedOf(dataset: Dataset, rows: number, batchSize: number): Promise<Feed> {
  const layout = layoutOf(dataset);
  const bytes = layout.arrays.reduce((sum, t) => sum + byteLengthOf(t), 0);
  if (bytes <= RESIDENT_BYTES) return new ResidentFeed(RowStore.of(layout, rows), batchSize);
  const { BlockFeed } = await import("./blocks.js");
  return new BlockFeed(layout, rows, batchSize);
}

/** Steps of equal size from `step` on, of a pass over `rows` rows. */
export function equalSteps(rows: number, batchSize: number, step: number, most: number) {
  const whole = Math.floor(rows / batchSize);
  if (step < whole) return { size: batchSize, count: Math.min(most, whole - step) };
  return { size: rows - whole * batchSize, count: 1 };
}

/** Arrays that lie whole in the backend's memory. */
export class ResidentFeed implements Feed {
  readonly steps: number;
  #step = 0;

  constructor(
    readonly store: RowStore,
    readonly batchSize: number,
  ) {
    this.steps = Math.ceil(store.rows / batchSize);
  }

  /** Other rows of the same arrays. */
  shared(rows: number, batchSize: number): ResidentFeed {
    const { arrays, pack } = this.store;
    return new ResidentFeed(new RowStore(arrays, rows, pack, false), batchSize);
  }

  start(order: Int32Array, step: number): void {
    this.store.arrange(order, step * this.batchSize);
    this.#step = step;
  }

  next(most: number): Ready | null {
    if (this.#step >= this.steps) return null;
    const steps = equalSteps(this.store.rows, this.batchSize, this.#step, most);
    this.#step += steps.count;
    return { store: this.store, ...steps };
  }

  release(): void {
    this.store.release();
  }
}
