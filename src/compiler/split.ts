import type { ScanParams } from "../primitives/control.js";
import { sizeOf } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import { ofStrides, overOtherAxes } from "./collapse.js";
import { predictedSeconds } from "./cost.js";
import {
  type Access,
  type Expression,
  type Kernel,
  type LoopKernel,
  loadsOf,
  type MapKernel,
  type NonZerosKernel,
  type PooledProductKernel,
  type ProductKernel,
  type ReduceKernel,
  type Store,
  type WinogradKernel,
  writesOf,
} from "./kernel.js";
import { plainSplits } from "./plainSplits.js";
import { TILE_ROWS, tiledAxis } from "./tiles.js";

/**
 * How a kernel is shared out between threads: each takes a range of one axis of its results. Sums are never split, so
 * the bits do not depend on the number of threads.
 */
export interface Split {
  /** Position in the kernel's loop nest over results: extents of a map, outer and inner of a reduce, rows of a product. */
  readonly axis: number;
  readonly extent: number;
  /** Ranges start at multiples of this. */
  readonly grain: number;
}

/** Whether threads take the same parts of both axes, in proportion to their lengths. */
export function haveSameParts(one: Split, other: Split): boolean {
  if (one.extent === other.extent && one.grain === other.grain) return true;
  const grains = one.extent / one.grain;
  return Number.isInteger(grains) && grains === other.extent / other.grain;
}

/** A kernel, and how it is shared out; without a split one thread runs it. */
export interface Task {
  readonly kernel: Kernel;
  readonly split?: Split;
  /** Every thread runs it for itself, into memory of its own. */
  readonly own?: boolean;
}

/** Elements of one axis to a range, where four lanes run along it. */
const LANES = 64;
/** Kernels below this are not worth sharing out by themselves. */
const WORTHWHILE_SECONDS = 1.5e-6;
/** Copies of parameters below this are not worth sharing out at all. */
const OWN_COPY_SECONDS = 5e-6;

/** An access in a loop nest, with that nest's extents and the position of the split axis in it. */
interface Touch {
  readonly access: Access;
  readonly extents: readonly number[];
  readonly axis: number;
}

const touchesIn = (expressions: readonly Expression[], extents: readonly number[], axis: number): Touch[] => {
  const seen = new Set<Expression>();
  return expressions.flatMap((e) => loadsOf(e, seen)).map((access) => ({ access, extents, axis }));
};

function touchesOfStores(stores: readonly Store[], extents: readonly number[], axis: number): Touch[] {
  return [
    ...stores.map(({ access }) => ({ access, extents, axis })),
    ...touchesIn(
      stores.map(({ expression }) => expression),
      extents,
      axis,
    ),
  ];
}

/** Everything that a kernel reads or writes evenly, as seen from the split axis. */
function touchesOf(kernel: Kernel, axis: number): Touch[] {
  switch (kernel.kind) {
    case "map":
      return touchesOfStores(kernel.stores, kernel.extents, axis);
    case "reduce": {
      const { outer, inner, count, stores, input } = kernel;
      const inside = axis < outer.length ? axis : axis + 1;
      return [
        ...touchesOfStores(stores, [...outer, ...inner], axis),
        ...touchesIn([input], [...outer, count, ...inner], inside),
      ];
    }
    case "product": {
      const { rows, columns, sum, aColumn, stores } = kernel;
      const nest = [...rows, ...sum, { extent: columns, a: aColumn, b: 1 }];
      const operand = (side: "a" | "b"): Touch => ({
        access: { ...kernel[side], dtype: "float32", strides: nest.map((x) => x[side]) },
        extents: nest.map((x) => x.extent),
        axis,
      });
      const results = [...rows.map((row) => row.extent), columns];
      const initial: Touch[] = kernel.initial ? [{ access: kernel.initial, extents: results, axis }] : [];
      return [...touchesOfStores(stores, results, axis), ...initial, operand("a"), operand("b")];
    }
    default:
      return [];
  }
}

/** Whether part i of the split axis touches nothing but part i of the buffer. */
function staysInPart({ access, extents, axis }: Touch): boolean {
  const part = access.strides[axis];
  if (part * extents[axis] !== sizeOf(access.buffer.shape)) return false;
  let reach = access.offset;
  for (const [i, stride] of access.strides.entries()) {
    if (stride < 0) return false;
    if (i !== axis) reach += (extents[i] - 1) * stride;
  }
  return access.offset >= 0 && reach < part;
}

