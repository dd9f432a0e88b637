import { currentGraph, traceGraph } from "../trace/current.js";
import { type Graph, inputPrimitive, type Node, type Value } from "../trace/graph.js";

/** Copies a graph into the current one, with `inputs` in place of its own. */
export function inlineGraph(graph: Graph, inputs: readonly Value[]): Value[] {
  return copied(graph.nodes, new Map(graph.inputs.map((input, i) => [input, inputs[i]])), graph.outputs);
}

/**
 * The part of a graph that computes `outputs` from `inputs`, as a graph of its own.
 * @param inputs any values of the graph; what they are computed from is left out
 */
export function partBetween(inputs: readonly Value[], outputs: readonly Value[]): Graph {
  return traceGraph(inputs, (...given) => {
    const known = new Map(inputs.map((input, i) => [input, given[i]]));
    return copied([...between(inputs, outputs)], known, outputs);
  });
}

/** The nodes that `outputs` need, apart from what `inputs` are computed from; in the graph's order. */
export function between(inputs: Iterable<Value>, outputs: readonly Value[]): Set<Node> {
  const given = new Set(inputs);
  const needed = new Set<Node>();
  const visit = (value: Value) => {
    if (given.has(value) || needed.has(value.node)) return;
    needed.add(value.node);
    value.node.inputs.forEach(visit);
  };
  outputs.forEach(visit);
  return new Set([...needed].sort((a, b) => a.id - b.id));
}

function copied(nodes: readonly Node[], copies: Map<Value, Value>, outputs: readonly Value[]): Value[] {
  for (const node of nodes) {
    if (node.primitive === inputPrimitive) continue;
    const operands = node.inputs.map((input) => copies.get(input) as Value);
    const results = currentGraph().add(node.primitive, node.params, operands);
    // what is given is not computed
    for (const [i, output] of node.outputs.entries()) if (!copies.has(output)) copies.set(output, results[i]);
  }
  return outputs.map((output) => copies.get(output) as Value);
}
