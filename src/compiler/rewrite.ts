import { withGraph } from "../trace/current.js";
import { Graph, inputPrimitive, type Node, type Value } from "../trace/graph.js";

/** What takes the place of a node with one output; undefined leaves the node as it is. */
export type Rule = (node: Node, inputs: readonly Value[]) => Value | undefined;

/**
 * The graph with other operations in place of some; itself if it has none that a rule is for. Sums have another order afterwards, so this is done before any
 * backend sees the graph.
 *
 * @param rules by the name of the primitive
 */
export function rewritten(graph: Graph, rules: Readonly<Record<string, Rule>>): Graph {
  if (!graph.nodes.some(({ primitive }) => primitive.name in rules)) return graph;
  const result = new Graph();
  return withGraph(result, () => {
    const replaced = result.takeInputs(graph);
    for (const node of graph.nodes) {
      if (node.primitive === inputPrimitive) continue;
      const inputs = node.inputs.map((input) => replaced.get(input) as Value);
      const value = rules[node.primitive.name]?.(node, inputs);
      const outputs = value ? [value] : result.add(node.primitive, node.params, inputs);
      for (const [i, output] of node.outputs.entries()) replaced.set(output, outputs[i]);
    }
    result.outputs = graph.outputs.map((output) => replaced.get(output) as Value);
    for (const [output, input] of graph.updates) result.updates.set(output, input);
    return result;
  });
}
