import { platform } from "#platform";
import { inputStructure } from "../../layers/callArguments.js";
import { byteLengthOf } from "../../ops/execute.js";
import { RecentlyUsed } from "../../runtime/recentlyUsed.js";
import { formatType } from "../../trace/graph.js";
import { type Layout, layoutOf } from "./batch.js";
import type { BatchLike, BatchSource } from "./batchSource.js";
import { type ArrayData, type ClassWeight, type Dataset, datasetFrom } from "./data.js";
import type { Feed, Ready } from "./feed.js";
import { RowQueue } from "./queue.js";

/** Batches of one shape are collected until a block is about this large, or this long was waited. */
const BLOCK_BYTES = 64 * 2 ** 20;
const BLOCK_SECONDS = 0.02;
/** Shapes of batches that memory and programs are kept for. */
const SHAPES = 32;

type Batches = Iterator<BatchLike> | AsyncIterator<BatchLike>;

/** Batches of a generator, many of them in a call. */
export class StreamFeed implements Feed {
  steps: number | null = null;
  /** For the shapes that came last: a generator may give ever new ones. */
  readonly #queues = new RecentlyUsed<RowQueue>(SHAPES, (queue) => queue.release());
  #batches: Batches | undefined;
  /** What was read already, in order. */
  #waiting: Layout[] = [];
  /** Whether steps of this pass were run. */
  #delivered = false;
  #exhausted = false;
  /** Looks at each further batch. @throws if something is wrong with it */
  check: (batch: Dataset) => void = () => {};

  constructor(
    readonly where: string,
    readonly source: BatchSource,
    readonly classWeight: ClassWeight | null | undefined,
  ) {}

  /** The first batch of the pass, which stays to be run. @throws if there is none */
  async peek(): Promise<Dataset> {
    this.#batches ??= this.#begin();
    const layout = this.#waiting[0] ?? (await this.#pull());
    if (!layout) throw new Error(`${this.where}: the data are empty: the generator gave no batch.`);
    if (this.#waiting.length === 0) this.#waiting.push(layout);
    return { ...layout.pack(layout.arrays), rows: layout.arrays[0].shape[0], unchecked: [] };
  }

  async start(_order: Int32Array | null, step: number): Promise<void> {
    if (!this.#batches || this.#exhausted || this.#delivered) {
      const again = this.#begin();
      if (again !== this.#batches) this.#waiting = [];
      else if (this.#exhausted) {
        throw new Error(
          `${this.where}: the generator ran out of data. It runs only once: pass a function that makes it anew for each pass (() => batches()), ` +
            "or an endless generator with `stepsPerEpoch`.",
        );
      }
      this.#batches = again;
      this.#exhausted = false;
      this.#delivered = false;
    }
    for (let skipped = 0; skipped < step; skipped++) {
      if (this.#waiting.length > 0) this.#waiting.shift();
      else if (!(await this.#pull())) break;
    }
  }

  #begin(): Batches {
    const { source } = this;
    const made = typeof source === "function" ? source() : source;
    if (Symbol.asyncIterator in made) return made[Symbol.asyncIterator]();
    if (Symbol.iterator in made) return (made as Iterable<BatchLike>)[Symbol.iterator]();
    return made;
  }

  async #pull(): Promise<Layout | undefined> {
    const { value, done } = await (this.#batches as Batches).next();
    if (done) {
      this.#exhausted = true;
      return undefined;
    }
    const [x, y, sampleWeight] = batchParts(this.where, value as BatchLike);
    const batch = datasetFrom(this.where, x, y, sampleWeight, y === undefined ? null : this.classWeight);
    this.check(batch);
    return layoutOf(batch);
  }

  async next(most: number): Promise<Ready | null> {
    const block: Layout[] = [];
    let bytes = 0;
    let key = "";
    const until = platform.now() + BLOCK_SECONDS;
    while (block.length < most) {
      const layout = this.#waiting.shift() ?? (await this.#pull());
      if (!layout) break;
      const own = layout.arrays.map(formatType).join(" ");
      if (block.length > 0 && own !== key) {
        this.#waiting.unshift(layout);
        break;
      }
      key = own;
      block.push(layout);
      bytes += layout.arrays.reduce((sum, t) => sum + byteLengthOf(t), 0);
      if (bytes >= BLOCK_BYTES || platform.now() > until) break;
    }
    if (block.length === 0) return null;
    this.#delivered = true;
    const size = block[0].arrays[0].shape[0];
    const queue = this.#queues.get(key) ?? new RowQueue(block[0], size);
    this.#queues.set(key, queue);
    queue.expect((first, count, place) => {
      for (let row = 0; row < count; row += size)
        for (const [array, { data }] of block[(first + row) / size].arrays.entries())
          queue.write(array, place + row, data);
    });
    return { batches: queue, size, count: block.length };
  }

  release(): void {
    for (const queue of this.#queues.values()) queue.release();
    this.#queues.clear();
  }
}

/** @throws if it is no array of one to three parts */
function batchParts(where: string, batch: BatchLike): readonly [ArrayData, ArrayData?, ArrayData?] {
  if (Array.isArray(batch) && batch.length >= 1 && batch.length <= 3 && batch[0] !== undefined) {
    // says at once which part is no array
    inputStructure(batch[0]);
    return batch as unknown as readonly [ArrayData, ArrayData?, ArrayData?];
  }
  throw new Error(
    `${where}: Expected each batch of the generator to be [x, y] or [x, y, sampleWeight]. Received: ${JSON.stringify(batch)}`,
  );
}
