import { byteSize } from "../tensor/dtype.js";
import { sizeOf } from "../tensor/shape.js";
import type { Graph, Value } from "../trace/graph.js";
import {
  type KeptLists,
  type Kernel,
  type NonZeros,
  type PickedLines,
  type ProductAxis,
  type ProductKernel,
  readsOf,
  writesOf,
} from "./kernel.js";
import type { Lowered } from "./lower.js";
import { temporary } from "./views.js";

// A sum that starts at +0 is never −0, so adding 0 times a finite number does not change it. Products by what is 0 can be left
// out, and every bit stays the same. What is not 0 is listed once, line by line, for all products of an array.

/** Below these sizes there is little to leave out. */
const LEAST_PRODUCTS = 50_000;
const LEAST_COLUMNS = 5;
const LEAST_LENGTH = 16;
/** Lists cost about as much as products with a few columns. */
const LEAST_COLUMNS_OF_ALL = 20;

/** Sums of a block of rows that lie in the first-level cache, beside the lists. */
export const BLOCK_BYTES = 16 * 2 ** 10;
/** Vectors of columns that are computed together. */
export const MOST_VECTORS = 8;

/** Behind the last position of a list. */
export const END_OF_LIST = 0x7fffffff;

/** Words in front of a list's elements: how many these are, and one for nothing. Each element is its position and its value. */
export const LIST_HEAD = 2;
export const ELEMENT_WORDS = 2;

/**
 * Words of the lists of some lines: where each line's list is, as addresses (0 if it has none), then room for one list of each. A list ends with an
 * element of position `END_OF_LIST`.
 */
export function listsLayout(lines: number, length: number): { first: number; each: number; words: number } {
  // whole vectors are stored, and the end follows
  const each = LIST_HEAD + ELEMENT_WORDS * (Math.ceil(length / 4) * 4 + 5);
  const first = Math.ceil(lines / 4) * 4;
  return { first, each, words: first + lines * each };
}

/** Words in front of the places of kept lists. */
export const INDEX_HEAD = 16;
/** Kept lists take no more than this, and no more than half as much as what they list. */
const MOST_KEPT_BYTES = 72 * 2 ** 20;

/** A product that could leave out zeros: which lines of its operand a are listed. */
interface Listable {
  readonly product: ProductKernel;
  readonly along: NonZeros["along"];
  readonly lines: ProductAxis;
  readonly length: number;
}

function listable(product: ProductKernel): Listable | undefined {
  const { zeros, aColumn, sum, columns, rows, initial } = product;
  const row = rows.find((axis) => axis.a !== 0);
  const others = rows.filter((axis) => axis !== row);
  const [step] = sum;
  if (!zeros || aColumn !== 0 || sum.length !== 1 || !row || row.b !== 0 || initial) return undefined;
  // matrices of b with one a: panels
  if (others.length > 1 || others.some(({ b }) => b === 0)) return undefined;
  const products = sizeOf(rows.map(({ extent }) => extent)) * columns * step.extent;
  if (products < LEAST_PRODUCTS || columns < LEAST_COLUMNS) return undefined;
  const along = step.a === 1 ? "sum" : row.a === 1 ? "rows" : undefined;
  if (!along) return undefined;
  const [lines, elements] = along === "sum" ? [row, step] : [step, row];
  return elements.extent < LEAST_LENGTH ? undefined : { product, along, lines, length: elements.extent };
}

/**
 * Has products leave out zeros of a where their shapes allow that and make it worthwhile.
 * @param lowered all kernels that there are
 * @returns what stands in the place of each such product; the first one of an array also makes its lists. Of a gather whose
 *   lists are kept: nothing
 */
