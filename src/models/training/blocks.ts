import { byteLengthOf } from "../../ops/execute.js";
import { newArray, type TypedArray } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import { foundFinite, type Unchecked } from "./data.js";
import { equalSteps, type Feed, type Ready } from "./feed.js";
import { type Layout, RowStore } from "./store.js";

/**
 * Roughly how large a block is: it is still in a cache when its steps read it, and has enough of them for a call.
 */
const BLOCK_BYTES = 4 * 2 ** 20;

/** Arrays that stay where they are: rows are copied into the backend's memory in blocks of many steps. */
export class BlockFeed implements Feed {
  steps: number;
  readonly #stepsOfBlock: number;
  readonly #store: RowStore;
  readonly #gathered: TypedArray[] = [];
  #order: Int32Array | null = null;
  #step = 0;
  #wholePass = false;
  #unchecked: readonly Unchecked[] = [];

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
    this.#unchecked = [];
  }

  /** Has the steps look out for samples that are not finite. */
  watch(unchecked: readonly Unchecked[]): void {
    this.#unchecked = unchecked;
    this.#store.watch(unchecked.map(({ samples }) => this.layout.arrays.indexOf(samples)));
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
    this.#wholePass = order === null && step === 0;
  }

  next(most: number): Ready | null {
    if (this.#step >= this.steps) return null;
    const steps = equalSteps(this.rows, this.batchSize, this.#step, Math.min(most, this.room));
    const first = this.#step * this.batchSize;
    this.#copy(first, steps.size * steps.count);
    this.#store.moveTo(0);
    this.#step += steps.count;
    const ran = () => this.#look(steps.size);
    return { store: this.#store, ...steps, ran };
  }

  #look(size: number): void {
    if (this.#unchecked.length === 0) return;
    const finite = this.#store.sawFinite(size);
    for (const { samples, check } of this.#unchecked) {
      if (!finite) check();
      else if (this.#wholePass && this.#step === this.steps) foundFinite(samples);
    }
  }

  /** Copies rows from a place in the order on to the beginning of the store. */
  #copy(first: number, count: number): void {
    const order = this.#order?.subarray(first, first + count);
    for (const [array, { data, shape, dtype }] of this.layout.arrays.entries()) {
      const length = sizeOf(shape.slice(1));
      if (!order) {
        this.#store.write(array, 0, data.subarray(first * length, (first + count) * length));
        continue;
      }
      // one write at the end: rows are copied faster to memory that no other thread can see
      this.#gathered[array] ??= newArray(dtype, this.#store.rows * length);
      const rows = this.#gathered[array];
      for (let i = 0; i < count; i++)
        rows.set(data.subarray(order[i] * length, (order[i] + 1) * length), i * length);
      this.#store.write(array, 0, rows.subarray(0, count * length));
    }
  }

  release(): void {
    this.#store.release();
  }
}
