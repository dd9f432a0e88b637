import { byteSize } from "../tensor/dtype.js";
import { sizeOf } from "../tensor/shape.js";
import { constantData, type Graph, type Value } from "../trace/graph.js";
import { collapseMap } from "./collapse.js";
import { Dependencies, kernelsByBuffer } from "./dependencies.js";
import { type Access, type Kernel, keptOf, loadsOf, readsOf, scratchOf, writesOf } from "./kernel.js";
import type { Lowered } from "./lower.js";
import { ownByColumns, type Panels } from "./ownership.js";
import {
  commonRows,
  haveSameParts,
  isBetterOwn,
  partedBuffers,
  type Split,
  splitByRows,
  splitKernel,
  splitPanels,
  type Task,
} from "./split.js";
import { accessTo, identityIndex } from "./views.js";

/** Where a buffer lies. Offsets are bytes. */
export type Place =
  | { readonly in: "arena"; readonly offset: number }
  /** Each thread has such memory. */
  | { readonly in: "own"; readonly offset: number }
  /** Keeps its content from step to step. */
  | { readonly in: "kept"; readonly offset: number }
  | { readonly in: "constants"; readonly offset: number }
  | { readonly in: "input" | "output"; readonly index: number };

/** The kernels of one step in order, and a place for every buffer. */
export interface Schedule {
  /**
   * In order. Between the tasks of a phase no thread needs what another one computes: every thread does its part of them
   * without waiting. Threads meet at a barrier after each phase.
   */
  readonly phases: readonly (readonly Task[])[];
  /** Parameters that are kept in another order between `load` and `store`. */
  readonly panels: readonly Panels[];
  readonly places: ReadonlyMap<Value, Place>;
  readonly arenaBytes: number;
  /** Bytes of memory that each thread needs for itself. */
  readonly ownBytes: number;
  /** Bytes of memory that keeps its content, and how many of them, the first ones, must be 0 before the first step. */
  readonly kept: { readonly bytes: number; readonly cleared: number };
  /** The buffers of the arena: where they lie, and in which phases they are needed. */
  readonly buffers: readonly {
    readonly value: Value;
    readonly offset: number;
    readonly bytes: number;
    readonly from: number;
    readonly to: number;
  }[];
  /** Constants that need memory, with their offsets. */
  readonly constants: readonly { readonly value: Value; readonly offset: number }[];
  readonly constantBytes: number;
  /** For the body of a loop: every thread can run it over and over for its own rows, without waiting. */
  readonly split?: Split;
}

/** Vectors may read past the end of an array by less than this, and arrays start at multiples of it. */
export const ALIGNMENT = 64;
const OVERREAD = 16;

/** Bytes to reserve for a buffer. */
export function reservedBytes(value: { shape: readonly number[]; dtype: Value["dtype"] }): number {
  return Math.ceil((sizeOf(value.shape) * byteSize(value.dtype) + OVERREAD) / ALIGNMENT) * ALIGNMENT;
}

/** Orders kernels, shares them out between threads and places their buffers. */
export function schedule(graph: Graph, lowered: Lowered): Schedule {
  const places = placesOfInputs(graph);
  const { kernels, panels } = ownByColumns(graph, lowered);
  const order = new Dependencies([...kernels]);
  const owned = new Set(panels.map(({ output }) => output));
  for (const { before, after } of panels) order.writeAfterReading(before, after);

  for (const [index, buffer] of lowered.outputs.entries()) {
    if (owned.has(index)) continue;
    const updated = graph.updates.get(index);
    if (updated === undefined) {
      places.set(buffer, { in: "output", index });
      continue;
    }
    const input = graph.inputs[updated];
    if (buffer === input) continue;
    if (updatesInPlace(buffer, input, order)) places.set(buffer, { in: "input", index: updated });
    else copyAtEnd(buffer, input, order);
  }

  const ordered = order.sorted();
  const rows = commonRows(ordered);
  const inPanels = new Set(panels.flatMap(({ before, after }) => [before, after]));
  const tasks = ordered.map((kernel) => {
    const owned = [...readsOf(kernel), ...writesOf(kernel)].some((buffer) => inPanels.has(buffer));
    return owned && kernel.kind === "product" ? splitPanels(kernel) : splitKernel(kernel, rows);
  });
  const own = withOwn(ordered, tasks, order, (buffer) => places.has(buffer) || inPanels.has(buffer));
  return placed(ordered, phasesOf(ordered, own, order), panels, places);
}

/**
 * Has every thread compute for itself what is little work and is read by shared-out kernels.
 * @param isKept whether a buffer outlives the step, so that there is one for all threads
 */
