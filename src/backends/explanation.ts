import { bytesOf, flopsOf, predictedSeconds } from "../compiler/cost.js";
import { type Expression, type Kernel, type LoopKernel, readsOf, writesOf } from "../compiler/kernel.js";
import type { Place, Schedule } from "../compiler/schedule.js";
import type { Task } from "../compiler/split.js";
import { formatType, type Value } from "../trace/graph.js";

/** One loop nest of a program, and what it costs. */
export interface KernelExplanation {
  /** What kind of kernel it is, mostly by its primitive: `dot_general`, `map`, … */
  readonly name: string;
  /** What is computed over which loops, and what was fused into it. */
  readonly description: string;
  /** How it is shared out between threads; null if one thread does it. */
  readonly split: string | null;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Floating-point operations; a multiplication and an addition count as two, also where a factor is 0. */
  readonly flops: number;
  /** Whether products are left out where a factor is 0: with the given numbers it may have done less than `flops`. */
  readonly leavesOutZeros: boolean;
  /** Bytes of the buffers that it touches. */
  readonly bytes: number;
  /** On one thread, by the compiler's cost model. */
  readonly predictedMicroseconds: number;
  /** The fastest of several runs on one thread. */
  readonly microseconds: number;
  /** Its part of the sum over all kernels, 0…1. */
  readonly share: number;
}

/** Kernels between two barriers. */
export interface PhaseExplanation {
  readonly kernels: readonly KernelExplanation[];
  /** Its usual time in a step, with all threads and the barrier at the end. */
  readonly microseconds: number;
}

/** A buffer of the arena: where it lies and from which phase to which it is needed. */
export interface BufferExplanation {
  readonly what: string;
  readonly offset: number;
  readonly bytes: number;
  readonly firstPhase: number;
  readonly lastPhase: number;
}

/** What was measured of a schedule: for each kernel on one thread, for each phase on all; in seconds. */
export interface Measurements {
  readonly kernels: readonly number[];
  readonly phases: readonly number[];
  readonly threads: number;
  /** Floating-point operations that one core does in a second without touching memory. */
  readonly peak: number;
}

/** A compiled program as a person can read it: `String(explanation)` is a table. */
export class Explanation {
  readonly phases: readonly PhaseExplanation[];
  readonly arena: readonly BufferExplanation[];
  readonly arenaBytes: number;
  /** What each thread has besides, for what it computes for itself. */
  readonly ownBytes: number;
  readonly constantBytes: number;
  readonly threads: number;
  /** Of one core, in GFLOP/s: multiplications and additions of vectors in registers. */
  readonly peakGflops: number;
  /** The phases' times together: one step on all threads. */
  readonly microseconds: number;
  /** The kernels' times together: one step on one thread. */
  readonly microsecondsOnOneThread: number;

  constructor(schedule: Schedule, measured: Measurements) {
    const total = sum(measured.kernels);
    let next = 0;
    this.phases = schedule.phases.map((tasks, phase) => ({
      microseconds: measured.phases[phase] * 1e6,
      kernels: tasks.map((task) => explainTask(task, schedule, measured.kernels[next++], total)),
    }));
    this.arena = schedule.buffers.map(({ value, offset, bytes, from, to }) => ({
      what: describeValue(value),
      offset,
      bytes,
      firstPhase: from,
      lastPhase: to,
    }));
    this.arenaBytes = schedule.arenaBytes;
    this.ownBytes = schedule.ownBytes;
    this.constantBytes = schedule.constantBytes;
    this.threads = measured.threads;
    this.peakGflops = measured.peak / 1e9;
    this.microseconds = sum(measured.phases) * 1e6;
    this.microsecondsOnOneThread = total * 1e6;
  }

  toString(): string {
    const { threads, peakGflops } = this;
    const flops = sum(this.phases.flatMap(({ kernels }) => kernels.map((kernel) => kernel.flops)));
    const rate = flops / this.microseconds / 1e3;
    const lines = [
      `One step: ${this.microseconds.toFixed(1)} µs on ${threads} thread${threads > 1 ? "s" : ""}, ` +
        `${this.microsecondsOnOneThread.toFixed(1)} µs of kernels on one; ${(flops / 1e6).toFixed(2)} MFLOP, ` +
        `${rate.toFixed(1)} GFLOP/s, ${percent(rate / (threads * peakGflops))} of the ${(threads * peakGflops).toFixed(0)} that ${threads > 1 ? "these cores do" : "this core does"}.`,
      "",
      "        µs  share  expected   GFLOP/s  of peak  kernel",
    ];
    for (const [i, phase] of this.phases.entries()) {
      lines.push(`phase ${i}: ${phase.microseconds.toFixed(1)} µs on all threads`);
      for (const kernel of phase.kernels) {
        const gflops = kernel.microseconds > 0 ? kernel.flops / kernel.microseconds / 1e3 : 0;
        lines.push(
          [
            kernel.microseconds.toFixed(1).padStart(10),
            percent(kernel.share).padStart(6),
            kernel.predictedMicroseconds.toFixed(1).padStart(9),
            gflops.toFixed(1).padStart(9),
            percent(gflops / peakGflops).padStart(8),
            ` ${kernel.description}${kernel.split ? `  [${kernel.split}]` : ""}`,
          ].join(" "),
        );
      }
    }
    if (this.phases.some(({ kernels }) => kernels.some((kernel) => kernel.leavesOutZeros)))
      lines.push("", "Products that are left out, because a factor is 0, count as if they were computed.");
    lines.push(
      "",
      `arena: ${this.arenaBytes} bytes, constants: ${this.constantBytes} bytes, of each thread's own: ${this.ownBytes} bytes`,
    );
    for (const { offset, bytes, what, firstPhase, lastPhase } of [...this.arena].sort(byOffset))
      lines.push(
        `  ${String(offset).padStart(9)} +${String(bytes).padEnd(9)} phases ${firstPhase}–${lastPhase}  ${what}`,
      );
    return `${lines.join("\n")}\n`;
  }
}

