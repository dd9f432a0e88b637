import { sizeOf } from "../tensor/shape.js";
import type { Graph, Value } from "../trace/graph.js";
import type { Kernel, NonZerosKernel, ProductKernel } from "./kernel.js";
import { temporary } from "./views.js";

// A sum that starts at +0 is never −0, so adding 0 times a finite number does not change it. Products by what is 0 can be left
// out, and every bit stays the same. What is not 0 is listed once, line by line, for all products of an array.

/** Below these sizes there is little to leave out. */
const LEAST_PRODUCTS = 50_000;
const LEAST_COLUMNS = 5;
const LEAST_LENGTH = 16;

/** Rows of a block of results whose sums lie in the first-level cache, and vectors of columns that go with it. */
export const BLOCK_ROWS = 128;
export const MOST_VECTORS = 8;

/** Lists that were made for one product and serve others with the same operand. */
export type KnownLists = Map<Value, Map<string, Value>>;

/** Words of a line's list: how many elements it has, their positions and an end, their values. */
export function listLayout(length: number): { positions: number; values: number; words: number } {
  // whole vectors are stored, and the end follows
  const most = Math.ceil(length / 4) * 4 + 4;
  return { positions: 4, values: 4 + most, words: 4 + 2 * most };
}

/**
 * Has a product leave out zeros of a, if its shape allows that and makes it worthwhile.
 * @param kernels receives the kernel that makes the lists, unless it is known
 */
export function withLists(
  product: ProductKernel,
  graph: Graph,
  kernels: Kernel[],
  known: KnownLists,
): ProductKernel {
  const { zeros, aColumn, sum, columns, rows, a, initial } = product;
  const row = rows.find((axis) => axis.a !== 0);
  const others = rows.filter((axis) => axis !== row);
  const [step] = sum;
  if (!zeros || aColumn !== 0 || sum.length !== 1 || !row || row.b !== 0 || initial) return product;
  // matrices of b with one a: panels
  if (others.length > 1 || others.some(({ b }) => b === 0)) return product;
  const along = step.a === 1 ? "sum" : row.a === 1 ? "rows" : undefined;
  const products = sizeOf(rows.map(({ extent }) => extent)) * columns * step.extent;
  if (!along || products < LEAST_PRODUCTS || columns < LEAST_COLUMNS) return product;
  const [lines, elements] = along === "sum" ? [row, step] : [step, row];
  if (elements.extent < LEAST_LENGTH) return product;

  const key = `${a.offset} ${lines.a} ${lines.extent} ${elements.extent}`;
  let lists = known.get(a.buffer)?.get(key);
  if (!lists) {
    const shape = [lines.extent, listLayout(elements.extent).words];
    lists = temporary(graph, { shape, dtype: "int32" });
    known.set(a.buffer, new Map(known.get(a.buffer)).set(key, lists));
    const table = graph.constant(lanesByMask(), { shape: [64], dtype: "int32" });
    const kernel: NonZerosKernel = {
      kind: "nonzeros",
      a,
      stride: lines.a,
      lines: lines.extent,
      length: elements.extent,
      lists,
      table,
    };
    kernels.push(kernel);
  }
  if (along === "sum") return { ...product, nonZeros: { along, lists } };
  const words = BLOCK_ROWS * MOST_VECTORS * 4 + step.extent;
  return {
    ...product,
    nonZeros: { along, lists, scratch: temporary(graph, { shape: [words], dtype: "int32" }) },
  };
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
