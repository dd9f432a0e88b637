import { Program } from "../../ops/compile.js";
import { add } from "../../ops/elementwise.js";
import { leaves, packAs, type Structure } from "../../ops/structure.js";
import { apply, Tensor, tensor } from "../../ops/tensor.js";
import type { Tree } from "../../ops/tree.js";
import { Variable } from "../../ops/variable.js";
import * as lax from "../../primitives/index.js";
import { byteSize, newArray, type TypedArray } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import type { TensorType, Value } from "../../trace/graph.js";
import { INFINITE, MAGNITUDE } from "./data.js";

/** A batch: in a compiled step symbolic, one row a sample. */
export interface Batch {
  readonly x: Structure<Tensor>;
  readonly y: Structure<Tensor> | undefined;
  readonly sampleWeight: Structure<Tensor> | undefined;
}

/** What is done with a batch, once it is traced. */
export type Step<R extends Tree = Tree> = (batch: Batch) => R;

/** The arrays of a batch or data set one after another, and how they belong together. */
export interface Layout {
  readonly arrays: readonly Tensor[];
  readonly pack: (arrays: readonly Tensor[]) => Batch;
}

export function layoutOf(batch: Batch): Layout {
  const arrays: Tensor[] = [];
  const collect = (part: Structure<Tensor> | undefined) => {
    const from = arrays.length;
    if (part !== undefined) arrays.push(...leaves(part));
    return { part, from, to: arrays.length };
  };
  const [x, y, sampleWeight] = [batch.x, batch.y, batch.sampleWeight].map(collect);
  return {
    arrays,
    pack: (given) => {
      const filled = ({ part, from, to }: typeof x) =>
        part === undefined ? undefined : packAs<Tensor, Tensor>(part, given.slice(from, to));
      return { x: filled(x) as Structure<Tensor>, y: filled(y), sampleWeight: filled(sampleWeight) };
    },
  };
}

/**
 * Rows in the backend's memory, and programs that go over them batch by batch. The order of the rows and the position in it are
 * variables, so that many steps run in one call and a program gathers its batches itself.
 */
export class RowStore {
  readonly #order: Variable;
  readonly #position = new Variable(tensor([0], [], "int32"), { trainable: false });
  readonly #programs = new Map<Step, Map<number, { program: Program; use: number }>>();
  #use = 0;
  /** Which arrays are watched for numbers that are not finite. */
  #watched: readonly number[] = [];
  /** For each batch size, the largest bits without sign that its rows of watched arrays had so far. */
  readonly #largest = new Map<number, Variable>();

  /**
   * @param arrays with the rows, in the order of the layout
   * @param rows how many of them make a pass
   * @param ownsArrays whether they go when the store goes
   */
  constructor(
    readonly arrays: readonly Variable[],
    readonly rows: number,
    public pack: Layout["pack"],
    readonly ownsArrays: boolean,
  ) {
    const none = new Tensor(new Int32Array(rows), { shape: [rows], dtype: "int32" });
    this.#order = new Variable(none, { trainable: false });
  }

  /** Whole arrays. */
  static of({ arrays, pack }: Layout, rows: number): RowStore {
    return new RowStore(
      arrays.map((t) => new Variable(t, { trainable: false })),
      rows,
      pack,
      true,
    );
  }

  /** Room for `rows` rows like those of the layout's arrays, in their order. */
  static room({ arrays, pack }: Layout, rows: number): RowStore {
    const variables = arrays.map(({ shape, dtype }) => {
      const type: TensorType = { shape: [rows, ...shape.slice(1)], dtype };
      return new Variable(new Tensor(newArray(dtype, sizeOf(type.shape)), type), { trainable: false });
    });
    const store = new RowStore(variables, rows, pack, true);
    store.arrange(
      Int32Array.from({ length: rows }, (_, i) => i),
      0,
    );
    return store;
  }

