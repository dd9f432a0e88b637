import { sizeOf } from "../tensor/shape.js";
import type { Graph, Value } from "../trace/graph.js";
import { ofStrides, overOtherAxes } from "./collapse.js";
import type { Access, Kernel, ProductAxis, ProductKernel } from "./kernel.js";
import { temporary } from "./views.js";

// Large matrix products work on pieces that fit into the caches. All of that is said with the means that kernels have: copies
// that bring an operand into the order in which it is read, more row axes, and products that go on with earlier sums. The
// order of each sum stays as it is.

/** Columns of one panel: what a register tile covers. A panel of b lies together and is read from one end to the other. */
const PANEL = 8;
/** Rows of a that lie in one cache line. */
const LINE = 16;
/** Below these sizes a copy costs more than it saves. */
const MANY_ROWS = 64;
const SLICED_ROWS = 32;
/** More slices than this of a sum over several axes are more code than they are worth. */
const MOST_SLICES = 8;
const MANY_COLUMNS = 128;
const LONG_SUM = 64;
/** Steps of a sum after which the operands' pieces no longer fit into the second-level cache. */
const LONGEST_SUM = 1024;
/** Bytes between rows of a from which on its columns fall into too few sets of the first-level cache. */
const PAGE = 4096;

/** An operand in another order, with the strides of the axes along which it was copied. */
interface Copy {
  readonly buffer: Value;
  readonly strides: readonly number[];
}

/** Panels that were made for one product and serve others with the same operand. */
export type KnownPanels = Map<Value, Map<string, Copy>>;

/**
 * The kernels that compute a product: itself if it is small, else copies and parts of it, in order.
 * @param times how often it is computed with the same b
 * @param known receives the panels that are made, and gives those of products before
 */
export function blocked(kernel: ProductKernel, graph: Graph, times: number, known: KnownPanels): Kernel[] {
  const kernels: Kernel[] = [];
  const packed = withPackedRows(withPanels(kernel, graph, kernels, times, known), graph, kernels);
  return [...kernels, ...inSlices(packed, graph)];
}

/** Rows of a product, matrices of their own included. */
export function rowsOf({ rows }: ProductKernel): number {
  return rows.reduce((product, row) => product * row.extent, 1);
}

/** A copy of an operand, whose axes are given with their strides, in the order of these axes. */
function copied(
  source: { buffer: Access["buffer"]; offset: number },
  axes: readonly { extent: number; stride: number }[],
  graph: Graph,
  kernels: Kernel[],
): Copy {
  const extents = axes.map((axis) => axis.extent);
  const buffer = temporary(graph, { shape: extents, dtype: "float32" });
  const own: number[] = [];
  for (let axis = axes.length - 1, stride = 1; axis >= 0; stride *= extents[axis--]) own[axis] = stride;
  const access = { ...source, dtype: "float32" as const, strides: axes.map((axis) => axis.stride) };
  kernels.push({
    kind: "map",
    extents,
    stores: [
      {
        access: { buffer, dtype: "float32", offset: 0, strides: own },
        expression: { kind: "load", dtype: "float32", access },
      },
    ],
  });
  return { buffer, strides: own };
}

/** Brings a large b into panels of eight columns, one after the other. */
function withPanels(
  kernel: ProductKernel,
  graph: Graph,
  kernels: Kernel[],
  times: number,
  known: KnownPanels,
): ProductKernel {
  const { rows, sum, columns, aColumn, b } = kernel;
  const step = sum.at(-1);
  const even = sum.every((axis, i) => i === 0 || sum[i - 1].b === axis.b * axis.extent);
  if (!step || !even || aColumn !== 0 || columns % PANEL !== 0 || rows.some((row) => row.b !== 0))
    return kernel;
  const steps = sizeOf(sum.map((axis) => axis.extent));
  const worthwhile =
    rowsOf(kernel) * times >= MANY_ROWS &&
    columns >= (times > 1 ? 2 * PANEL : MANY_COLUMNS) &&
    steps >= LONG_SUM;
  const key = `${b.offset} ${columns} ${steps} ${step.b}`;
  const made = known.get(b.buffer)?.get(key);
  if (!made && (!worthwhile || sum.length > 1)) return kernel;
  const panels = columns / PANEL;
  const axes = [
    { extent: panels, stride: PANEL },
    { extent: steps, stride: step.b },
    { extent: PANEL, stride: 1 },
  ];
  const copy = made ?? copied(b, axes, graph, kernels);
  known.set(b.buffer, new Map(known.get(b.buffer)).set(key, copy));
  const panel: ProductAxis = { extent: panels, a: 0, b: copy.strides[0] };
  return {
    ...kernel,
    b: { buffer: copy.buffer, offset: 0 },
    rows: [panel, ...rows],
    columns: PANEL,
    sum: sum.map((axis) => ({ ...axis, b: (axis.b / step.b) * PANEL })),
    stores: overOtherAxes(
      kernel.stores,
      ofStrides((s) => [s[s.length - 1] * PANEL, ...s]),
    ),
  };
}