export function withoutZeros(
  products: readonly ProductKernel[],
  lowered: Lowered,
  graph: Graph,
): Map<Kernel, Kernel[]> {
  const byLists = new Map<Value, Map<string, Listable[]>>();
  for (const one of products.map(listable)) {
    if (!one) continue;
    const { buffer, offset } = one.product.a;
    const key = `${offset} ${one.lines.a} ${one.lines.extent} ${one.length}`;
    const ofBuffer = byLists.get(buffer) ?? new Map<string, Listable[]>();
    byLists.set(buffer, ofBuffer.set(key, [...(ofBuffer.get(key) ?? []), one]));
  }
  const result = new Map<Kernel, Kernel[]>();
  for (const same of [...byLists.values()].flatMap((ofBuffer) => [...ofBuffer.values()])) {
    const columns = same.reduce((sum, { product }) => sum + product.columns * panelsOf(product), 0);
    if (columns < LEAST_COLUMNS_OF_ALL) continue;
    const [{ product, lines, length }] = same;
    const lists = words(graph, listsLayout(lines.extent, length).words);
    const table = graph.constant(lanesByMask(), { shape: [64], dtype: "int32" });
    const list = { kind: "nonzeros", lines: lines.extent, length, lists, table } as const;
    const gather = gatherFor(same, lowered, graph);
    const made: Kernel = gather
      ? {
          ...list,
          a: { buffer: gather.lines.from, offset: 0 },
          stride: length,
          kept: keptLists(gather.lines, length, graph),
        }
      : { ...list, a: product.a, stride: lines.a };
    if (gather) result.set(gather.kernel, []);
    for (const { product, along } of same) {
      const nonZeros = { along, lists, ...scratchFor(product, along, graph) };
      const lacking = gather && {
        a: { buffer: temporary(graph, { shape: [lines.extent, length], dtype: "float32" }), offset: 0 },
        nonZeros: { ...nonZeros, picked: gather.lines },
      };
      result.set(product, [{ ...product, nonZeros, ...lacking }]);
    }
    result.set(product, [made, ...(result.get(product) ?? [])]);
  }
  return result;
}

/** The gather that picks the lines of some products from a sparse input, if nobody else needs what it gives. */
function gatherFor(
  same: readonly Listable[],
  { kernels, outputs }: Lowered,
  graph: Graph,
): { readonly kernel: Kernel; readonly lines: PickedLines } | undefined {
  const [{ product, lines, length }] = same;
  const { buffer, offset } = product.a;
  const kernel = kernels.find((one) => writesOf(one).includes(buffer));
  if (kernel?.kind !== "plain" || kernel.primitive.name !== "gather" || outputs.includes(buffer))
    return undefined;
  const { axis, batchDims } = kernel.params as { axis: number; batchDims: number };
  const [from, picks] = kernel.inputs;
  if (!graph.sparse.has(graph.inputs.indexOf(from)) || axis !== 0 || batchDims !== 0) return undefined;
  const isWhole = offset === 0 && lines.a === length && lines.extent * length === sizeOf(buffer.shape);
  const needed = same.map(({ product }) => product.a);
  const others = kernels.filter(
    (one) => readsOf(one).includes(buffer) && !(one.kind === "product" && needed.includes(one.a)),
  );
  if (!isWhole || sizeOf(picks.shape) !== lines.extent || others.length > 0) return undefined;
  return { kernel, lines: { from, picks, count: from.shape[0] } };
}

function keptLists({ from, picks, count }: PickedLines, length: number, graph: Graph): KeptLists {
  const bytes = Math.min(MOST_KEPT_BYTES, (count * length * byteSize(from.dtype)) / 2);
  return {
    picks,
    count,
    index: words(graph, INDEX_HEAD + count),
    room: words(graph, Math.ceil(bytes / 4)),
  };
}

function panelsOf({ rows }: ProductKernel): number {
  return rows.find((axis) => axis.a === 0)?.extent ?? 1;
}

function scratchFor(
  { sum }: ProductKernel,
  along: NonZeros["along"],
  graph: Graph,
): Pick<NonZeros, "scratch"> {
  if (along === "sum") return {};
  return { scratch: words(graph, BLOCK_BYTES / 4 + sum[0].extent) };
}

function words(graph: Graph, count: number): Value {
  return temporary(graph, { shape: [count], dtype: "int32" });
}

/** For each set of four lanes the bytes that bring them to the front. */
function lanesByMask(): Int32Array {
  const bytes = new Uint8Array(16 * 16).fill(255);
  for (let mask = 0; mask < 16; mask++) {
    let to = mask * 16;
    for (let byte = 0; byte < 16; byte++) if ((mask >> (byte >> 2)) & 1) bytes[to++] = byte;
  }
  return new Int32Array(bytes.buffer);
}
