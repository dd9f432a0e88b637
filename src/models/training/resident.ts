import { platform } from "#platform";
import { byteLengthOf } from "../../ops/execute.js";
import { layoutOf } from "./batch.js";
import type { Dataset } from "./data.js";
import { equalSteps, type Feed, type Ready } from "./feed.js";
import { PartlyResidentFeed } from "./partlyResident.js";
import { RowStore } from "./store.js";

/** Of larger data, only so much is kept in the backend's memory. */
const RESIDENT_MEGABYTES = 1536;

/** @throws if `KERATIN_RESIDENT_MB` is no number of megabytes */
function residentBytes(): number {
  const text = platform.environment("KERATIN_RESIDENT_MB");
  const megabytes = text === undefined || text === "" ? RESIDENT_MEGABYTES : Number(text);
  if (!(megabytes >= 0))
    throw new Error(`KERATIN_RESIDENT_MB: expected a number of megabytes. Received: ${JSON.stringify(text)}`);
  return megabytes * 2 ** 20;
}

/** Arrays for many passes. */
export interface ArrayFeed extends Feed {
  /** Other rows of the same arrays. */
  shared(rows: number, batchSize: number): ArrayFeed;
}

/** Data for many passes: in the backend's memory, as far as they fit there. */
export function feedOf(dataset: Dataset, rows: number, batchSize: number): ArrayFeed {
  const layout = layoutOf(dataset);
  const bytes = layout.arrays.reduce((sum, t) => sum + byteLengthOf(t), 0);
  const most = residentBytes();
  if (bytes <= most) return new ResidentFeed(RowStore.of(layout, rows), batchSize);
  return PartlyResidentFeed.of(layout, rows, batchSize, most);
}

/** Arrays that lie whole in the backend's memory. */
class ResidentFeed implements ArrayFeed {
  readonly steps: number;
  #step = 0;

  constructor(
    readonly store: RowStore,
    readonly batchSize: number,
  ) {
    this.steps = Math.ceil(store.rows / batchSize);
  }

  shared(rows: number, batchSize: number): ResidentFeed {
    const { arrays, pack, sparse } = this.store;
    return new ResidentFeed(new RowStore(arrays, rows, pack, false, sparse), batchSize);
  }

  start(order: Int32Array, step: number): void {
    this.store.arrange(order, step * this.batchSize);
    this.#step = step;
  }

  next(most: number): Ready | null {
    if (this.#step >= this.steps) return null;
    const steps = equalSteps(this.store.rows, this.batchSize, this.#step, most);
    this.#step += steps.count;
    return { batches: this.store, ...steps };
  }

  release(): void {
    this.store.release();
  }
}
