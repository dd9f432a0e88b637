import type { Storage } from "../backends/backend.js";
import { prepared } from "../compiler/prepare.js";
import * as lax from "../primitives/index.js";
import { compileGraph, currentBackend } from "../runtime/runtime.js";
import { byteSize, newArray, type TypedArray } from "../tensor/dtype.js";
import { sizeOf } from "../tensor/shape.js";
import { currentGraph, traceGraph } from "../trace/current.js";
import { evaluateGraph } from "../trace/evaluate.js";
import type { Graph, TensorType, Value } from "../trace/graph.js";
import type { HostArray } from "../trace/primitive.js";

/** Below this many elements a plain loop is done before a program would be compiled. */
const SMALL = 20_000;
/** Elements in a block of a large elementwise program. */
const BLOCK = 1 << 18;

/** Runs a graph once on host arrays. */
export function executeGraph(graph: Graph, inputs: readonly HostArray[]): HostArray[] {
  if (currentBackend().name === "reference" || work(graph) < SMALL)
    return evaluateGraph(prepared(graph), inputs);
  return executeInBlocks(graph, inputs) ?? executeCompiled(graph, inputs);
}

/** Roughly how many elements are computed. */
function work(graph: Graph): number {
  let elements = 0;
  for (const node of graph.nodes) {
    const size = node.outputs.reduce((sum, output) => sum + sizeOf(output.shape), 0);
    if (node.primitive.name === "scan" || node.primitive.name === "while") return Number.POSITIVE_INFINITY;
    if (node.primitive.name === "input") continue;
    const reads = node.primitive.elementwise
      ? 0
      : node.inputs.reduce((sum, input) => sum + sizeOf(input.shape), 0);
    // products and convolutions reuse what they read
    const reuse = node.primitive.name.startsWith("dot") || node.primitive.name.startsWith("conv_") ? 16 : 1;
    elements += (size + reads) * reuse;
  }
  return elements;
}

export function byteLengthOf(type: TensorType): number {
  return sizeOf(type.shape) * byteSize(type.dtype);
}

function executeCompiled(graph: Graph, inputs: readonly HostArray[]): HostArray[] {
  return withProgram(graph, (run) => {
    const results = run(inputs.map(({ data }) => data));
    return graph.outputs.map(({ shape, dtype }, i) => ({ shape, dtype, data: results[i] }));
  });
}

/** What a graph gives for inputs; one that is undefined stays what it was in the call before. */
type Run = (inputs: readonly (TypedArray | undefined)[]) => TypedArray[];

/** Compiles a graph, gives it memory, lets `use` run it as often as it wants, and takes the memory back. */
function withProgram<R>(graph: Graph, use: (run: Run) => R): R {
  const backend = currentBackend();
  const allocated: Storage[] = [];
  const allocate = (type: TensorType) => {
    const storage = backend.allocate(byteLengthOf(type));
    allocated.push(storage);
    return storage;
  };
  try {
    const given = graph.inputs.map(allocate);
    const results = graph.outputs.map(allocate);
    const program = compileGraph(graph).bind(given, results);
    try {
      return use((inputs) => {
        for (const [i, data] of inputs.entries()) if (data) given[i].write(data);
        program.run(1);
        return graph.outputs.map(({ shape, dtype }, i) => results[i].read(dtype, sizeOf(shape)));
      });
    } finally {
      program.release();
    }
  } finally {
    for (const storage of allocated) storage.release();
  }
}

/**
 * Large elementwise work (60,000 images divided by 255) goes through a small program block by block, so that the
 * backend's memory need not hold it at once.
 * @returns undefined if the graph is not elementwise over one shape
 */
function executeInBlocks(graph: Graph, inputs: readonly HostArray[]): HostArray[] | undefined {
  if (graph.outputs.length !== 1) return undefined;
  const [output] = graph.outputs;
  const size = sizeOf(output.shape);
  const full = (type: TensorType) => sizeOf(type.shape) === size;
  const single = (type: TensorType) => sizeOf(type.shape) === 1;
  const elementwise = graph.nodes.every((node) => {
    const { name } = node.primitive;
    if (name === "input" || name === "constant") return full(node.outputs[0]) || single(node.outputs[0]);
    if (name === "broadcast_in_dim" || name === "reshape") return single(node.inputs[0]);
    return node.primitive.elementwise !== undefined;
  });
  if (
    !elementwise ||
    size <= BLOCK ||
    graph.nodes.some((n) => n.primitive.name === "constant" && full(n.outputs[0]))
  ) {
    return undefined;
  }
  const data = newArray(output.dtype, size);
  withProgram(resized(graph, size), (run) => {
    for (let start = 0; start < size; start += BLOCK) {
      // the last block is no shorter, it starts earlier: what it computes again comes out the same
      const from = Math.min(start, size - BLOCK);
      const parts = inputs.map((input) => {
        if (full(input)) return input.data.subarray(from, from + BLOCK);
        return start === 0 ? input.data : undefined;
      });
      data.set(run(parts)[0], from);
    }
  });
  return [{ shape: output.shape, dtype: output.dtype, data }];
}

/** The same elementwise graph over one axis of `BLOCK` elements in place of its `size` ones. */
function resized(graph: Graph, size: number): Graph {
  const shapeFor = (type: TensorType) => (sizeOf(type.shape) === size ? [BLOCK] : type.shape);
  return traceGraph(
    graph.inputs.map((input) => ({ shape: shapeFor(input), dtype: input.dtype })),
    (...inputs) => {
      const values = new Map<Value, Value>(graph.inputs.map((input, i) => [input, inputs[i]]));
      for (const node of graph.nodes) {
        if (node.primitive.name === "input") continue;
        const [result] = node.outputs;
        const operands = node.inputs.map((input) => values.get(input) as Value);
        const widens = node.primitive.name === "broadcast_in_dim" && sizeOf(result.shape) === size;
        const value = widens
          ? lax.broadcastInDim(lax.reshape(operands[0], []), [BLOCK], [])
          : currentGraph().add(node.primitive, node.params, operands)[0];
        values.set(result, value);
      }
      return graph.outputs.map((output) => values.get(output) as Value);
    },
  );
}
