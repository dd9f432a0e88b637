import { byteSize } from "../tensor/dtype.js";
import { sizeOf } from "../tensor/shape.js";
import { constantData, type Graph, type Value } from "../trace/graph.js";
import { collapseMap } from "./collapse.js";
import { type Access, type Kernel, loadsOf, readsOf, writesOf } from "./kernel.js";
import type { Lowered } from "./lower.js";
import { accessTo, identityIndex } from "./views.js";

/** Where a buffer lies. Offsets are bytes. */
export type Place =
  | { readonly in: "arena"; readonly offset: number }
  | { readonly in: "constants"; readonly offset: number }
  | { readonly in: "input" | "output"; readonly index: number };

/** The kernels of one step in order, and a place for every buffer. */
export interface Schedule {
  /**
   * In order. Kernels of one phase could run on several threads between two barriers; for now each kernel is a phase
   * of its own.
   */
  readonly phases: readonly (readonly Kernel[])[];
  readonly places: ReadonlyMap<Value, Place>;
  readonly arenaBytes: number;
  /** Constants that need memory, with their offsets. */
  readonly constants: readonly { readonly value: Value; readonly offset: number }[];
  readonly constantBytes: number;
}

/** Vectors may read past the end of an array by less than this, and arrays start at multiples of it. */
export const ALIGNMENT = 64;
const OVERREAD = 16;

/** Bytes to reserve for a buffer. */
export function reservedBytes(value: { shape: readonly number[]; dtype: Value["dtype"] }): number {
  return Math.ceil((sizeOf(value.shape) * byteSize(value.dtype) + OVERREAD) / ALIGNMENT) * ALIGNMENT;
}

export function schedule(graph: Graph, lowered: Lowered): Schedule {
  const places = new Map<Value, Place>();
  for (const [index, input] of graph.inputs.entries()) places.set(input, { in: "input", index });
  const kernels = [...lowered.kernels];
  const edges = dataDependencies(kernels);

  for (const [index, buffer] of lowered.outputs.entries()) {
    const updated = graph.updates.get(index);
    if (updated === undefined) {
      places.set(buffer, { in: "output", index });
      continue;
    }
    const input = graph.inputs[updated];
    if (buffer === input) continue;
    if (updatesInPlace(buffer, input, kernels, edges)) places.set(buffer, { in: "input", index: updated });
    else copyAtEnd(buffer, input, kernels, edges);
  }

  const ordered = sorted(kernels, edges);
  const { constants, constantBytes } = placeConstants(ordered, places);
  const arenaBytes = placeArena(ordered, places);
  return { phases: ordered.map((kernel) => [kernel]), places, arenaBytes, constants, constantBytes };
}

/** `edges.get(k)`: the kernels that must run before kernel `k`. */
type Edges = Map<Kernel, Set<Kernel>>;

function dataDependencies(kernels: readonly Kernel[]): Edges {
  const writers = new Map<Value, Kernel[]>();
  const edges: Edges = new Map(kernels.map((kernel) => [kernel, new Set()]));
  for (const kernel of kernels) {
    for (const buffer of new Set(writesOf(kernel))) {
      const before = writers.get(buffer) ?? [];
      // several kernels that write parts of one buffer keep their order
      for (const other of before) edges.get(kernel)?.add(other);
      writers.set(buffer, [...before, kernel]);
    }
  }
  for (const kernel of kernels) {
    for (const buffer of new Set(readsOf(kernel))) {
      for (const writer of writers.get(buffer) ?? []) if (writer !== kernel) edges.get(kernel)?.add(writer);
    }
  }
  return edges;
}

/**
 * Lets the kernels that make `buffer` write over `input` if everybody has read the old content before; adds the edges
 * that see to it.
 */
function updatesInPlace(buffer: Value, input: Value, kernels: readonly Kernel[], edges: Edges): boolean {
  const writers = kernels.filter((kernel) => writesOf(kernel).includes(buffer));
  const readers = kernels.filter((kernel) => readsOf(kernel).includes(input));
  for (const writer of writers)
    if (readers.includes(writer) && !readsWhereItWrites(writer, buffer, input)) return false;
  const added: [Kernel, Kernel][] = [];
  for (const writer of writers) {
    for (const reader of readers) {
      if (reader === writer || edges.get(writer)?.has(reader)) continue;
      if (depends(reader, writer, edges)) {
        for (const [from, to] of added) edges.get(from)?.delete(to);
        return false;
      }
      edges.get(writer)?.add(reader);
      added.push([writer, reader]);
    }
  }
  return true;
}