/** The buffers that are parted like the split axis: part i of the kernel touches only part i of them. */
export function partedBuffers({ kernel, split }: Task): Set<Value> {
  if (!split) return new Set();
  if (kernel.kind === "fill") return new Set([kernel.buffer]);
  if (kernel.kind === "pooled_product") return pooledParts(kernel);
  if (kernel.kind === "winograd") return split.axis === 0 ? pooledParts(kernel) : new Set();
  if (kernel.kind === "loop") return carriedParts(kernel);
  if (kernel.kind === "nonzeros") return listedParts(kernel);
  if (kernel.kind === "plain") return new Set(plainSplits[kernel.primitive.name]?.(kernel)?.parted);
  const parted = new Set<Value>();
  const others = new Set<Value>();
  for (const touch of touchesOf(kernel, split.axis)) {
    (staysInPart(touch) ? parted : others).add(touch.access.buffer);
  }
  for (const buffer of others) parted.delete(buffer);
  // lists of the lines of the parted rows
  if (kernel.kind === "product" && kernel.nonZeros?.along === "sum" && kernel.rows[split.axis].a !== 0) {
    const { lists, picked } = kernel.nonZeros;
    for (const buffer of [lists, ...(picked ? [picked.picks] : [])]) parted.add(buffer);
  }
  return parted;
}

/** Lists, and the lines that are listed. */
function listedParts({ a, kept, lists, stride, lines }: NonZerosKernel): Set<Value> {
  if (kept) return new Set([lists, kept.picks]);
  return new Set(a.offset === 0 && stride * lines === sizeOf(a.buffer.shape) ? [a.buffer, lists] : [lists]);
}

/** The samples of the input and of the results. */
function pooledParts(kernel: PooledProductKernel | WinogradKernel): Set<Value> {
  const { a, rows } = kernel;
  const whole = rows[0].a * rows[0].extent === sizeOf(a.buffer.shape);
  return new Set([...writesOf(kernel), ...(whole ? [a.buffer] : [])]);
}

/** What a loop carries from step to step, unless it reads it in other ways too. */
function carriedParts({ params, inputs, outputs }: LoopKernel): Set<Value> {
  const { constants, carries } = params as ScanParams;
  const first = inputs.slice(constants, constants + carries);
  const others = [...inputs.slice(0, constants), ...inputs.slice(constants + carries)];
  return new Set([...first.filter((input) => !others.includes(input)), ...outputs.slice(0, carries)]);
}

/** The number of rows that most kernels have: the samples of the batch. */
export function commonRows(kernels: readonly Kernel[]): number | undefined {
  const votes = new Map<number, number>();
  for (const kernel of kernels) {
    const extent = firstExtent(kernel);
    if (extent !== undefined && extent >= 2 * TILE_ROWS) votes.set(extent, (votes.get(extent) ?? 0) + 1);
  }
  let best: number | undefined;
  for (const [extent, count] of votes) if (count > (votes.get(best ?? -1) ?? 0)) best = extent;
  return best;
}

/** Extents of the loop nest over results that can be split. */
function extentsOf(kernel: MapKernel | ReduceKernel | ProductKernel): readonly number[] {
  if (kernel.kind === "map") return kernel.extents;
  if (kernel.kind === "reduce") return [...kernel.outer, ...kernel.inner];
  return kernel.rows.map((row) => row.extent);
}

function firstExtent(kernel: Kernel): number | undefined {
  switch (kernel.kind) {
    case "map":
      return kernel.extents.length > 1 ? kernel.extents[0] : undefined;
    case "reduce":
      return [...kernel.outer, ...kernel.inner][0];
    case "product":
    case "pooled_product":
    case "winograd":
      return kernel.rows[0]?.extent;
    case "plain":
      return plainSplits[kernel.primitive.name]?.(kernel)?.extent;
    case "nonzeros":
      return kernel.lines;
    default:
      return undefined;
  }
}

/** Shares a kernel out: by the batch's rows if its results have them, else by an axis of its own if that is worth it. */
export function splitKernel(kernel: Kernel, rows: number | undefined): Task {
  if (kernel.kind === "loop") return { kernel, split: kernel.split };
  return (rows === undefined ? undefined : byRows(kernel, rows)) ?? byOwnAxis(kernel);
}

/**
 * Whether it is better that every thread computes all of a kernel for itself than that one thread does, or each a part: it is
 * little work, and fetching what other cores made would take longer. (A core fetches about a cache line in 60 ns.)
 *
 * @param fromStart whether it needs nothing that was computed in this step
 */
export function isBetterOwn({ kernel, split }: Task, fromStart: boolean): boolean {
  if (kernel.kind !== "map" && kernel.kind !== "reduce" && kernel.kind !== "product") return false;
  const seconds = predictedSeconds(kernel);
  // parts of what comes from other threads' parts are on the core that needs them
  if (split) return fromStart && kernel.kind === "map" && seconds < OWN_COPY_SECONDS;
  return seconds < WORTHWHILE_SECONDS;
}