  /** The rows to come, and the place among them. */
  arrange(order: Int32Array, position: number): void {
    this.#order.assign(new Tensor(order, { shape: [this.rows], dtype: "int32" }));
    this.moveTo(position);
  }

  moveTo(position: number): void {
    this.#position.assign(tensor([position], [], "int32"));
  }

  /** Overwrites rows of one array from `row` on. */
  write(array: number, row: number, data: TypedArray): void {
    const { shape, dtype } = this.arrays[array];
    this.arrays[array].storage().write(data, row * sizeOf(shape.slice(1)) * byteSize(dtype));
  }

  /** The program that runs a step on the next `size` rows. */
  program<R extends Tree>(size: number, step: Step<R>): Program<R> {
    let programs = this.#programs.get(step);
    if (!programs) {
      programs = new Map();
      this.#programs.set(step, programs);
    }
    const known = programs.get(size);
    if (known?.use === this.#use) return known.program as Program<R>;
    const traced = new Program<R>([], () => {
      const position = this.#position.value;
      const places = apply([position], (p) => lax.add(lax.iota([size], "int32"), p as Value));
      const rows = rowsAt(this.#order, places);
      const batch = this.arrays.map((array) => rowsAt(array, rows));
      if (this.#watched.length > 0) this.#watch(batch, size);
      const result = step(this.pack(batch));
      this.#position.assign(add(position, size));
      return result;
    });
    const same = known?.program.sameAs(traced as Program);
    if (!same) known?.program.release();
    const program = same ? (known?.program as Program<R>) : traced;
    programs.set(size, { program: program as Program, use: this.#use });
    return program;
  }

  #watch(batch: readonly Tensor[], size: number): void {
    let largest = this.#largest.get(size);
    if (!largest) {
      const none = new Tensor(new Int32Array(size), { shape: [size], dtype: "int32" });
      largest = new Variable(none, { trainable: false });
      this.#largest.set(size, largest);
    }
    for (const array of this.#watched) {
      // each thread looks at its rows while they are in its cache
      const ofRows = apply([batch[array]], (x) => {
        const bits = lax.and(lax.bitcastConvert(x as Value, "int32"), MAGNITUDE);
        return lax.reduceMax(bits, bits.shape.map((_, axis) => axis).slice(1));
      });
      largest.assign(largest.value.maximum(ofRows));
    }
  }

  /** Whether all that batches of a size had of watched arrays was finite. */
  sawFinite(size: number): boolean {
    return this.#largest.get(size)?.value.data.every((bits) => bits < INFINITE) ?? true;
  }

  /** From now on, rows of these arrays are watched for numbers that are not finite. */
  watch(arrays: readonly number[]): void {
    this.#watched = arrays;
    for (const largest of this.#largest.values()) largest.release();
    this.#largest.clear();
  }

  /**
   * Begins another use of the store. Steps are traced anew in it, since layers may have changed, but what turns out to be the same
   * program stays in place. Programs that the last use had no need of go.
   */
  reuse(pack: Layout["pack"]): void {
    this.pack = pack;
    for (const programs of this.#programs.values()) {
      for (const [size, { program, use }] of programs) {
        if (use === this.#use) continue;
        program.release();
        programs.delete(size);
      }
    }
    this.#use++;
  }

  /** Gives the memory back. */
  release(): void {
    for (const programs of this.#programs.values())
      for (const { program } of programs.values()) program.release();
    this.#programs.clear();
    this.#order.release();
    this.#position.release();
    for (const largest of this.#largest.values()) largest.release();
    if (this.ownsArrays) for (const array of this.arrays) array.release();
  }
}

/** Rows of an array. All positions lie inside of it, so that there is nothing to look for as `take` would. */
function rowsAt(array: Variable, positions: Tensor): Tensor {
  return apply([array.value, positions], (x, i) => lax.gather(x as Value, i as Value, { axis: 0 }));
}