function withOwn(
  kernels: readonly Kernel[],
  tasks: readonly Task[],
  order: Dependencies,
  isKept: (buffer: Value) => boolean,
): readonly Task[] {
  const taskOf = new Map(kernels.map((kernel, i) => [kernel, tasks[i]]));
  const [writers, readers] = [kernelsByBuffer(kernels, writesOf), kernelsByBuffer(kernels, readsOf)];
  return kernels.map((kernel, i) => {
    const task = tasks[i];
    const written = [...new Set(writesOf(kernel))];
    const needs = order.of(kernel).filter(({ before, buffers }) => writesOf(before).includes(buffers[0]));
    const fit =
      isBetterOwn(task, needs.length === 0) &&
      written.every((buffer) => !isKept(buffer) && writers.get(buffer)?.length === 1) &&
      // what one thread made must wait for a barrier, unless it reads it itself
      needs.every(({ before }) => taskOf.get(before)?.own || taskOf.get(before)?.split) &&
      written.some((buffer) =>
        readers.get(buffer)?.some((reader) => reader !== kernel && taskOf.get(reader)?.split),
      );
    if (!fit) return task;
    const made: Task = { kernel, own: true };
    taskOf.set(kernel, made);
    return made;
  });
}

/**
 * Orders the kernels of a loop's body. If threads can go through all steps each with rows of its own, they do; else one
 * thread runs one kernel after the other, and memory is used again as soon as possible.
 *
 * @param options.given buffers that were computed before the loop, inputs after the body's own
 * @param options.carries the inputs that go from step to step; the first outputs are what they become
 */
export function scheduleBody(
  graph: Graph,
  lowered: Lowered,
  { given, carries }: { readonly given: readonly Value[]; readonly carries: readonly Value[] },
): Schedule {
  const places = placesOfInputs(graph);
  for (const [i, buffer] of given.entries())
    places.set(buffer, { in: "input", index: graph.inputs.length + i });
  for (const [index, buffer] of lowered.outputs.entries()) places.set(buffer, { in: "output", index });
  const order = new Dependencies([...lowered.kernels]);
  const ordered = order.sorted();
  const carried = carries.flatMap((input, i) => [input, lowered.outputs[i]]);
  const tasks = rowByRow(ordered, order, carried);
  if (tasks) return { ...placed(ordered, [tasks], [], places), split: splitByRows(carries[0].shape[0]) };
  return placed(
    ordered,
    ordered.map((kernel) => [{ kernel }]),
    [],
    places,
  );
}

/** The kernels of a body, shared out so that a thread needs nothing of what others carry from step to step. */
function rowByRow(
  ordered: readonly Kernel[],
  order: Dependencies,
  carried: readonly Value[],
): Task[] | undefined {
  const rows = carried[0]?.shape[0];
  if (rows === undefined) return undefined;
  const tasks = ordered.map((kernel) => splitKernel(kernel, rows));
  const { extent, grain } = splitByRows(rows);
  const alike = tasks.every(({ split }) => split?.extent === extent && split.grain === grain);
  if (!alike || phasesOf(ordered, tasks, order).length !== 1) return undefined;
  const apart = tasks.every((task) => {
    const parted = partedBuffers(task);
    const touched = [...readsOf(task.kernel), ...writesOf(task.kernel)];
    return carried.every((buffer) => !touched.includes(buffer) || parted.has(buffer));
  });
  return apart ? tasks : undefined;
}

function placesOfInputs(graph: Graph): Map<Value, Place> {
  return new Map(graph.inputs.map((input, index) => [input, { in: "input", index }]));
}

function placed(
  kernels: readonly Kernel[],
  phases: readonly (readonly Task[])[],
  panels: readonly Panels[],
  places: Map<Value, Place>,
): Schedule {
  const { constants, constantBytes } = placeConstants(kernels, places);
  const kept = placeKept(kernels, places);
  const ownBytes = endOf(placeBuffers(phases, [], places, "own"));
  const buffers = placeBuffers(phases, panels, places, "arena");
  return {
    phases,
    panels,
    places,
    arenaBytes: endOf(buffers),
    ownBytes,
    kept,
    buffers,
    constants,
    constantBytes,
  };
}

/**
 * Groups tasks into phases. A task can be in the phase of one it depends on if every thread needs only what it made
 * itself: both are shared out alike and touch only their own parts of the buffer, neither is shared out, or each
 * thread has a buffer of its own.
 */
