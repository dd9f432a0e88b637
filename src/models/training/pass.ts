import { isDebugging } from "../../backends/debug.js";
import type { Tree } from "../../ops/tree.js";
import { formatType } from "../../trace/graph.js";
import { ArraysInOrder } from "./arraysInOrder.js";
import { layoutOf, type Step } from "./batch.js";
import type { Dataset } from "./data.js";
import type { Feed } from "./feed.js";
import { Loop } from "./loop.js";

/**
 * A step that goes once over arrays in their order, as `predict` and `evaluate` do. The programs and the room for rows
 * are kept: for the next arrays nothing is compiled, and threads know the program.
 */
export class Pass<R extends Tree> {
  #kept: { readonly key: string; readonly feed: ArraysInOrder; readonly loop: Loop<R> } | undefined;

  constructor(readonly step: Step<R>) {}

  /** Over batches that come one by one. */
  async overStream<T>(feed: Feed, use: (loop: Loop<R>) => Promise<T>): Promise<T> {
    try {
      return await use(new Loop(feed, this.step));
    } finally {
      feed.release();
    }
  }

  /** @param use is given a loop that has not started */
  async over<T>(data: Dataset, batchSize: number, use: (loop: Loop<R>) => Promise<T>): Promise<T> {
    const layout = layoutOf(data);
    const types = layout.arrays.map(({ shape, dtype }) => formatType({ shape: shape.slice(1), dtype }));
    const key = `${batchSize} ${types.join(" ")}`;
    // while one call waits, another may come: it finds nothing kept then
    let mine = this.#kept;
    this.#kept = undefined;
    if (mine && (mine.key !== key || !mine.feed.suits(layout, data.rows))) {
      mine.feed.release();
      mine = undefined;
    }
    if (mine) mine.feed.refill(layout, data.rows);
    else {
      const feed = new ArraysInOrder(layout, data.rows, batchSize);
      mine = { key, feed, loop: new Loop(feed, this.step) };
    }
    mine.feed.watch(data.unchecked);
    let done = false;
    try {
      const result = await use(mine.loop);
      done = true;
      return result;
    } finally {
      // a measured program says what it took when it goes
      if (!done || this.#kept || isDebugging("time")) mine.feed.release();
      else {
        mine.feed.empty();
        this.#kept = mine;
      }
    }
  }
}
