import { InputLayer } from "../layers/core/inputLayer.js";
import { type CallOptions, Layer, type LayerInputs, type LayerOutputs } from "../layers/layer.js";
import * as registry from "../layers/registry.js";
import * as ops from "../ops/index.js";
import type { GraphOperation, KerasTensor, Node } from "../ops/kerasTensor.js";
import type { NestedArray } from "../ops/nested.js";
import { definitionOf, type OperationDefinition, OperationNode } from "../ops/operation.js";
import { isDictionary, leaves, type Structure } from "../ops/structure.js";
import { tensor } from "../ops/tensor.js";
import { restoreCompiled } from "../saving/deserialize.js";
import type { DType } from "../tensor/dtype.js";
import { type Config, camelCaseKeys, type Json, type SerializableClass } from "../utils/serialization.js";
import { mapPlaces } from "./functional/config.js";
import { Model } from "./model.js";
import { Sequential } from "./sequential.js";

/** Any model, whatever its outputs are. */
export interface AnyModel extends Omit<Model, "call" | "predict" | "predictOnBatch"> {
  call(inputs: LayerInputs, options: CallOptions): LayerOutputs;
  predict(...args: Parameters<Model["predict"]>): Promise<LayerOutputs>;
  predictOnBatch(...args: Parameters<Model["predictOnBatch"]>): Promise<LayerOutputs>;
}

/** As the class, within. */
type SomeModel = Model<Structure<KerasTensor>>;

/**
 * A layer or model from Keras's dictionary.
 * @throws if a class is unknown or the configuration does not describe a model
 */
export function deserialize(config: Json): Layer {
  registerModels();
  return registry.deserialize(config);
}

/** Makes models known to `layers.deserialize`. Called rather than done on import, so that bundlers keep the classes. */
export function registerModels(): void {
  for (const cls of modelClasses) registry.register(cls);
  registry.finishWith(restoreCompiled);
}

const modelClasses: readonly SerializableClass<Layer>[] = [
  { className: "Sequential", module: "keras", fromConfig: sequentialFromConfig },
  {
    className: "Functional",
    module: "keras.src.models.functional",
    fromConfig: (config) => functionalFromConfig(config),
  },
  { className: "Model", module: "keras", fromConfig: (config) => functionalFromConfig(config) },
];

function sequentialFromConfig(config: Config): Sequential {
  const layers = (config.layers as readonly Json[]).map((layer) => deserialize(layer));
  const model = new Sequential(layers, {
    name: config.name as string | undefined,
    trainable: config.trainable as boolean | undefined,
  });
  const shape = config.build_input_shape;
  if (!model.built && Array.isArray(shape)) model.build(shape as (number | null)[]);
  return model;
}

/** What a layer of a functional model still has to be called on. */
interface Pending {
  readonly operation: GraphOperation;
  readonly calls: Json[];
}

function functionalFromConfig(config: Config, make = deserializeOperation): SomeModel {
  const made = new Map<string, GraphOperation>();
  const pending: Pending[] = (config.layers as readonly Config[]).map((layer) => {
    const operation = make(layer);
    made.set(layer.name as string, operation);
    return { operation, calls: [...((layer.inbound_nodes ?? []) as readonly Json[])] };
  });
  const find = (name: string): GraphOperation => {
    const operation = made.get(name);
    if (!operation)
      throw new Error(`Invalid configuration of a functional model: there is no layer '${name}'.`);
    return operation;
  };
  // a call waits until those before it are there
  for (let waiting = pending.filter(({ calls }) => calls.length > 0); waiting.length > 0; ) {
    let progress = false;
    for (const { operation, calls } of waiting) {
      while (calls.length > 0 && repeatCall(operation, calls[0], find)) {
        calls.shift();
        progress = true;
      }
    }
    if (!progress) {
      throw new Error(
        `Invalid configuration of a functional model: it has loops or disconnected nodes at ${waiting.map(({ operation }) => `'${operation.name}'`).join(", ")}.`,
      );
    }
    waiting = waiting.filter(({ calls }) => calls.length > 0);
  }
  const end = ([name, call, result]: readonly [string, number, number]): KerasTensor => {
    const operation = find(name);
    const index = isFunctional(operation) ? call - 1 : call;
    const found = operation.inboundNodes[index]?.outputTensors[result];
    if (found) return found;
    throw new Error(
      `Invalid configuration of a functional model: '${name}' has no result ${result} of call ${call}.`,
    );
  };
  return new Model<Structure<KerasTensor>>({
    inputs: mapPlaces(config.input_layers as Json, end),
    outputs: mapPlaces(config.output_layers as Json, end),
    name: (config.name ?? undefined) as string | undefined,
    trainable: (config.trainable ?? undefined) as boolean | undefined,
  });
}

/** Whether Keras counts an operation's calls from 1: it does for nested functional models. */
function isFunctional(operation: GraphOperation): boolean {
  return Object.getPrototypeOf(operation) === Model.prototype;
}

