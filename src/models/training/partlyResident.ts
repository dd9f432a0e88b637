import { byteLengthOf } from "../../ops/execute.js";
import { Tensor } from "../../ops/tensor.js";
import { Variable } from "../../ops/variable.js";
import { newArray, type TypedArray } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import { type Layout, stepsOfBytes } from "./batch.js";
import { equalSteps, type Feed, type Ready } from "./feed.js";
import { RowStore } from "./store.js";

/** Roughly how large a block is: it has enough steps for a call. */
const BLOCK_BYTES = 4 * 2 ** 20;

/** Rows are copied faster to memory that no other thread can see, and from there together, as long as they stay in a cache. */
const GROUP_BYTES = 64 * 2 ** 10;

/** Arrays of which the first rows lie in the backend's memory. Behind them there is room for others, which come when they are needed. */
class Rows {
  readonly arrays: readonly Variable[];
  /** How many rows stay. */
  readonly kept: number;
  readonly #gathered: TypedArray[] = [];
  readonly #missing: Int32Array;

  /** @param room for how many other rows there is place */
  constructor(
    readonly layout: Layout,
    readonly room: number,
    mostBytes: number,
  ) {
    const rows = layout.arrays[0].shape[0];
    const rowBytes = layout.arrays.reduce((sum, t) => sum + byteLengthOf(t), 0) / rows;
    this.kept = Math.max(0, Math.min(Math.floor(mostBytes / rowBytes), rows - room));
    const capacity = Math.min(rows, this.kept + room);
    this.arrays = layout.arrays.map(({ data, shape, dtype }) => {
      const type = { shape: [capacity, ...shape.slice(1)], dtype };
      return new Variable(new Tensor(data.subarray(0, sizeOf(type.shape)), type), { trainable: false });
    });
    this.#missing = new Int32Array(room);
  }

  /** Brings rows, at most as many as there is room for. @param places is filled with where they lie then */
  bring(rows: Int32Array, places: Int32Array): void {
    let missing = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (row < this.kept) places[i] = row;
      else {
        places[i] = this.kept + missing;
        this.#missing[missing++] = row;
      }
    }
    if (missing === 0) return;
    for (const [array, { data, shape, dtype }] of this.layout.arrays.entries()) {
      const length = sizeOf(shape.slice(1));
      const group = Math.max(1, Math.floor(GROUP_BYTES / (length * data.BYTES_PER_ELEMENT)));
      this.#gathered[array] ??= newArray(dtype, Math.min(group, this.room) * length);
      const gathered = this.#gathered[array];
      const storage = this.arrays[array].storage();
      for (let first = 0; first < missing; first += group) {
        const count = Math.min(group, missing - first);
        for (let i = 0; i < count; i++) {
          const from = this.#missing[first + i] * length;
          gathered.set(data.subarray(from, from + length), i * length);
        }
        const place = (this.kept + first) * length * data.BYTES_PER_ELEMENT;
        storage.write(gathered.subarray(0, count * length), place);
      }
    }
  }
}

/** Batches of arrays that are too large for the backend's memory: part of their rows stay there, others are copied block by block. */
export class PartlyResidentFeed implements Feed {
  readonly steps: number;
  readonly #store: RowStore;
  readonly #places: Int32Array;
  #order: Int32Array = new Int32Array();
  #step = 0;

  private constructor(
    readonly data: Rows,
    readonly rows: number,
    readonly batchSize: number,
    ownsArrays: boolean,
  ) {
    this.steps = Math.ceil(rows / batchSize);
    this.#store = new RowStore(data.arrays, data.room, data.layout.pack, ownsArrays);
    this.#places = new Int32Array(data.room);
  }

  /** @param mostBytes how much of the arrays may stay in the backend's memory */
  static of(layout: Layout, rows: number, batchSize: number, mostBytes: number): PartlyResidentFeed {
    const steps = stepsOfBytes(layout, batchSize, rows, BLOCK_BYTES);
    return new PartlyResidentFeed(new Rows(layout, steps * batchSize, mostBytes), rows, batchSize, true);
  }

  /** Other rows of the same arrays. They share the room: no block of one is needed when the other's turn comes. */
  shared(rows: number, batchSize: number): PartlyResidentFeed {
    const { data } = this;
    if (batchSize > data.room) return PartlyResidentFeed.of(data.layout, rows, batchSize, 0);
    return new PartlyResidentFeed(data, rows, batchSize, false);
  }

  start(order: Int32Array, step: number): void {
    this.#order = order;
    this.#step = step;
  }

  next(most: number): Ready | null {
    if (this.#step >= this.steps) return null;
    const room = Math.floor(this.data.room / this.batchSize);
    const steps = equalSteps(this.rows, this.batchSize, this.#step, Math.min(most, room));
    const first = this.#step * this.batchSize;
    this.data.bring(this.#order.subarray(first, first + steps.size * steps.count), this.#places);
    this.#store.arrange(this.#places, 0);
    this.#step += steps.count;
    return { batches: this.#store, ...steps };
  }

  release(): void {
    this.#store.release();
  }
}
