import { platform } from "#platform";
import { flopsOf } from "../compiler/cost.js";
import { type Expression, type Kernel, readsOf, writesOf } from "../compiler/kernel.js";
import { kernelsOf, type Place, type Schedule } from "../compiler/schedule.js";
import { formatType } from "../trace/graph.js";

export type DebugTopic = "graph" | "kernels" | "wat" | "time";

/** Whether `KERATIN_DEBUG` (a comma-separated list) names a topic. */
export function isDebugging(topic: DebugTopic): boolean {
  return (platform.environment("KERATIN_DEBUG") ?? "").split(",").includes(topic);
}

/** What was measured over some steps: for each kernel its fastest run, in seconds, since noise only adds. */
export interface KernelTimes {
  steps: number;
  totalSeconds: number;
  readonly fastest: number[];
}

/** One line: what a kernel is. */
export function describeKernel(kernel: Kernel): string {
  const fused = (stores: readonly { expression: Expression }[]) => {
    const names = stores.flatMap((store) => primitivesIn(store.expression));
    return names.length ? ` then ${[...new Set(names)].join(" ")}` : "";
  };
  switch (kernel.kind) {
    case "map":
      return `map [${kernel.extents}]${fused(kernel.stores)}`;
    case "reduce":
      return `${kernel.fold} [${kernel.outer}|${kernel.count}|${kernel.inner}] of ${[...new Set(primitivesIn(kernel.input))].join(" ") || "memory"}${fused(kernel.stores)}`;
    case "product":
      return `${kernel.name} [${kernel.rows.map((row) => row.extent)}]×${kernel.columns} sum [${kernel.sum.map((axis) => axis.extent)}]${fused(kernel.stores)}`;
    case "pooled_product":
      return `${kernel.name} [${kernel.rows.map((row) => row.extent)}]×${kernel.columns} of [${kernel.cells.map((cell) => cell.extent)}] sum [${kernel.sum.map((axis) => axis.extent)}]`;
    case "fill":
      return `fill ${formatType(kernel.buffer)} with ${kernel.value}`;
    case "plain":
      return `${kernel.primitive.name} ${kernel.operands.map(formatType).join(", ")}`;
    case "loop":
      return `${kernel.primitive} ${kernel.inputs.map(formatType).join(", ")}`;
  }
}

function primitivesIn(expression: Expression, seen = new Set<Expression>()): string[] {
  if (seen.has(expression) || expression.kind !== "apply") return [];
  seen.add(expression);
  return [
    ...expression.operands.flatMap((operand) => primitivesIn(operand, seen)),
    expression.primitive.name,
  ];
}

function describePlace(place: Place | undefined): string {
  if (!place) return "?";
  return "offset" in place ? `${place.in}+${place.offset}` : `${place.in} ${place.index}`;
}

/** The schedule as a table: kernels in order, what they read and write, where that lies. */
export function debugKernels(schedule: Schedule): string {
  const lines = kernelsOf(schedule).map((kernel, i) => {
    const names = (values: readonly Parameters<typeof formatType>[0][]) =>
      [...new Set(values)]
        .map((value) => `${formatType(value)}@${describePlace(schedule.places.get(value as never))}`)
        .join(", ");
    return `${String(i).padStart(3)}  ${describeKernel(kernel)}\n       reads  ${names(readsOf(kernel))}\n       writes ${names(writesOf(kernel))}`;
  });
  return `${lines.join("\n")}\narena ${schedule.arenaBytes} bytes, constants ${schedule.constantBytes} bytes\n`;
}

/** Each kernel's fastest run, its share and its rate. */
export function debugText(schedule: Schedule, times: KernelTimes, name: string): string {
  const total = times.fastest.reduce((sum, seconds) => sum + seconds, 0);
  const lines = kernelsOf(schedule).map((kernel, i) => {
    const seconds = times.fastest[i];
    const rate = seconds > 0 ? flopsOf(kernel) / seconds / 1e9 : 0;
    const share = total > 0 ? (100 * seconds) / total : 0;
    return `${(seconds * 1e6).toFixed(1).padStart(10)} µs ${share.toFixed(1).padStart(5)} % ${rate.toFixed(1).padStart(6)} GFLOP/s  ${describeKernel(kernel)}`;
  });
  const mean = (times.totalSeconds / times.steps) * 1e6;
  const head = `${times.steps} steps, ${mean.toFixed(1)} µs each on average; fastest runs add up to ${(total * 1e6).toFixed(1)} µs (${name.slice(0, name.indexOf("\n")).slice(0, 100)})`;
  return `${head}\n${lines.join("\n")}\n`;
}
