import { byteLengthOf } from "../../ops/execute.js";
import { sizeOf } from "../../tensor/shape.js";
import { foundFinite, type Unchecked } from "./data.js";
import { equalSteps, type Feed, type Ready } from "./feed.js";
import { type Layout, RowStore } from "./store.js";

/**
 * Roughly how large a block is: it is still in a cache when its steps read it, and has enough of them for a call.
 */
const BLOCK_BYTES = 4 * 2 ** 20;

/** Steps that make a block of about so many bytes. */
export function stepsOfBlock({ arrays }: Layout, batchSize: number, blockBytes = BLOCK_BYTES): number {
  const row = arrays.reduce((sum, t) => sum + byteLengthOf(t) / t.shape[0], 0);
  return Math.max(1, Math.floor(blockBytes / (row * batchSize)));
}

/** Arrays that stay where they are: their rows are copied as they lie into the backend's memory, in blocks of many steps. */
export class BlockFeed implements Feed {
  steps: number;
  readonly #stepsOfBlock: number;
  readonly #store: RowStore;
  #step = 0;
  #wholePass = false;
  #unchecked: readonly Unchecked[] = [];

  constructor(
    private layout: Layout,
    private rows: number,
    readonly batchSize: number,
    blockBytes?: number,
  ) {
    this.steps = Math.ceil(rows / batchSize);
    this.#stepsOfBlock = stepsOfBlock(layout, batchSize, blockBytes);
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

  start(_order: null, step: number): void {
    this.#step = step;
    this.#wholePass = step === 0;
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

  #copy(first: number, count: number): void {
    for (const [array, { data, shape }] of this.layout.arrays.entries()) {
      const length = sizeOf(shape.slice(1));
      this.#store.write(array, 0, data.subarray(first * length, (first + count) * length));
    }
  }

  release(): void {
    this.#store.release();
  }
}