const byOffset = (a: BufferExplanation, b: BufferExplanation) =>
  a.offset - b.offset || a.firstPhase - b.firstPhase;
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

function explainTask(
  { kernel, split, own }: Task,
  schedule: Schedule,
  seconds: number,
  total: number,
): KernelExplanation {
  const named = (values: readonly Value[]) =>
    [...new Set(values)].map(
      (value) => `${describeValue(value)} at ${describePlace(schedule.places.get(value))}`,
    );
  return {
    name: nameOf(kernel),
    description: describeKernel(kernel),
    split: own
      ? "all of it on each thread"
      : split
        ? `axis ${split.axis} of ${split.extent} in ${split.grain}s`
        : null,
    reads: named(readsOf(kernel)),
    writes: named(writesOf(kernel)),
    flops: flopsOf(kernel),
    leavesOutZeros: leavesOutZeros(kernel),
    bytes: bytesOf(kernel),
    predictedMicroseconds: predictedSeconds(kernel) * 1e6,
    microseconds: seconds * 1e6,
    share: total > 0 ? seconds / total : 0,
  };
}

function describeValue(value: Value): string {
  return `${formatType(value)} of ${value.node.primitive.name}`;
}

function describePlace(place: Place | undefined): string {
  if (!place) return "?";
  return "offset" in place ? `${place.in}+${place.offset}` : `${place.in} ${place.index}`;
}

function nameOf(kernel: Kernel): string {
  switch (kernel.kind) {
    case "map":
    case "fill":
    case "nonzeros":
      return kernel.kind;
    case "reduce":
      return kernel.fold;
    case "product":
    case "pooled_product":
    case "winograd":
      return kernel.name;
    case "plain":
      return kernel.primitive.name;
    case "loop":
      return kernel.primitive;
  }
}

/** One line: what a kernel is. */
function describeKernel(kernel: Kernel): string {
  const name = nameOf(kernel);
  const fused = (stores: readonly { expression: Expression }[]) => {
    const names = stores.flatMap((store) => primitivesIn(store.expression));
    return names.length ? ` then ${[...new Set(names)].join(" ")}` : "";
  };
  const extents = (axes: readonly { extent: number }[]) => axes.map((axis) => axis.extent).join(",");
  switch (kernel.kind) {
    case "map":
      return `${name} [${kernel.extents}]${fused(kernel.stores)}`;
    case "reduce": {
      const input = [...new Set(primitivesIn(kernel.input))].join(" ") || "memory";
      return `${name} [${kernel.outer}|${kernel.count}|${kernel.inner}] of ${input}${fused(kernel.stores)}`;
    }
    case "product": {
      const more = kernel.initial ? " more" : "";
      return `${name}${more}${withoutZeros(kernel)} [${extents(kernel.rows)}]×${kernel.columns} sum [${extents(kernel.sum)}]${fused(kernel.stores)}`;
    }
    case "nonzeros":
      return `${name} [${kernel.lines}|${kernel.length}]${kernel.kept ? " kept" : ""}`;
    case "pooled_product":
    case "winograd":
      return `${name}${withoutZeros(kernel)} [${extents(kernel.rows)}]×${kernel.columns} of [${extents(kernel.cells)}] sum [${extents(kernel.sum)}]`;
    case "fill":
      return `${name} ${formatType(kernel.buffer)} with ${kernel.value}`;
    case "plain":
      return `${name} ${kernel.operands.map(formatType).join(", ")}`;
    case "loop":
      return `${name} ${kernel.inputs.map(formatType).join(", ")}`;
  }
}

function leavesOutZeros(kernel: Kernel): boolean {
  return kernel.kind === "product"
    ? kernel.nonZeros !== undefined
    : kernel.kind === "pooled_product" && kernel.zeros;
}

const withoutZeros = (kernel: Kernel) => (leavesOutZeros(kernel) ? " without zeros" : "");

function primitivesIn(expression: Expression, seen = new Set<Expression>()): string[] {
  if (seen.has(expression) || expression.kind !== "apply") return [];
  seen.add(expression);
  return [
    ...expression.operands.flatMap((operand) => primitivesIn(operand, seen)),
    expression.primitive.name,
  ];
}

/** The schedule before anything is measured: kernels by phase, what they read and write, where that lies. */
export function describeSchedule(schedule: Schedule): string {
  const lines = schedule.phases.flatMap((tasks, phase) => [
    `phase ${phase}`,
    ...tasks.flatMap((task) => {
      const { description, split, reads, writes } = explainTask(task, schedule, 0, 0);
      return [
        `  ${description}${split ? `  [${split}]` : ""}`,
        `       reads  ${reads.join(", ")}`,
        `       writes ${writes.join(", ")}`,
        ...(task.kernel.kind === "loop" ? describeBodies(task.kernel) : []),
      ];
    }),
  ]);
  return `${lines.join("\n")}\narena ${schedule.arenaBytes} bytes, constants ${schedule.constantBytes} bytes\n`;
}

/** What a loop repeats, further to the right. */
function describeBodies({ bodies }: LoopKernel): string[] {
  return Object.entries(bodies).flatMap(([name, body]) =>
    [`${name}:`, ...describeSchedule(body).trimEnd().split("\n")].map((line) => `    ${line}`),
  );
}