/** Whether a kernel reads the old content of an element only to compute the new one. */
function readsWhereItWrites(kernel: Kernel, buffer: Value, input: Value): boolean {
  if (!("stores" in kernel)) return false;
  if (kernel.kind === "reduce" && loadsOf(kernel.input).some((access) => access.buffer === input))
    return false;
  if (kernel.kind === "product" && (kernel.a.buffer === input || kernel.b.buffer === input)) return false;
  const store = kernel.stores.find(({ access }) => access.buffer === buffer)?.access as Access;
  const loads = kernel.stores
    .flatMap(({ expression }) => loadsOf(expression))
    .filter((access) => access.buffer === input);
  return loads.every(
    (access) =>
      access.offset === store.offset &&
      access.strides.every((stride, axis) => stride === store.strides[axis]),
  );
}

function depends(kernel: Kernel, on: Kernel, edges: Edges, seen = new Set<Kernel>()): boolean {
  if (kernel === on) return true;
  if (seen.has(kernel)) return false;
  seen.add(kernel);
  return [...(edges.get(kernel) ?? [])].some((before) => depends(before, on, edges, seen));
}

function copyAtEnd(buffer: Value, input: Value, kernels: Kernel[], edges: Edges): void {
  const { shape, dtype } = input;
  const access = (value: Value) => accessTo(value, shape, dtype, identityIndex(shape.length), shape.length);
  const copy = collapseMap({
    kind: "map",
    extents: shape,
    stores: [{ access: access(input), expression: { kind: "load", dtype, access: access(buffer) } }],
  });
  edges.set(
    copy,
    new Set(kernels.filter((kernel) => readsOf(kernel).includes(input) || writesOf(kernel).includes(buffer))),
  );
  kernels.push(copy);
}

/** An order that respects the edges and otherwise keeps the given one. */
function sorted(kernels: readonly Kernel[], edges: Edges): Kernel[] {
  const ordered: Kernel[] = [];
  const done = new Set<Kernel>();
  const visit = (kernel: Kernel) => {
    if (done.has(kernel)) return;
    done.add(kernel);
    for (const before of edges.get(kernel) ?? []) visit(before);
    ordered.push(kernel);
  };
  for (const kernel of kernels) visit(kernel);
  return ordered;
}

function placeConstants(kernels: readonly Kernel[], places: Map<Value, Place>) {
  const constants: { value: Value; offset: number }[] = [];
  let offset = 0;
  for (const buffer of kernels.flatMap(readsOf)) {
    if (places.has(buffer) || !constantData(buffer)) continue;
    places.set(buffer, { in: "constants", offset });
    constants.push({ value: buffer, offset });
    offset += reservedBytes(buffer);
  }
  return { constants, constantBytes: offset };
}

/** Gives buffers offsets so that those which live at the same time do not overlap. Returns the bytes needed. */
function placeArena(kernels: readonly Kernel[], places: Map<Value, Place>): number {
  const lives = new Map<Value, { from: number; to: number }>();
  for (const [time, kernel] of kernels.entries()) {
    for (const buffer of [...readsOf(kernel), ...writesOf(kernel)]) {
      if (places.has(buffer)) continue;
      const life = lives.get(buffer);
      if (life) life.to = time;
      else lives.set(buffer, { from: time, to: time });
    }
  }
  const placed: { offset: number; end: number; from: number; to: number }[] = [];
  let total = 0;
  // large ones first: they fit worst
  const order = [...lives].sort(([a], [b]) => reservedBytes(b) - reservedBytes(a));
  for (const [buffer, life] of order) {
    const bytes = reservedBytes(buffer);
    const neighbours = placed
      .filter((other) => other.from <= life.to && life.from <= other.to)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of neighbours) {
      if (offset + bytes <= other.offset) break;
      offset = Math.max(offset, other.end);
    }
    placed.push({ offset, end: offset + bytes, ...life });
    places.set(buffer, { in: "arena", offset });
    total = Math.max(total, offset + bytes);
  }
  return total;
}
