import type { Node, Value } from "./graph.js";

/**
 * Reverse-mode differentiation inside of one graph: appends to it what computes the cotangents of `inputs`.
 *
 * @param outputs float32 values
 * @param cotangents one of the same shape for each output
 * @param inputs values that `outputs` are computed from
 * @param sum sums cotangents of one value
 * @returns the cotangent of each input; undefined where the outputs do not depend on it
 * @throws if a primitive on the way has no derivative
 */
export function gradient(
  outputs: readonly Value[],
  cotangents: readonly Value[],
  inputs: readonly Value[],
  sum: (cotangents: readonly Value[]) => Value,
): (Value | undefined)[] {
  const flowing = new Map<Value, Value[]>();
  const accumulate = (value: Value, cotangent: Value) => {
    flowing.set(value, [...(flowing.get(value) ?? []), cotangent]);
  };
  const sumFor = (value: Value): Value | undefined => {
    const parts = flowing.get(value);
    if (!parts) return undefined;
    const total = parts.length === 1 ? parts[0] : sum(parts);
    flowing.set(value, [total]);
    return total;
  };
  for (const [i, output] of outputs.entries()) accumulate(output, cotangents[i]);

  const wanted = dependents(inputs, outputs);
  for (const node of wanted) {
    const seeds = node.outputs.map(sumFor);
    if (seeds.every((seed) => seed === undefined)) continue;
    const { primitive } = node;
    if (!primitive.vjp) {
      if (node.outputs.every((output) => output.dtype !== "float32")) continue;
      throw new Error(`The operation \`${primitive.name}\` has no derivative, but the result depends on it.`);
    }
    const results = primitive.vjp({
      cotangents: seeds,
      inputs: node.inputs,
      outputs: node.outputs,
      params: node.params,
    });
    for (const [i, cotangent] of results.entries()) {
      if (cotangent && node.inputs[i].dtype === "float32") accumulate(node.inputs[i], cotangent);
    }
  }
  return inputs.map(sumFor);
}

/** The nodes between `inputs` and `outputs`, last first. */
function dependents(inputs: readonly Value[], outputs: readonly Value[]): Node[] {
  if (outputs.length === 0) return [];
  const last = Math.max(...outputs.map((output) => output.node.id));
  const reached = new Set<Value>(inputs);
  const nodes: Node[] = [];
  for (const node of outputs[0].graph.nodes) {
    if (node.id > last) break;
    // a node that makes one of the inputs is where differentiation stops
    if (
      node.outputs.some((output) => reached.has(output)) &&
      !node.inputs.some((input) => reached.has(input))
    )
      continue;
    if (!node.inputs.some((input) => reached.has(input))) continue;
    for (const output of node.outputs) reached.add(output);
    nodes.push(node);
  }
  return nodes.reverse();
}
