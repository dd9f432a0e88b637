import { byteLengthOf } from "../../ops/execute.js";
import { sizeOf } from "../../tensor/shape.js";
import { equalSteps, type Feed, type Ready } from "./feed.js";
import { type Layout, RowStore } from "./store.js";

/** Roughly how large a block is. */
const BLOCK_BYTES = 64 * 2 ** 20;

/** Arrays that are too large for the backend's memory: rows are copied there in blocks of many steps. */
export class BlockFeed implements Feed {
  readonly steps: number;
  readonly #store: RowStore;
  #order: Int32Array = new Int32Array(0);
  #step = 0;

  constructor(
    readonly layout: Layout,
    readonly rows: number,
    readonly batchSize: number,
    blockBytes = BLOCK_BYTES,
  ) {
    this.steps = Math.ceil(rows / batchSize);
    const row = layout.arrays.reduce((sum, t) => sum + byteLengthOf(t) / t.shape[0], 0);
    const stepsOfBlock = Math.max(1, Math.floor(blockBytes / (row * batchSize)));
    this.#store = RowStore.room(layout, Math.min(this.steps, stepsOfBlock) * batchSize);
  }

  start(order: Int32Array, step: number): void {
    this.#order = order;
    this.#step = step;
  }

  next(most: number): Ready | null {
    if (this.#step >= this.steps) return null;
    const fitting = Math.min(most, this.#store.rows / this.batchSize);
    const steps = equalSteps(this.rows, this.batchSize, this.#step, fitting);
    const first = this.#step * this.batchSize;
    for (const [array, { data, shape }] of this.layout.arrays.entries()) {
      const length = sizeOf(shape.slice(1));
      for (let i = 0; i < steps.size * steps.count; i++) {
        const row = this.#order[first + i];
        this.#store.write(array, i, data.subarray(row * length, (row + 1) * length));
      }
    }
    this.#store.moveTo(0);
    this.#step += steps.count;
    return { store: this.#store, ...steps };
  }

  release(): void {
    this.#store.release();
  }
}
