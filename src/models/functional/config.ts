import { Layer } from "../../layers/layer.js";
import { serialize } from "../../layers/serialize.js";
import { type GraphOperation, KerasTensor, type Node } from "../../ops/kerasTensor.js";
import type { OperationNode } from "../../ops/operation.js";
import { isDictionary, mapStructure, type Structure } from "../../ops/structure.js";
import { Tensor } from "../../ops/tensor.js";
import { Variable } from "../../ops/variable.js";
import { snakeCase } from "../../utils/naming.js";
import type { Config, Json } from "../../utils/serialization.js";
import type { FunctionalGraph } from "./graph.js";

/** A call's place: the layer's name, which of its calls in the model, which result. */
type Place = readonly [name: string, call: number, result: number];

/**
 * The part of Keras's configuration that says what a functional model consists of.
 * @param isFunctional whether a nested model counts its calls from 1, as Keras does for functional ones
 */
export function graphConfig(graph: FunctionalGraph, isFunctional: (layer: Layer) => boolean): Config {
  const placeOf = (tensor: KerasTensor): Place => {
    const { operation, nodeIndex, tensorIndex } = historyOf(tensor);
    return [operation.name, graph.callsOf(operation).indexOf(nodeIndex), tensorIndex];
  };
  const endOf = (tensor: KerasTensor): Json => {
    const [name, call, result] = placeOf(tensor);
    const { operation } = historyOf(tensor);
    return [name, operation instanceof Layer && isFunctional(operation) ? call + 1 : call, result];
  };
  const layers = graph.operations.map((operation) => ({
    ...(serializeOperation(operation) as Config),
    name: operation.name,
    inbound_nodes: graph.callsOf(operation).flatMap((i) => {
      const node = operation.inboundNodes[i];
      return node.isInput ? [] : [nodeConfig(node, placeOf)];
    }),
  }));
  return {
    layers: layers as Json,
    input_layers: mapStructure<KerasTensor, Json>(graph.inputs, endOf) as Json,
    output_layers: mapStructure<KerasTensor, Json>(graph.outputs, endOf) as Json,
  };
}

function historyOf(tensor: KerasTensor) {
  if (!tensor.history) throw new Error(`${tensor} does not come from a layer.`);
  return tensor.history;
}

function serializeOperation(operation: GraphOperation): Json {
  if (operation instanceof Layer) return serialize(operation);
  const { module, className } = operation as OperationNode;
  return { module, class_name: className, config: operation.getConfig(), registered_name: className };
}

/** Arguments that Keras's `call` requires stand in `args`, all others in `kwargs`. */
function nodeConfig(node: Node, placeOf: (tensor: KerasTensor) => Place): Json {
  const serializeArgument = (value: unknown): Json => argumentConfig(value, placeOf);
  const required =
    node.operation instanceof Layer
      ? requiredArguments(node.operation).filter((name) => node.options[name] !== undefined)
      : [];
  const others = Object.entries(node.options).filter(([name]) => !required.includes(name));
  return {
    args: [...node.args, ...required.map((name) => node.options[name])].map(serializeArgument),
    kwargs: Object.fromEntries(others.map(([name, value]) => [snakeCase(name), serializeArgument(value)])),
  };
}

/** What Keras's `call` requires behind the inputs. */
function requiredArguments(layer: Layer): string[] {
  const [, ...others] = (layer.constructor as typeof Layer).callArguments;
  return others.filter((name) => !name.includes("=") && name !== "mask" && name !== "training");
}

function argumentConfig(value: unknown, placeOf: (tensor: KerasTensor) => Place): Json {
  if (value instanceof KerasTensor) {
    const { shape, dtype } = value;
    return { class_name: "__keras_tensor__", config: { shape, dtype, keras_history: [...placeOf(value)] } };
  }
  if (value instanceof Tensor || value instanceof Variable) {
    const t = value instanceof Variable ? value.value : value;
    return { class_name: "__tensor__", config: { value: t.toArray() as Json, dtype: t.dtype } };
  }
  if (ArrayBuffer.isView(value))
    return argumentConfig(Array.from(value as unknown as ArrayLike<number>), placeOf);
  if (Array.isArray(value)) return value.map((part) => argumentConfig(part, placeOf));
  if (isDictionary(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [key, argumentConfig(part, placeOf)]),
    );
  return (value ?? null) as Json;
}

/** A structure of `[name, call, result]`, as configurations name tensors. */
export function mapPlaces<T>(places: Json, fn: (place: Place) => T): Structure<T> {
  const isPlace = (value: unknown): boolean =>
    Array.isArray(value) && value.length === 3 && typeof value[0] === "string";
  return mapStructure<Place, T>(places as unknown as Structure<Place>, fn, isPlace);
}