function phasesOf(kernels: readonly Kernel[], tasks: readonly Task[], order: Dependencies): Task[][] {
  const phaseOf = new Map<Kernel, number>();
  const taskOf = new Map(kernels.map((kernel, i) => [kernel, tasks[i]]));
  const parted = new Map(tasks.map((task) => [task, partedBuffers(task)]));
  const together = (before: Task, after: Task, [written, read]: readonly [Value, Value]) => {
    if (before.own) return writesOf(before.kernel).includes(written);
    if (after.own) return false;
    if (!before.split || !after.split) return !before.split && !after.split;
    return (
      haveSameParts(before.split, after.split) &&
      parted.get(before)?.has(written) &&
      parted.get(after)?.has(read)
    );
  };
  const phases: Task[][] = [];
  for (const kernel of kernels) {
    const task = taskOf.get(kernel) as Task;
    let phase = 0;
    for (const { before, buffers } of order.of(kernel)) {
      const own = phaseOf.get(before) as number;
      phase = Math.max(phase, together(taskOf.get(before) as Task, task, buffers) ? own : own + 1);
    }
    phaseOf.set(kernel, phase);
    phases[phase] ??= [];
    phases[phase].push(task);
  }
  return phases;
}

/**
 * Lets the kernels that make `buffer` write over `input` if everybody has read the old content before; adds the
 * dependencies that see to it.
 */
function updatesInPlace(buffer: Value, input: Value, order: Dependencies): boolean {
  const writers = order.kernels.filter((kernel) => writesOf(kernel).includes(buffer));
  const readers = order.kernels.filter((kernel) => readsOf(kernel).includes(input));
  for (const writer of writers) {
    for (const reader of readers) {
      if (reader === writer ? !readsWhereItWrites(writer, buffer, input) : order.depends(reader, writer))
        return false;
    }
  }
  order.writeAfterReading(input, buffer);
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

function copyAtEnd(buffer: Value, input: Value, order: Dependencies): void {
  const { shape, dtype } = input;
  const access = (value: Value) => accessTo(value, shape, dtype, identityIndex(shape.length), shape.length);
  const copy = collapseMap({
    kind: "map",
    extents: shape,
    stores: [{ access: access(input), expression: { kind: "load", dtype, access: access(buffer) } }],
  });
  const others = [...order.kernels];
  order.append(copy);
  for (const kernel of others) {
    if (readsOf(kernel).includes(input)) order.add(copy, kernel, [input, input]);
    if (writesOf(kernel).includes(buffer)) order.add(copy, kernel, [buffer, buffer]);
  }
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

function placeKept(kernels: readonly Kernel[], places: Map<Value, Place>): Schedule["kept"] {
  let bytes = 0;
  const place = (buffers: readonly Value[]) => {
    for (const buffer of buffers) {
      places.set(buffer, { in: "kept", offset: bytes });
      bytes += reservedBytes(buffer);
    }
    return bytes;
  };
  const kept = kernels.map(keptOf);
  const cleared = place(kept.flatMap((of) => of.cleared));
  return { cleared, bytes: place(kept.flatMap(({ others }) => others)) };
}

const endOf = (buffers: Schedule["buffers"]) =>
  Math.max(0, ...buffers.map(({ offset, bytes }) => offset + bytes));

/** Gives buffers offsets so that those which live in the same phase do not overlap. */
function placeBuffers(
  phases: readonly (readonly Task[])[],
  panels: readonly Panels[],
  places: Map<Value, Place>,
  area: "arena" | "own",
): Schedule["buffers"] {
  const ofThreads = ({ kernel, own }: Task) => (own ? writesOf(kernel) : scratchOf(kernel));
  const wanted = area === "own" && new Set(phases.flat().flatMap(ofThreads));
  const lives = new Map<Value, { from: number; to: number }>();
  // panels keep their content from step to step, old and new in one place
  const always = { from: 0, to: phases.length - 1 };
  const sharing = new Map(panels.map(({ before, after }) => [after, before]));
  for (const { before } of panels) lives.set(before, { ...always });
  for (const [time, tasks] of phases.entries()) {
    for (const buffer of tasks.flatMap(({ kernel }) => [...readsOf(kernel), ...writesOf(kernel)])) {
      if (places.has(buffer) || sharing.has(buffer) || (wanted && !wanted.has(buffer))) continue;
      const life = lives.get(buffer);
      if (life) life.to = Math.max(life.to, time);
      else lives.set(buffer, { from: time, to: time });
    }
  }
  const placed: { value: Value; offset: number; bytes: number; from: number; to: number }[] = [];
  // large ones first: they fit worst
  const order = [...lives].sort(([a], [b]) => reservedBytes(b) - reservedBytes(a));
  for (const [value, life] of order) {
    const bytes = reservedBytes(value);
    const neighbours = placed
      .filter((other) => other.from <= life.to && life.from <= other.to)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of neighbours) {
      if (offset + bytes <= other.offset) break;
      offset = Math.max(offset, other.offset + other.bytes);
    }
    placed.push({ value, offset, bytes, ...life });
    places.set(value, { in: area, offset });
  }
  for (const [after, before] of sharing) places.set(after, places.get(before) as Place);
  return placed;
}
