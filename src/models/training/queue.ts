import { Program } from "../../ops/compile.js";
import { apply, Tensor } from "../../ops/tensor.js";
import { flatten, type Tree } from "../../ops/tree.js";
import { Variable } from "../../ops/variable.js";
import * as lax from "../../primitives/index.js";
import { prepareSeries } from "../../runtime/series.js";
import { byteSize, newArray, type TypedArray } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import type { TensorType, Value } from "../../trace/graph.js";
import { type Layout, type Step, stepsOfBytes } from "./batch.js";
import { INFINITE, MAGNITUDE } from "./data.js";
import type { Batches } from "./feed.js";
import { Programs } from "./programs.js";

/** Roughly how many bytes of rows wait for their steps: little enough to stay in a cache until then. */
const QUEUE_BYTES = 2 ** 20;

/** What a step gives: its result, and of each watched array the rows' largest numbers, as bits without their signs. */
type Watched<R extends Tree> = { readonly result: R; readonly largest: readonly Tensor[] };

/** Rows that go through the backend's memory in their order: steps read them where they lie. */
export class RowQueue implements Batches {
  /** Rows that there is room for. */
  readonly rows: number;
  readonly #arrays: readonly Variable[];
  readonly #programs = new Programs();
  #pack: Layout["pack"];
  #bring: (first: number, count: number, place: number) => void = () => {};
  /** Which arrays are watched for numbers that are not finite. */
  #watched: readonly number[] = [];
  #sawFinite = true;

  /**
   * @param layout arrays with rows such as will come
   * @param batchSize rows of the largest batch
   * @param most rows that will come
   */
  constructor({ arrays, pack }: Layout, batchSize: number, most = Number.POSITIVE_INFINITY) {
    prepareSeries();
    this.rows = RowQueue.roomFor({ arrays }, batchSize, most);
    this.#arrays = arrays.map(({ shape, dtype }) => {
      const type: TensorType = { shape: [this.rows, ...shape.slice(1)], dtype };
      return new Variable(new Tensor(newArray(dtype, sizeOf(type.shape)), type), { trainable: false });
    });
    this.#pack = pack;
  }

  /** For how many rows like those of the layout's arrays there should be room, if `most` are to come. */
  static roomFor(layout: Pick<Layout, "arrays">, batchSize: number, most: number): number {
    return stepsOfBytes(layout, batchSize, most, QUEUE_BYTES) * batchSize;
  }

  /**
   * Says where the next rows come from.
   * @param bring writes `count` of them, from the `first` of the next call on, to a place
   */
  expect(bring: (first: number, count: number, place: number) => void): void {
    this.#bring = bring;
  }

  /** Overwrites rows of one array from `row` on. */
  write(array: number, row: number, data: TypedArray): void {
    const { shape, dtype } = this.#arrays[array];
    this.#arrays[array].storage().write(data, row * sizeOf(shape.slice(1)) * byteSize(dtype));
  }

  program<R extends Tree>(step: Step<R>, size: number): Program<Watched<R>> {
    const types = this.#arrays.map(({ shape, dtype }) => ({ shape: [size, ...shape.slice(1)], dtype }));
    const trace = () =>
      new Program<Watched<R>>(
        types,
        (...batch) => {
          const largest = this.#watched.map((array) => largestOfRows(batch[array]));
          return { result: step(this.#pack(batch)), largest };
        },
        { inSeries: true },
      );
    return this.#programs.of(step, size, trace);
  }

  run<R extends Tree>(step: Step<R>, size: number, count: number): R {
    const { tensors, rebuild } = flatten(this.collect(step, size, count));
    return rebuild(tensors.map((t) => lastOf(t))) as R;
  }

  collect<R extends Tree>(step: Step<R>, size: number, count: number): R {
    const { result, largest } = this.program(step, size).collect(count, {
      storages: this.#arrays.map((array) => array.storage()),
      room: Math.floor(this.rows / size),
      fill: (first, steps, place) => this.#bring(first * size, steps * size, place * size),
    });
    this.#sawFinite = largest.every(({ data }) => data.every((bits) => bits < INFINITE));
    return result;
  }

  /** From now on, rows of these arrays are watched for numbers that are not finite. */
  watch(arrays: readonly number[]): void {
    this.#watched = arrays;
  }

  /** Whether all rows of watched arrays were finite in the last call. */
  get sawFinite(): boolean {
    return this.#sawFinite;
  }

  /** Begins another use of the queue, for rows of the same kind. */
  reuse(pack: Layout["pack"]): void {
    this.#pack = pack;
    this.#programs.reuse();
  }

  /** Gives the memory back. */
  release(): void {
    this.#programs.release();
    for (const array of this.#arrays) array.release();
  }
}

/** Found by the thread that has the rows in its cache. */
function largestOfRows(batch: Tensor): Tensor {
  return apply([batch], (x) => {
    const bits = lax.and(lax.bitcastConvert(x as Value, "int32"), MAGNITUDE);
    return lax.reduceMax(bits, bits.shape.map((_, axis) => axis).slice(1));
  });
}

function lastOf(t: Tensor): Tensor {
  const shape = t.shape.slice(1);
  return new Tensor(t.data.slice(t.size - sizeOf(shape)), { shape, dtype: t.dtype });
}