/** Shares out a product whose first axis are the panels of a parameter. */
export function splitPanels(kernel: ProductKernel): Task {
  return { kernel, split: { axis: 0, extent: kernel.rows[0].extent, grain: 1 } };
}

/** By the first of a kernel's axes, which are the batch's rows. */
export function splitByRows(rows: number): Split {
  return { axis: 0, extent: rows, grain: TILE_ROWS };
}

function byRows(kernel: Exclude<Kernel, LoopKernel>, rows: number): Task | undefined {
  const split = splitByRows(rows);
  // of sums over so many samples as a range has at least: the same parts
  const ofSums: Split = { axis: 0, extent: rows / TILE_ROWS, grain: 1 };
  switch (kernel.kind) {
    case "fill":
      return sizeOf(kernel.buffer.shape) % rows === 0 ? { kernel, split } : undefined;
    case "plain": {
      const extent = plainSplits[kernel.primitive.name]?.(kernel, rows)?.extent;
      if (extent === rows) return { kernel, split };
      return extent === ofSums.extent ? { kernel, split: ofSums } : undefined;
    }
    case "nonzeros":
      return kernel.lines === rows ? { kernel, split } : undefined;
    case "pooled_product":
    case "winograd":
      return kernel.rows[0].extent === rows ? { kernel, split } : undefined;
    default: {
      const viewed = kernel.kind === "map" ? viewedByRows(kernel, rows) : kernel;
      if (!viewed) return undefined;
      const tasks = extentsOf(viewed).map((extent, axis): Task | undefined => {
        if (extent === rows) return { kernel: viewed, split: { ...split, axis } };
        // parts of the tiled axis would begin within a tile
        const hasSums =
          viewed.kind === "product" &&
          axis === ofSums.axis &&
          extent === ofSums.extent &&
          axis !== tiledAxis(viewed.rows);
        return hasSums ? { kernel: viewed, split: ofSums } : undefined;
      });
      return tasks.find((task) => {
        const parted = task && partedBuffers(task);
        return parted && viewed.stores.every(({ access }) => parted.has(access.buffer));
      });
    }
  }
}

/** A map whose first axis is the rows: one long axis is seen as rows of equal length. */
function viewedByRows(kernel: MapKernel, rows: number): MapKernel | undefined {
  const [extent, ...rest] = kernel.extents;
  if (extent === rows) return kernel;
  if (extent === undefined || extent % rows !== 0) return undefined;
  // what is read across the rows is no array of samples: a transposition stays one
  const across = rest.length > 0 && touchesOf(kernel, 0).some(({ access }) => access.strides[0] === 1);
  if (across) return undefined;
  const length = extent / rows;
  return {
    kind: "map",
    extents: [rows, length, ...rest],
    stores: overOtherAxes(
      kernel.stores,
      ofStrides(([stride, ...others]) => [stride * length, stride, ...others]),
    ),
  };
}

function byOwnAxis(kernel: Kernel): Task {
  if (predictedSeconds(kernel) < WORTHWHILE_SECONDS) return { kernel };
  const shared = (axis: number, extent: number, grain = 1): Task =>
    extent > grain ? { kernel, split: { axis, extent, grain } } : { kernel };
  switch (kernel.kind) {
    case "map": {
      const { extents } = kernel;
      if (extents.length === 1) return shared(0, extents[0], LANES);
      const axis = longest(extents.slice(0, -1));
      return shared(axis, extents[axis]);
    }
    case "reduce": {
      const kept = extentsOf(kernel);
      if (kept.length === 0) return { kernel };
      // four lanes may run along the last axis
      if (kept.length === 1) return shared(0, kept[0], 4);
      const axis = longest(kept.slice(0, -1));
      return shared(axis, kept[axis]);
    }
    case "product": {
      const extents = extentsOf(kernel);
      // the first axis where it has enough to share out, since its parts lie apart in memory
      const axis = extents[0] >= 4 * TILE_ROWS ? 0 : longest(extents);
      const grain = axis === tiledAxis(kernel.rows) ? TILE_ROWS : 1;
      return extents.length === 0 ? { kernel } : shared(axis, extents[axis], grain);
    }
    case "winograd":
      if (kernel.byBlocks) return shared(1, kernel.blocks);
      return shared(0, kernel.rows[0].extent, TILE_ROWS);
    case "nonzeros":
      return shared(0, kernel.lines);
    case "pooled_product":
      return shared(0, kernel.rows[0].extent, TILE_ROWS);
    case "plain": {
      const own = plainSplits[kernel.primitive.name]?.(kernel);
      return own ? shared(0, own.extent) : { kernel };
    }
    default:
      return { kernel };
  }
}

function longest(extents: readonly number[]): number {
  let best = 0;
  for (const [axis, extent] of extents.entries()) if (extent > extents[best]) best = axis;
  return best;
}
