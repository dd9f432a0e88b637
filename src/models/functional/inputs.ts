import { expandDims, squeeze } from "../../ops/arrays.js";
import { KerasTensor } from "../../ops/kerasTensor.js";
import { maskOf, setMask } from "../../ops/mask.js";
import { knownShape } from "../../ops/outputSpec.js";
import { isDictionary, leaves, mapStructure, type Structure, sameStructure } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape } from "../../tensor/shape.js";
import type { FunctionalGraph } from "./graph.js";

/**
 * What a functional model was given, in the order of its inputs and in their dtypes. A dictionary may name the inputs of a model
 * that was made with an array, `(n, 1)` may stand for `(n,)` and the reverse.
 * @throws if structure or shapes do not fit
 */
export function standardizeInputs(
  model: string,
  graph: FunctionalGraph,
  inputs: Structure<Tensor>,
): Tensor[] {
  return leaves(inThatStructure(model, graph, inputs)).map((x, i) => fitted(model, graph, i, x));
}

function inThatStructure(
  model: string,
  graph: FunctionalGraph,
  inputs: Structure<Tensor>,
): Structure<Tensor> {
  const expected = graph.inputs;
  if (sameStructure(inputs, expected)) return inputs;
  const flat = graph.flatInputs;
  const names = flat.map(nameOf);
  if (isDictionary(inputs) && !isDictionary(expected) && names.every((name) => name in inputs))
    return names.map((name) => inputs[name] as Structure<Tensor>);
  const given = leaves(inputs);
  const single = flat.length === 1 && given.length === 1;
  const list = isDictionary(expected) && Array.isArray(inputs) && given.length === flat.length;
  if (single || list) return given;
  throw new Error(
    `The structure of \`inputs\` doesn't match what model '${model}' expects.\n` +
      `Expected: ${described(expected)}\nReceived: ${described(inputs)}`,
  );
}

/** An input is called as its layer is. */
function nameOf(input: KerasTensor): string {
  return input.history?.operation.name ?? input.name;
}

function fitted(model: string, graph: FunctionalGraph, index: number, given: Tensor): Tensor {
  const reference = graph.flatInputs[index];
  const x = withRank(given, reference);
  const fits =
    x?.rank === reference.rank &&
    reference.shape.every((extent, axis) => axis === 0 || extent === null || extent === x.shape[axis]);
  if (!x || !fits) {
    const first = graph.nodes.find(({ inputTensors }) => inputTensors.includes(reference));
    throw new Error(
      `Input ${index} '${nameOf(reference)}' of model '${model}'${first ? ` (first layer '${first.operation.name}')` : ""} is incompatible with the data: ` +
        `expected shape=${formatShape(reference.shape)}, found shape=${formatShape(knownShape(given.shape))}. Reshape the data, or change Input.`,
    );
  }
  const converted = x.astype(reference.dtype);
  const mask = maskOf(given);
  if (mask && converted !== given) setMask(converted, mask);
  return converted;
}

function withRank(x: Tensor, { shape }: KerasTensor): Tensor | undefined {
  if (x.rank === shape.length) return x;
  if (x.rank === shape.length + 1 && x.shape[x.rank - 1] === 1) return squeeze(x, -1);
  if (x.rank === shape.length - 1 && shape[shape.length - 1] === 1) return expandDims(x, -1);
  return undefined;
}

function described(structure: Structure<Tensor | KerasTensor>): string {
  const text = mapStructure<Tensor | KerasTensor, string>(structure, (x) =>
    x instanceof KerasTensor
      ? `${nameOf(x)} ${formatShape(x.shape)}`
      : `tensor ${formatShape(knownShape(x.shape))}`,
  );
  return JSON.stringify(text).replaceAll('"', "");
}
