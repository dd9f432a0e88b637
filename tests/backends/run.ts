import { expect } from "vitest";
import type { Storage } from "../../src/backends/backend.js";
import { wasmBackend } from "../../src/backends/wasm/wasmBackend.js";
import { prepareConvolution } from "../../src/runtime/convolution.js";
import { prepareLoops } from "../../src/runtime/loops.js";
import { preparePooling } from "../../src/runtime/pooling.js";
import { prepareTopK } from "../../src/runtime/topK.js";
import { byteSize, type TypedArray } from "../../src/tensor/dtype.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { traceGraph } from "../../src/trace/current.js";
import { evaluateGraph } from "../../src/trace/evaluate.js";
import type { Graph, TensorType, Value } from "../../src/trace/graph.js";
import type { HostArray } from "../../src/trace/primitive.js";
import { signature } from "../../src/trace/signature.js";
import { atTheEdges, threadByThread } from "./edges.js";

// what examples pool, repeat, convolve and select does not come through `ops`
preparePooling();
prepareLoops();
prepareConvolution();
prepareTopK();

/** A function of values, traced for these arrays. */
export function traced(
  inputs: readonly TensorType[],
  build: (...values: Value[]) => readonly Value[],
): Graph {
  return traceGraph(inputs, build);
}

/** The results by the primitives' own definitions. */
export function byDefinition(graph: Graph, inputs: readonly HostArray[]): HostArray[] {
  return evaluateGraph(graph, inputs);
}

/** The results of generated code, also where an operation would be too small to be worth it. */
export function byWasm(graph: Graph, inputs: readonly HostArray[]): TypedArray[] {
  return stepByStep(graph, [inputs])[0];
}

/** The results of generated code in each of several steps with inputs of their own, bound to the same memory. */
export function stepByStep(graph: Graph, steps: readonly (readonly HostArray[])[]): TypedArray[][] {
  const storages: Storage[] = [];
  const allocate = (type: TensorType) => {
    const storage = wasmBackend.allocate(sizeOf(type.shape) * byteSize(type.dtype));
    storages.push(storage);
    return storage;
  };
  const given = graph.inputs.map(allocate);
  const results = graph.outputs.map(allocate);
  const program = wasmBackend.compile(graph).bind(given, results);
  const found = steps.map((inputs) => {
    for (const [i, { data }] of inputs.entries()) given[i].write(data);
    program.run(1);
    return graph.outputs.map(({ shape, dtype }, i) => results[i].read(dtype, sizeOf(shape)));
  });
  program.release();
  for (const storage of storages) storage.release();
  return found;
}

/** Numbers of threads, in the orders in which they run. */
const THREADS = [
  [0, 1],
  [2, 1, 0],
];

/**
 * Generated code gives the bits of the definition (all NaN count as one), wherever its memory lies and however its phases are
 * shared out.
 */
export function expectSameBits(graph: Graph, inputs: readonly HostArray[]): void {
  const expected = byDefinition(graph, inputs);
  const shared = THREADS.map((order) => threadByThread(graph, inputs, order));
  for (const found of [byWasm(graph, inputs), ...atTheEdges(graph, inputs), ...shared]) {
    for (const [k, { data }] of expected.entries()) {
      const at = data.findIndex((value, i) => !Object.is(value, found[k][i]));
      if (at < 0 && found[k].length === data.length) continue;
      expect.fail(
        `result ${k}, element ${at}: wasm gives ${found[k][at]}, the definition ${data[at]}, in\n${signature(graph)}`,
      );
    }
  }
}
