import type { Schedule } from "../../compiler/schedule.js";
import { byteSize, newArray, type TypedArray } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import type { Graph, TensorType } from "../../trace/graph.js";
import type { Storage } from "../backend.js";
import { describeSchedule, Explanation } from "../explanation.js";
import type { ModuleBuilder } from "./assembler/index.js";
import { printModule } from "./assembler/text.js";
import { Marks, measure } from "./measure.js";

/** The means to run a program on memory of its own. */
interface Bench {
  allocate(bytes: number): Storage;
  start(
    inputs: readonly Storage[],
    outputs: readonly Storage[],
    mark: () => void,
  ): {
    readonly exports: WebAssembly.Exports;
    /** @returns on how many threads the steps ran */
    run(steps: number, begin: () => void): number;
    release(): void;
  };
}

/**
 * Runs a program and says where its time goes.
 *
 * @param given inputs to run on, of which those that the program changes are copied; example data where there is none
 */
export function explainProgram(
  graph: Graph,
  schedule: Schedule,
  given: readonly (Storage | undefined)[],
  bench: Bench,
): Explanation {
  const updated = new Set(graph.updates.values());
  const changed: { readonly copy: Storage; readonly data: TypedArray }[] = [];
  const inputs = graph.inputs.map((type, i) => {
    const storage = given[i];
    const changes = updated.has(i);
    // reading brings what a program keeps in panels back
    const data = storage?.read(type.dtype, changes ? sizeOf(type.shape) : 0) ?? exampleOf(type);
    if (storage && !changes) return storage;
    const copy = copyOf(bench, data);
    if (changes) changed.push({ copy, data });
    return copy;
  });
  const outputs = graph.outputs.map((output, i) => {
    const input = graph.updates.get(i);
    return input === undefined ? bench.allocate(bytesOf(output)) : inputs[input];
  });
  const marks = new Marks();
  const program = bench.start(inputs, outputs, marks.mark);
  try {
    const restart = () => {
      for (const { copy, data } of changed) copy.write(data);
      (program.exports.load as () => void)();
    };
    return new Explanation(schedule, measure(program.exports, schedule, marks, restart, program.run));
  } finally {
    program.release();
    const borrowed = new Set(given);
    for (const storage of new Set([...inputs, ...outputs])) if (!borrowed.has(storage)) storage.release();
  }
}

/** The stages of a compilation as text. */
export function describe(schedule: Schedule, builder: ModuleBuilder): { kernels: string; wat: string } {
  return { kernels: describeSchedule(schedule), wat: printModule(builder.definition) };
}

function bytesOf(type: TensorType): number {
  return sizeOf(type.shape) * byteSize(type.dtype);
}

/** Numbers to measure with: small positive ones, and integers that may be labels or indices. */
function exampleOf(type: TensorType): TypedArray {
  const size = sizeOf(type.shape);
  const value = (i: number) => {
    if (type.dtype === "float32") return ((i * 7919) % 1000) / 1000;
    const range = type.dtype === "int32" || type.dtype === "uint32" ? Math.max(size, 2) : 2;
    return (i * 7919) % range;
  };
  return newArray(
    type.dtype,
    Array.from({ length: size }, (_, i) => value(i)),
  );
}

function copyOf(bench: Pick<Bench, "allocate">, data: TypedArray): Storage {
  const storage = bench.allocate(data.byteLength);
  storage.write(data);
  return storage;
}
