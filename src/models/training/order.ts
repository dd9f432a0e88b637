import type { MersenneTwister } from "../../random/mersenneTwister.js";
import { numpyGenerator, permutation } from "../../random/permutation.js";
import { saveStreams } from "../../random/streams.js";

/** Rows `from`, `from + 1`, … */
export function inOrder(count: number, from = 0): Int32Array {
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = from + i;
  return order;
}

/** In which order samples come. */
export class Order {
  constructor(
    readonly rows: number,
    readonly batchSize: number,
    readonly shuffle: boolean | "batch",
  ) {}

  /** The state of the shuffling stream before the next pass; null if nothing is drawn. */
  save(): Uint32Array | null {
    return this.shuffle ? saveStreams().numpy : null;
  }

  /** The order of a pass. @param state draws as the stream did in this state, and leaves it alone */
  pass(state?: Uint32Array | null): Int32Array {
    const generator = state ? numpyGenerator(state) : undefined;
    if (!this.shuffle) return inOrder(this.rows);
    if (this.shuffle === true) return permutation(this.rows, generator);
    const order = inOrder(this.rows);
    for (let from = 0; from < this.rows; from += this.batchSize) {
      const size = Math.min(this.batchSize, this.rows - from);
      order.set(
        this.#batch(size, generator).map((i) => from + i),
        from,
      );
    }
    return order;
  }

  /** Keras peeks at a batch to build its metrics, which costs it a draw. */
  discard(): void {
    if (this.shuffle === "batch") this.#batch(Math.min(this.batchSize, this.rows), undefined);
    else if (this.shuffle) permutation(this.rows);
  }

  #batch(size: number, generator: MersenneTwister | undefined): Int32Array {
    return permutation(size, generator);
  }
}
