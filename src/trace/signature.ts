import { constantData, formatType, Graph, type Node, type Value } from "./graph.js";

/**
 * What a graph computes, as text: two graphs of equal signature are the same program. `KERATIN_DEBUG=graph`
 * prints it.
 */
export function signature(graph: Graph, indent = ""): string {
  const lines = graph.nodes
    .filter((node) => node.primitive.name !== "input")
    .map((node) => `${indent}${node.outputs.map(typed).join(", ")} = ${application(node, indent)}`);
  const updates = [...graph.updates].map(([output, input]) => `${output}→${input}`).join(" ");
  const advancing = graph.advancing > 0 ? ` advancing ${graph.advancing}` : "";
  const sparse = graph.sparse.size > 0 ? ` sparse ${[...graph.sparse].join(" ")}` : "";
  return [
    `${indent}inputs ${graph.inputs.map(typed).join(", ")}${advancing}${sparse}`,
    ...lines,
    `${indent}outputs ${graph.outputs.map(name).join(", ")}${updates ? ` updates ${updates}` : ""}`,
  ].join("\n");
}

function name(value: Value): string {
  return value.node.outputs.length === 1 ? `%${value.node.id}` : `%${value.node.id}.${value.index}`;
}

function typed(value: Value): string {
  return `${name(value)}:${formatType(value)}`;
}

function application(node: Node, indent: string): string {
  const data = constantData(node.outputs[0]);
  if (data) return `constant ${Array.from(data, (v) => (Object.is(v, -0) ? "-0" : String(v))).join(" ")}`;
  const params = Object.entries(node.params).map(([key, value]) =>
    value instanceof Graph
      ? `${key}={\n${signature(value, `${indent}  `)}\n${indent}}`
      : `${key}=${JSON.stringify(value)}`,
  );
  return [node.primitive.name, ...node.inputs.map(name), ...params].join(" ");
}
