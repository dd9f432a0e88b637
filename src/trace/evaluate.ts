import { type Graph, inputPrimitive, type Value } from "./graph.js";
import type { HostArray } from "./primitive.js";

/** Computes a graph node by node with the primitives' reference semantics. */
export function evaluateGraph(graph: Graph, inputs: readonly HostArray[]): HostArray[] {
  const arrays = new Map<Value, HostArray>();
  for (const [i, input] of graph.inputs.entries()) arrays.set(input, inputs[i]);
  const lastUse = new Map<Value, number>();
  for (const node of graph.nodes) for (const input of node.inputs) lastUse.set(input, node.id);
  const kept = new Set(graph.outputs);
  for (const node of graph.nodes) {
    if (node.primitive === inputPrimitive) continue;
    const operands = node.inputs.map((input) => arrays.get(input) as HostArray);
    const results = node.primitive.evaluate(operands, node.params, node.outputs);
    for (const [i, output] of node.outputs.entries()) {
      arrays.set(output, { shape: output.shape, dtype: output.dtype, data: results[i] });
    }
    for (const input of node.inputs)
      if (lastUse.get(input) === node.id && !kept.has(input)) arrays.delete(input);
  }
  return graph.outputs.map((output) => arrays.get(output) as HostArray);
}
