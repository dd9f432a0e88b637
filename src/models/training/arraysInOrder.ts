import { sizeOf } from "../../tensor/shape.js";
import type { Layout } from "./batch.js";
import { foundFinite, type Unchecked } from "./data.js";
import { equalSteps, type Feed, type Ready } from "./feed.js";
import { RowQueue } from "./queue.js";

/** Arrays that stay where they are: their rows go through the backend's memory as they lie. */
export class ArraysInOrder implements Feed {
  steps: number;
  readonly #queue: RowQueue;
  #step = 0;
  #wholePass = false;
  #unchecked: readonly Unchecked[] = [];

  constructor(
    private layout: Layout,
    private rows: number,
    readonly batchSize: number,
  ) {
    this.steps = Math.ceil(rows / batchSize);
    this.#queue = new RowQueue(layout, batchSize, rows);
  }

  /** Whether there is as much room as is good for so many rows like these. */
  suits(layout: Layout, rows: number): boolean {
    return this.#queue.rows >= RowQueue.roomFor(layout, this.batchSize, rows);
  }

  /** Lets go of the arrays. */
  empty(): void {
    this.layout = { arrays: [], pack: this.layout.pack };
    this.#unchecked = [];
    this.#queue.expect(() => {});
  }

  /** Has the steps look out for samples that are not finite. */
  watch(unchecked: readonly Unchecked[]): void {
    this.#unchecked = unchecked;
    this.#queue.watch(unchecked.map(({ samples }) => this.layout.arrays.indexOf(samples)));
  }

  /** Takes other arrays, whose rows must be like those of the first. */
  refill(layout: Layout, rows: number): void {
    this.layout = layout;
    this.rows = rows;
    this.steps = Math.ceil(rows / this.batchSize);
    this.#queue.reuse(layout.pack);
  }

  start(_order: null, step: number): void {
    this.#step = step;
    this.#wholePass = step === 0;
  }

  next(most: number): Ready | null {
    if (this.#step >= this.steps) return null;
    const steps = equalSteps(this.rows, this.batchSize, this.#step, most);
    const from = this.#step * this.batchSize;
    this.#queue.expect((first, count, place) => this.#bring(from + first, count, place));
    this.#step += steps.count;
    return { batches: this.#queue, ...steps, ran: () => this.#look() };
  }

  #bring(first: number, count: number, place: number): void {
    for (const [array, { data, shape }] of this.layout.arrays.entries()) {
      const length = sizeOf(shape.slice(1));
      this.#queue.write(array, place, data.subarray(first * length, (first + count) * length));
    }
  }

  #look(): void {
    const finite = this.#queue.sawFinite;
    for (const { samples, check } of this.#unchecked) {
      if (!finite) check();
      else if (this.#wholePass && this.#step === this.steps) foundFinite(samples);
    }
  }

  release(): void {
    this.#queue.release();
  }
}
