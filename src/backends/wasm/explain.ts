import type { Schedule } from "../../compiler/schedule.js";
import { byteSize, newArray } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import type { Graph, TensorType } from "../../trace/graph.js";
import type { Storage } from "../backend.js";
import { describeSchedule, Explanation } from "../explanation.js";
import type { ModuleBuilder } from "./assembler/index.js";
import { printModule } from "./assembler/text.js";
import { measure, PhaseMarks } from "./measure.js";

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

/** Runs a program on example data, so that nothing of the user's changes, and says where its time goes. */
export function explainProgram(graph: Graph, schedule: Schedule, bench: Bench): Explanation {
  const inputs = graph.inputs.map((input) => exampleOf(bench, input));
  const outputs = graph.outputs.map((output, i) => {
    const updated = graph.updates.get(i);
    return updated === undefined ? bench.allocate(bytesOf(output)) : inputs[updated];
  });
  const marks = new PhaseMarks();
  const program = bench.start(inputs, outputs, marks.mark);
  try {
    return new Explanation(schedule, measure(program.exports, schedule, marks, program.run));
  } finally {
    program.release();
    for (const storage of new Set([...inputs, ...outputs])) storage.release();
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
function exampleOf(bench: Bench, type: TensorType): Storage {
  const size = sizeOf(type.shape);
  const storage = bench.allocate(bytesOf(type));
  const value = (i: number) => {
    if (type.dtype === "float32") return ((i * 7919) % 1000) / 1000;
    const range = type.dtype === "int32" || type.dtype === "uint32" ? Math.max(size, 2) : 2;
    return (i * 7919) % range;
  };
  storage.write(
    newArray(
      type.dtype,
      Array.from({ length: size }, (_, i) => value(i)),
    ),
  );
  return storage;
}
