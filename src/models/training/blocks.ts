import { byteLengthOf } from "../../ops/execute.js";
import { sizeOf } from "../../tensor/shape.js";
import { equalSteps, type Feed, type Ready } from "./feed.js";
import { type Layout, RowStore } from "./store.js";

/** Roughly how large a block is. */
const BLOCK_BYTES = 64 * 2 ** 20;

/** Arrays that stay where they are: rows are copied into the backend's memory in blocks of many steps. */
export class BlockFeed implements Feed {
  steps: number;
  readonly #stepsOfBlock: number;
  readonly #store: RowStore;
  #order: Int32Array | null = null;
  #step = 0;

  constructor(
    private layout: Layout,
    private rows: number,
    readonly batchSize: number,
    blockBytes = BLOCK_BYTES,
  ) {
    this.steps = Math.ceil(rows / batchSize);
    const row = layout.arrays.reduce((sum, t) => sum + byteLengthOf(t) / t.shape[0], 0);
    this.#stepsOfBlock = Math.max(1, Math.floor(blockBytes / (row * batchSize)));
    this.#store = RowStore.room(layout, Math.min(this.steps, this.#stepsOfBlock) * batchSize);
  }

  /** Steps that there is room for. */
  get room(): number {
    return this.#store.rows / this.batchSize;
  }

  /** Whether there is room for blocks of a normal size of so many rows. */
  suits(rows: number): boolean {
    return this.room >= Math.min(Math.ceil(rows / this.batchSize), this.#stepsOfBlock);
  }

  /** Lets go of the arrays. */
  empty(): void {
    this.layout = { arrays: [], pack: this.layout.pack };
  }

  /** Takes other arrays, whose rows must be like those of the first. */
  refill(layout: Layout, rows: number): void {
    this.layout = layout;
    this.rows = rows;
    this.steps = Math.ceil(rows / this.batchSize);
    this.#store.reuse(layout.pack);
  }

  /** @param order of the rows; null: as they lie */
  start(order: Int32Array | null, step: number): void {
    this.#order = order;
    this.#step = step;
  }

  next(most: number): Ready | null {
    if (this.#step >= this.steps) return null;
    const steps = equalSteps(this.rows, this.batchSize, this.#step, Math.min(most, this.room));
    const first = this.#step * this.batchSize;
    const count = steps.size * steps.count;
    for (let done = 0; done < count; ) {
      const run = this.#neighbours(first + done, count - done);
      for (const [array, { data, shape }] of this.layout.arrays.entries()) {
        const length = sizeOf(shape.slice(1));
        const row = this.#row(first + done);
        this.#store.write(array, done, data.subarray(row * length, (row + run) * length));
      }
      done += run;
    }
    this.#store.moveTo(0);
    this.#step += steps.count;
    return { store: this.#store, ...steps };
  }

  #row(place: number): number {
    return this.#order ? this.#order[place] : place;
  }

  /** How many rows from a place in the order on, up to `most`, lie one after another in the arrays as well. */
  #neighbours(place: number, most: number): number {
    const order = this.#order;
    if (!order) return most;
    let count = 1;
    while (count < most && order[place + count] === order[place] + count) count++;
    return count;
  }

  release(): void {
    this.#store.release();
  }
}