function deserializeOperation(config: Config): GraphOperation {
  const module = config.module;
  if (typeof module !== "string" || !module.startsWith("keras.src.ops.")) return deserialize(config);
  const className = config.class_name as string;
  const definition = operations().get(className);
  if (definition) return OperationNode.fromConfig(definition, config.config as Config);
  throw new Error(`Unknown operation: '${className}' of module '${module}'.`);
}

let byClass: Map<string, OperationDefinition> | undefined;

function operations(): ReadonlyMap<string, OperationDefinition> {
  byClass ??= new Map(
    [...Object.values(ops), ...Object.values(ops.image)].flatMap((fn) => {
      const definition = definitionOf(fn);
      return definition ? [[definition.signature.className, definition] as const] : [];
    }),
  );
  return byClass;
}

/** Calls a layer as a node says. @returns false if what it is called on is not there yet */
function repeatCall(operation: GraphOperation, call: Json, find: (name: string) => GraphOperation): boolean {
  const { args, kwargs } = call as { args: readonly Json[]; kwargs: Config };
  const missing = Symbol("missing");
  const revive = (value: Json): unknown => {
    if (Array.isArray(value)) return value.map(revive);
    if (!isDictionary(value)) return value ?? undefined;
    if (value.class_name === "__keras_tensor__") {
      const [name, index, result] = (value.config as Config).keras_history as [string, number, number];
      const node: Node | undefined = find(name).inboundNodes[index];
      return node?.outputTensors[result] ?? missing;
    }
    if (value.class_name === "__tensor__" || value.class_name === "__numpy__") {
      const { value: data, dtype } = value.config as { value: NestedArray; dtype: DType };
      return tensor(data, undefined, dtype);
    }
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, revive(part as Json)]));
  };
  const given = args.map(revive);
  const options = camelCaseKeys(Object.fromEntries(Object.entries(kwargs).map(([k, v]) => [k, revive(v)])));
  if (leaves([given, options] as Structure<unknown>).includes(missing)) return false;
  if (operation instanceof OperationNode) operation.apply(given, options);
  else if (operation instanceof Layer) {
    const names = (operation.constructor as typeof Layer).callArguments.map((name) => name.split("=")[0]);
    for (const [i, value] of given.slice(1).entries()) options[names[i + 1]] = value;
    (operation.apply as (inputs: unknown, options: object) => unknown)(given[0], options);
  }
  return true;
}

/**
 * A model of the same architecture with new weights, from `model.toJSON()`.
 * @throws if a class is unknown or the text does not describe a model
 * @see https://keras.io/api/models/model_saving_apis/model_config_serialization/
 */
export function modelFromJSON<Outputs extends Structure<KerasTensor> = KerasTensor>(
  json: string,
): Model<Outputs> {
  return asModel(deserialize(JSON.parse(json) as Json)) as unknown as Model<Outputs>;
}

/**
 * A model of the same architecture with new weights. Layers are made again from their configurations.
 * @param options `cloneFunction` makes a layer's counterpart (default: an equal layer), and may return the layer itself
 * @see https://keras.io/api/models/model_saving_apis/model_config_serialization/#clonemodel-function
 */
export function cloneModel<M extends AnyModel>(
  model: M,
  options: { readonly cloneFunction?: (layer: Layer) => Layer } = {},
): M {
  return cloned(model as unknown as SomeModel, options.cloneFunction) as unknown as M;
}

function cloned(model: SomeModel, cloneFunction: ((layer: Layer) => Layer) | undefined): SomeModel {
  const counterpart = (layer: Layer): Layer => {
    if (layer instanceof InputLayer) return again(layer);
    if (cloneFunction) return cloneFunction(layer);
    return layer instanceof Model && layer.graph ? cloned(layer, undefined) : again(layer);
  };
  if (model instanceof Sequential) {
    const input = model.graph ? [model.graph.operations[0] as Layer] : [];
    const layers = [...input, ...model.layers].map(counterpart);
    return new Sequential(layers, { name: model.name, trainable: model.trainable }) as unknown as SomeModel;
  }
  const { graph } = model;
  if (!graph || Object.getPrototypeOf(model) !== Model.prototype) return asModel(again(model));
  const originals = new Map(graph.operations.map((operation) => [operation.name, operation]));
  return functionalFromConfig(model.getConfig(), (config) => {
    const original = originals.get(config.name as string) as GraphOperation;
    if (original instanceof Layer) return counterpart(original);
    const { definition, settings } = original as OperationNode;
    return new OperationNode(definition, settings, original.name);
  });
}

/** An equal layer with new weights. */
function again(layer: Layer): Layer {
  return (layer.constructor as typeof Layer).fromConfig(layer.getConfig());
}

function asModel(layer: Layer): SomeModel {
  if (layer instanceof Model) return layer;
  throw new Error(`The configuration describes the layer '${layer.name}', not a model.`);
}
