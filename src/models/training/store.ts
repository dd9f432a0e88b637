import { Program } from "../../ops/compile.js";
import { add } from "../../ops/elementwise.js";
import { apply, Tensor, tensor } from "../../ops/tensor.js";
import type { Tree } from "../../ops/tree.js";
import { Variable } from "../../ops/variable.js";
import * as lax from "../../primitives/index.js";
import type { Value } from "../../trace/graph.js";
import type { Layout, Step } from "./batch.js";
import type { Batches } from "./feed.js";
import { Programs } from "./programs.js";

/**
 * Rows in the backend's memory, and programs that go over them batch by batch in any order. The order and the position in it are
 * variables, so that many steps run in one call and a program gathers its batches itself.
 */
export class RowStore implements Batches {
  readonly #order: Variable;
  readonly #position = new Variable(tensor([0], [], "int32"), { trainable: false });
  readonly #programs = new Programs();

  /**
   * @param arrays with the rows, in the order of the layout
   * @param rows how many of them make a pass
   * @param ownsArrays whether they go when the store goes
   * @param sparse those that are mostly 0 and stay as they are
   */
  constructor(
    readonly arrays: readonly Variable[],
    readonly rows: number,
    readonly pack: Layout["pack"],
    readonly ownsArrays: boolean,
    readonly sparse: readonly Variable[] = [],
  ) {
    const none = new Tensor(new Int32Array(rows), { shape: [rows], dtype: "int32" });
    this.#order = new Variable(none, { trainable: false });
  }

  /** Whole arrays. */
  static of({ arrays, pack }: Layout, rows: number): RowStore {
    const variables = arrays.map((t) => new Variable(t, { trainable: false }));
    const sparse = variables.filter((_, i) => isMostlyZero(arrays[i]));
    return new RowStore(variables, rows, pack, true, sparse);
  }

  /** The rows to come, and the place among them. */
  arrange(order: Int32Array, position: number): void {
    this.#order.assign(new Tensor(order, { shape: [this.rows], dtype: "int32" }));
    this.#position.assign(tensor([position], [], "int32"));
  }

  program<R extends Tree>(step: Step<R>, size: number): Program<R> {
    const { sparse } = this;
    const batch = () => {
      const position = this.#position.value;
      const places = apply([position], (p) => lax.add(lax.iota([size], "int32"), p as Value));
      const rows = rowsAt(this.#order, places);
      const result = step(this.pack(this.arrays.map((array) => rowsAt(array, rows))));
      this.#position.assign(add(position, size));
      return result;
    };
    const trace = () => new Program<R>([], batch, { sparse });
    return this.#programs.of(step, size, trace);
  }

  run<R extends Tree>(step: Step<R>, size: number, count: number): R {
    return this.program(step, size).run([], count);
  }

  /** Gives the memory back. */
  release(): void {
    // `KERATIN_DEBUG=time` measures programs when they go: on the rows they began with, since behind the last one there is nothing
    this.#position.assign(tensor([0], [], "int32"));
    this.#programs.release();
    this.#order.release();
    this.#position.release();
    if (this.ownsArrays) for (const array of this.arrays) array.release();
  }
}

/** How many elements of an array are looked at. */
const SAMPLES = 4096;
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** Whether most of an array's elements are 0, judged by some from everywhere in it. */
function isMostlyZero({ data, dtype, size }: Tensor): boolean {
  if (dtype !== "float32" || size === 0) return false;
  let zeros = 0;
  // even steps could meet the same column of each row
  for (let i = 0; i < SAMPLES; i++) if (data[Math.floor(((i * GOLDEN_RATIO) % 1) * size)] === 0) zeros++;
  return zeros > SAMPLES / 2;
}

/** Rows of an array. All positions lie inside of it, so that there is nothing to look for as `take` would. */
function rowsAt(array: Variable, positions: Tensor): Tensor {
  return apply([array.value, positions], (x, i) => lax.gather(x as Value, i as Value, { axis: 0 }));
}
