import type { DType } from "../tensor/dtype.js";
import { sizeOf } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import type { Schedule } from "./schedule.js";
import type { Split } from "./split.js";

/**
 * Where a loop nest reads or writes: element `offset + Σ index·stride` of a buffer, with one stride for each
 * axis of the nest.
 */
export interface Access {
  /** The value whose memory it is. */
  readonly buffer: Value;
  readonly dtype: DType;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** What a loop nest computes for one index. */
export type Expression =
  | { readonly kind: "load"; readonly dtype: DType; readonly access: Access }
  | { readonly kind: "constant"; readonly dtype: DType; readonly value: number }
  /** `offset + Σ index·stride` itself, as a number. */
  | {
      readonly kind: "index";
      readonly dtype: DType;
      readonly offset: number;
      readonly strides: readonly number[];
    }
  | {
      readonly kind: "apply";
      readonly dtype: DType;
      readonly primitive: Primitive;
      readonly params: object;
      readonly operands: readonly Expression[];
    }
  /** What the kernel's sum or product gives. */
  | { readonly kind: "result"; readonly dtype: DType };

export interface Store {
  readonly access: Access;
  readonly expression: Expression;
}

/** A loop nest over `extents` (outermost first) that computes and stores one or more results at each index. */
export interface MapKernel {
  readonly kind: "map";
  readonly extents: readonly number[];
  readonly stores: readonly Store[];
}

export type Fold = "reduce_sum" | "reduce_prod" | "reduce_max" | "reduce_min" | "reduce_and" | "reduce_or";

/**
 * Folds `count` elements for each index over `outer` × `inner`. `input` is over axes (…outer, folded, …inner), the
 * stores over (…outer, …inner).
 */
export interface ReduceKernel {
  readonly kind: "reduce";
  readonly fold: Fold;
  readonly outer: readonly number[];
  readonly count: number;
  readonly inner: readonly number[];
  readonly input: Expression;
  readonly stores: readonly Store[];
}

/** One axis of a product: strides in elements of the operands. */
export interface ProductAxis {
  readonly extent: number;
  readonly a: number;
  readonly b: number;
}

/**
 * Sums of products, one accumulator each: matrix products, convolutions and their derivatives.
 * result[rows, column] = Σ over `sum` of a · b, where b (and a, if `aColumn` is 1) is contiguous along the columns.
 * The stores are over (…rows, column).
 */
export interface ProductKernel {
  readonly kind: "product";
  /** What it came from, for people. */
  readonly name: string;
  readonly a: { readonly buffer: Value; readonly offset: number };
  readonly b: { readonly buffer: Value; readonly offset: number };
  /** Outermost first; where `b` is not 0, the rows have matrices of their own (batches, groups). */
  readonly rows: readonly ProductAxis[];
  readonly columns: number;
  readonly aColumn: 0 | 1;
  /** Whether many elements of a may be 0. */
  readonly zeros: boolean;
  /** What of a is not 0: products by the rest may be left out. */
  readonly nonZeros?: NonZeros;
  /** Outermost first: the order of the sum. */
  readonly sum: readonly ProductAxis[];
  /** The sum so far, if this goes on with one; else sums start at +0. Over (…rows, column). */
  readonly initial?: Access;
  readonly stores: readonly Store[];
}

/** Lists of what is not 0 in the lines of a product's operand a. */
export interface NonZeros {
  /** Which axis of the product runs along a line: that of the sum, or the rows (then the lines are the sum's steps). */
  readonly along: "sum" | "rows";
  readonly lists: Value;
  /** Where rows run along the lines: memory of each thread for the sums of some rows. */
  readonly scratch?: Value;
  /** Where nobody else needs the lines: they are only brought to a, memory of each thread, if all products have to be computed. */
  readonly picked?: PickedLines;
}

/** Which of an array's lines are picked. */
export interface Picks {
  readonly picks: Value;
  /** How many there are to pick from. */
  readonly count: number;
}

/** Lines that are picked from those of a larger array. */
export interface PickedLines extends Picks {
  readonly from: Value;
}

/** Lists the elements of evenly spaced lines that are not 0; `listsLayout` says how. */
export interface NonZerosKernel {
  readonly kind: "nonzeros";
  readonly a: { readonly buffer: Value; readonly offset: number };
  /** If the lines are picked from a, which stays as it is: each one's list is made once, and kept. */
  readonly kept?: KeptLists;
  /** Elements from line to line. */
  readonly stride: number;
  readonly lines: number;
  readonly length: number;
  readonly lists: Value;
  /** For each set of four lanes the bytes that bring them to the front. */
  readonly table: Value;
}

/** Lists that outlive a step. */
export interface KeptLists extends Picks {
  /** How much of the room is taken, in bytes, and from `INDEX_HEAD` on for each line of a where its list is: 0 if there is none yet. */
  readonly index: Value;
  readonly room: Value;
}

/**
 * A product of which only the maximum over windows of its results is wanted: a convolution (with what is added to its result)
 * and the max-pooling behind it. The product itself never has memory.
 */
export interface PooledProductKernel {
  readonly kind: "pooled_product";
  readonly name: string;
  readonly a: { readonly buffer: Value; readonly offset: number };
  readonly b: { readonly buffer: Value; readonly offset: number };
  /** The windows, outermost axis first. */
  readonly rows: readonly ProductAxis[];
  /** The cells of a window in row-major order. */
  readonly cells: readonly ProductAxis[];
  readonly columns: number;
  readonly sum: readonly ProductAxis[];
  /** Whether whole regions of a may be 0, so that it is worth looking for them. */
  readonly zeros: boolean;
  /** What the four lanes of a vector are: columns, or neighbouring cells, for which each element of b lies there four times. */
  readonly lanes: "columns" | "cells";
  /** What is compared, from the product's `result`; its loads depend on the column alone. */
  readonly value: Expression;
  /** The maximum and, if anybody wants it, which cell it is in; over (…rows, column). */
  readonly maximum: Access;
  readonly winner: Access | undefined;
}

/**
 * A convolution in Winograd's form, perhaps with the max-pooling behind it: the windows are its tiles of 2×2. Only some tiles' worth
 * of its transformed operands and sums has memory at a time.
 */
export interface WinogradKernel extends Omit<PooledProductKernel, "kind" | "zeros" | "lanes"> {
  readonly kind: "winograd";
  /** Tiles that go through all steps together; a multiple of 4. */
  readonly together: number;
  /** Blocks of so many tiles in a sample; the last one begins earlier if it would be smaller. */
  readonly blocks: number;
  /** Whether threads share out the blocks, axis 1, instead of the samples, axis 0. */
  readonly byBlocks: boolean;
  /** Memory for a block, apart for each block or sample that a thread may begin with (of samples every fourth, `TILE_ROWS`). */
  readonly scratch: Value;
  /** If the results are stored, instead of a tile's maximum: along rows and columns their distance, and how many there are. */
  readonly results?: readonly { readonly step: number; readonly extent: number }[];
}

/** Everything with loops of its own: the primitive says what is computed, the operands lie in row-major buffers. */
export interface PlainKernel {
  readonly kind: "plain";
  readonly primitive: Primitive;
  readonly params: object;
  /** The operands, with their shapes. */
  readonly operands: readonly Value[];
  /** The buffers they lie in, which may have other shapes of the same size; then what the emitter needs besides. */
  readonly inputs: readonly Value[];
  /** The results that somebody uses; of the others nothing is stored. */
  readonly outputs: readonly Value[];
  /** Memory that each thread needs for itself meanwhile. */
  readonly scratch?: readonly Value[];
}

/** Fills a buffer with one number. */
export interface FillKernel {
  readonly kind: "fill";
  readonly buffer: Value;
  readonly value: number;
}

/** Repeats other kernels: `scan` and `while`. */
export interface LoopKernel {
  readonly kind: "loop";
  readonly primitive: "scan" | "while";
  readonly params: object;
  /** What is repeated, by the name of the parameter that it came from. */
  readonly bodies: Readonly<Record<string, Schedule>>;
  /** The operands, then what was computed before the loop, then the constants of the bodies. */
  readonly inputs: readonly Value[];
  /** How many buffers were computed before the loop; they are inputs of the bodies after the bodies' own. */
  readonly hoisted: number;
  readonly outputs: readonly Value[];
  /** Memory for the bodies' own buffers and their carried values. */
  readonly scratch: Value;
  /** Threads can go through all steps with their own rows of what is carried, if they can. */
  readonly split?: Split;
}

export type Kernel =
  | MapKernel
  | ReduceKernel
  | ProductKernel
  | NonZerosKernel
  | PooledProductKernel
  | WinogradKernel
  | PlainKernel
  | FillKernel
  | LoopKernel;

/** The loads of an expression. */
export function loadsOf(expression: Expression, seen = new Set<Expression>()): Access[] {
  if (seen.has(expression)) return [];
  seen.add(expression);
  if (expression.kind === "load") return [expression.access];
  return expression.kind === "apply" ? expression.operands.flatMap((operand) => loadsOf(operand, seen)) : [];
}

/** Kernels do not change, and what they read is asked for again and again. */
const known = new WeakMap<Kernel, readonly Value[]>();

/** The buffers that a kernel reads. */
export function readsOf(kernel: Kernel): readonly Value[] {
  let reads = known.get(kernel);
  if (!reads) {
    reads = readsIn(kernel);
    known.set(kernel, reads);
  }
  return reads;
}

function readsIn(kernel: Kernel): Value[] {
  const stores = "stores" in kernel ? kernel.stores.flatMap((store) => loadsOf(store.expression)) : [];
  const loads = kernel.kind === "reduce" ? [...stores, ...loadsOf(kernel.input)] : stores;
  const buffers = loads.map((access) => access.buffer);
  switch (kernel.kind) {
    case "product": {
      const initial = kernel.initial ? [kernel.initial.buffer] : [];
      const { lists, picked } = kernel.nonZeros ?? {};
      const a = picked ? [picked.from, picked.picks] : [kernel.a.buffer];
      return [...a, kernel.b.buffer, ...initial, ...(lists ? [lists] : []), ...buffers];
    }
    case "pooled_product":
    case "winograd": {
      const loads = loadsOf(kernel.value).map((access) => access.buffer);
      return [kernel.a.buffer, kernel.b.buffer, ...loads];
    }
    case "nonzeros":
      return [kernel.a.buffer, kernel.table, ...(kernel.kept ? [kernel.kept.picks] : [])];
    case "plain":
    case "loop":
      return [...kernel.inputs];
    default:
      return buffers;
  }
}

/** The buffers that a kernel writes. */
export function writesOf(kernel: Kernel): Value[] {
  switch (kernel.kind) {
    case "fill":
      return [kernel.buffer];
    case "pooled_product":
      return resultsOf(kernel);
    case "winograd":
      return [...resultsOf(kernel), kernel.scratch];
    case "nonzeros":
      return [kernel.lists, ...(kernel.kept ? [kernel.kept.index, kernel.kept.room] : [])];
    case "product":
      return [...kernel.stores.map((store) => store.access.buffer), ...scratchOf(kernel)];
    case "plain":
      return [...kernel.outputs, ...scratchOf(kernel)];
    case "loop":
      return [...kernel.outputs, kernel.scratch];
    default:
      return kernel.stores.map((store) => store.access.buffer);
  }
}

/** Memory that each thread needs for itself while it runs a kernel. */
export function scratchOf(kernel: Kernel): readonly Value[] {
  if (kernel.kind === "plain") return kernel.scratch ?? [];
  if (kernel.kind !== "product" || !kernel.nonZeros) return [];
  const { scratch, picked } = kernel.nonZeros;
  return [...(scratch ? [scratch] : []), ...(picked ? [kernel.a.buffer] : [])];
}

/** Memory that a kernel keeps from step to step, all 0 at first, and memory whose first content does not matter. */
export function keptOf(kernel: Kernel): {
  readonly cleared: readonly Value[];
  readonly others: readonly Value[];
} {
  const kept = kernel.kind === "nonzeros" ? kernel.kept : undefined;
  return { cleared: kept ? [kept.index] : [], others: kept ? [kept.room] : [] };
}

function resultsOf({ maximum, winner }: PooledProductKernel | WinogradKernel): Value[] {
  return [maximum.buffer, ...(winner ? [winner.buffer] : [])];
}

/** Whether a kernel's loops run over no element at all. */
export function isEmpty(kernel: Kernel): boolean {
  switch (kernel.kind) {
    case "map":
      return kernel.extents.includes(0);
    case "reduce":
      return [...kernel.outer, ...kernel.inner].includes(0);
    case "product":
    case "pooled_product":
    case "winograd":
      return kernel.columns === 0 || kernel.rows.some((row) => row.extent === 0);
    default:
      return writesOf(kernel).every((buffer) => sizeOf(buffer.shape) === 0);
  }
}

/** The kernels of a schedule, in order. */
export function kernelsOf(schedule: Schedule): Kernel[] {
  return schedule.phases.flat().map(({ kernel }) => kernel);
}