/** Copies a into lines of sixteen rows where these lie side by side, but far from those of the next step of the sum. */
function withPackedRows(kernel: ProductKernel, graph: Graph, kernels: Kernel[]): ProductKernel {
  const { rows, sum, aColumn, columns } = kernel;
  const at = rows.findIndex((row) => row.a === 1);
  const [step] = sum;
  if (at < 0 || aColumn !== 0 || sum.length !== 1 || columns < PANEL) return kernel;
  if (rows.some((row, axis) => axis !== at && row.a !== 0)) return kernel;
  const row = rows[at];
  const scattered = (step.a * 4) % PAGE === 0 && step.extent >= LONG_SUM / 2;
  if (!scattered || row.extent % LINE !== 0 || row.extent < MANY_ROWS) return kernel;
  const lines = row.extent / LINE;
  const axes = [
    { extent: lines, stride: LINE },
    { extent: step.extent, stride: step.a },
    { extent: LINE, stride: 1 },
  ];
  const { buffer, strides } = copied(kernel.a, axes, graph, kernels);
  // lines outside of everything: a line of a is used with all of b before the next
  const others = rows.filter((_, axis) => axis !== at);
  return {
    ...kernel,
    a: { buffer, offset: 0 },
    rows: [{ extent: lines, a: strides[0], b: row.b * LINE }, ...others, { extent: LINE, a: 1, b: row.b }],
    sum: [{ ...step, a: strides[1] }],
    stores: overOtherAxes(
      kernel.stores,
      ofStrides((s) => [
        s[at] * LINE,
        ...s.slice(0, at),
        ...s.slice(at + 1, rows.length),
        s[at],
        s[rows.length],
      ]),
    ),
  };
}

/** Cuts a very long sum into slices, each of which goes on with the sums of the one before. */
function inSlices(kernel: ProductKernel, graph: Graph): ProductKernel[] {
  const { rows, sum, columns } = kernel;
  const steps = sizeOf(sum.map((axis) => axis.extent));
  if (steps <= LONGEST_SUM || rowsOf(kernel) < SLICED_ROWS) return [kernel];
  const [step, ...inner] = sum;
  const count = Math.min(Math.ceil(steps / (LONGEST_SUM / 2)), step.extent);
  if (inner.length > 0 && count > MOST_SLICES) return [kernel];
  const length = Math.ceil(step.extent / count);
  const size = sizeOf([...rows.map((row) => row.extent), columns]);
  // the sums lie like the results, so that threads keep to their own rows
  const { strides } = kernel.stores[0].access;
  const slices: ProductKernel[] = [];
  let initial: Access | undefined;
  for (let start = 0; start < step.extent; start += length) {
    const last = start + length >= step.extent;
    const buffer = temporary(graph, { shape: [size], dtype: "float32" });
    const access: Access = { buffer, dtype: "float32", offset: 0, strides };
    slices.push({
      ...kernel,
      a: { ...kernel.a, offset: kernel.a.offset + start * step.a },
      b: { ...kernel.b, offset: kernel.b.offset + start * step.b },
      sum: [{ ...step, extent: Math.min(length, step.extent - start) }, ...inner],
      initial,
      stores: last ? kernel.stores : [{ access, expression: { kind: "result", dtype: "float32" } }],
    });
    initial = access;
  }
  return slices;
}
