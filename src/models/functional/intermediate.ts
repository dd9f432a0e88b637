import { InputLayer } from "../../layers/core/inputLayer.js";
import { KerasTensor, nodeOf, replaceKerasTensors } from "../../ops/kerasTensor.js";
import { leaves, mapStructure, packAs, type Structure } from "../../ops/structure.js";
import { traversal } from "./graph.js";

/**
 * Lets a model begin at tensors that other layers gave: they are replaced by inputs of their own, and the calls from there to the
 * outputs are recorded again. Layers are shared, not copied.
 */
export function withInputsOfItsOwn(
  inputs: Structure<KerasTensor>,
  outputs: Structure<KerasTensor>,
): [inputs: Structure<KerasTensor>, outputs: Structure<KerasTensor>] {
  const flatInputs = leaves(inputs);
  if (flatInputs.every((tensor) => nodeOf(tensor)?.isInput)) return [inputs, outputs];
  const { order } = traversal(flatInputs, leaves(outputs));
  const replaced = new Map<KerasTensor, KerasTensor>();
  const newInputs = flatInputs.map((tensor) => {
    const own = nodeOf(tensor)?.isInput ? tensor : inputLike(tensor);
    replaced.set(tensor, own);
    return own;
  });
  const copy = (tensor: KerasTensor): KerasTensor => {
    let own = replaced.get(tensor);
    if (!own) {
      own = new KerasTensor(tensor.shape, tensor.dtype, `${tensor.name}_clone`);
      replaced.set(tensor, own);
    }
    return own;
  };
  for (const node of order) {
    if (node.isInput) {
      for (const tensor of node.outputTensors) replaced.set(tensor, tensor);
      continue;
    }
    const outputsOfNode = mapStructure<KerasTensor, KerasTensor>(node.outputs, copy);
    node.operation.record(
      replaceKerasTensors(node.args, copy) as unknown[],
      replaceKerasTensors(node.options, copy) as Record<string, unknown>,
      outputsOfNode,
    );
  }
  return [packAs(inputs, newInputs), mapStructure<KerasTensor, KerasTensor>(outputs, copy)];
}

function inputLike(tensor: KerasTensor): KerasTensor {
  return new InputLayer(tensor.shape.slice(1), {
    batchSize: tensor.shape[0],
    dtype: tensor.dtype,
    name: `${tensor.name}CLONE`,
  }).output;
}
