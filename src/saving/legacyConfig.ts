import type { Config, Json } from "../utils/serialization.js";
import { isRecord } from "./json.js";

/**
 * Configurations of Keras 1 and 2, of TensorFlow.js, and of the `.h5` files of Keras 3, in the form of `.keras` files.
 *
 * The older form has no modules, says the shape of the input in the first layer, and writes calls as lists.
 */
export function modernConfig(value: Json): Json {
  if (!isRecord(value) || typeof value.class_name !== "string") return value as Json;
  const { class_name: className } = value;
  const config = (Array.isArray(value.config) ? { layers: value.config } : value.config) as Config;
  if (className === "Sequential") return sequential(config, value);
  if (className === "Functional" || className === "Model") return functional(config, value);
  return layer(value as Config);
}

function sequential(config: Config, rest: object): Json {
  const layers = (config.layers as readonly Config[]).map((part) => ({ ...part }));
  const [first] = layers as Config[];
  const shape = first && (first.config as Config | undefined)?.batch_input_shape;
  const input = shape && first.class_name !== "InputLayer" ? [inputLayer(first.config as Config)] : [];
  return {
    ...rest,
    module: "keras",
    class_name: "Sequential",
    config: { ...config, layers: [...input, ...layers.map(modernConfig)] },
    registered_name: null,
  };
}

function inputLayer(config: Config): Json {
  return {
    module: "keras.layers",
    class_name: "InputLayer",
    config: {
      batch_shape: config.batch_input_shape,
      dtype: config.dtype ?? "float32",
      name: `${config.name}_input`,
    },
    registered_name: null,
  };
}

function functional(config: Config, rest: object): Json {
  const layers = (config.layers as readonly Config[]).map((part) => ({
    ...(modernConfig(part) as Config),
    name: part.name,
    inbound_nodes: ((part.inbound_nodes ?? []) as readonly Json[]).map(call),
  }));
  return {
    ...rest,
    module: "keras.src.models.functional",
    class_name: "Functional",
    config: {
      ...config,
      layers: layers as Json,
      input_layers: alone(config.input_layers),
      output_layers: alone(config.output_layers),
    },
    registered_name: "Functional",
  };
}

/** A list of one place is that place: older models have lists always. */
function alone(places: Json): Json {
  return Array.isArray(places) && places.length === 1 && Array.isArray(places[0]) ? places[0] : places;
}

/** `[["dense", 0, 0, {}], …]`: the tensors that a layer was called on, and how. */
function call(node: Json): Json {
  if (!Array.isArray(node)) return node;
  const tensors = (isPlace(node) ? [node] : node) as unknown as readonly [string, number, number, Config?][];
  const kwargs = Object.fromEntries(
    Object.entries(tensors[0]?.[3] ?? {}).map(([name, value]) => [
      name,
      isPlace(value) ? tensor(value) : value,
    ]),
  );
  const given = tensors.map(tensor);
  return { args: [given.length === 1 ? given[0] : given], kwargs };
}

function isPlace(value: Json): boolean {
  return (
    Array.isArray(value) && value.length >= 3 && typeof value[0] === "string" && typeof value[1] === "number"
  );
}

function tensor(place: Json | readonly [string, number, number, Config?]): Json {
  const [name, index, result] = place as readonly [string, number, number];
  return { class_name: "__keras_tensor__", config: { keras_history: [name, index, result] } };
}

/** What older layers meant by a default that is another today. */
const MEANINGS: Readonly<Record<string, (config: Config) => Config>> = {
  GRU: (config) => ({ reset_after: false, ...config }),
  GRUCell: (config) => ({ reset_after: false, ...config }),
  LeakyReLU: ({ alpha, ...config }) => (alpha === undefined ? config : { ...config, negative_slope: alpha }),
  BatchNormalization: (config) =>
    Array.isArray(config.axis) ? { ...config, axis: config.axis[0] as Json } : config,
  InputLayer: ({ batch_input_shape: shape, ...config }) =>
    shape === undefined ? config : { ...config, batch_shape: shape },
};

function layer(value: Config): Json {
  const className = value.class_name as string;
  if (!isRecord(value.config)) return value;
  const { batch_input_shape: shape, ...others } = value.config as Config;
  const given = className === "InputLayer" ? (value.config as Config) : others;
  const meant = Object.hasOwn(MEANINGS, className) ? MEANINGS[className](given) : given;
  const config = Object.fromEntries(Object.entries(meant).map(([key, part]) => [key, modernPart(key, part)]));
  return { module: "keras.layers", registered_name: null, ...value, config };
}

/** Activations that Keras 3 gives another meaning under the same name. */
const ACTIVATIONS: Readonly<Record<string, string>> = { hard_sigmoid: "keratin>hard_sigmoid_keras2" };

function modernPart(key: string, value: Json): Json {
  if (/(^|_)activation$/.test(key) && typeof value === "string" && Object.hasOwn(ACTIVATIONS, value))
    return ACTIVATIONS[value];
  if (!isRecord(value) || typeof value.class_name !== "string") return value;
  // the layer of a wrapper
  if (/(^|_)layer$/.test(key)) return modernConfig(value as Json);
  if (
    value.class_name === "VarianceScaling" &&
    isRecord(value.config) &&
    value.config.distribution === "normal"
  )
    return { ...value, config: { ...value.config, distribution: "truncated_normal" } } as Json;
  return value as Json;
}

/** What `compile` was given, from the training configuration of Keras 1 and 2; undefined if there is none. */
export function modernCompileConfig(training: Json | undefined): Config | undefined {
  if (!isRecord(training) || !training.optimizer_config) return undefined;
  const { optimizer_config: optimizer, loss, metrics, weighted_metrics, loss_weights } = training as Config;
  return {
    optimizer,
    loss: loss ?? null,
    metrics: modernMetrics(metrics),
    weighted_metrics: modernMetrics(weighted_metrics),
    loss_weights: loss_weights ?? null,
  };
}

/** Keras 2 wraps names in lists and in objects that name a function. */
function modernMetrics(metrics: Json | undefined): Json {
  if (!Array.isArray(metrics) || metrics.length === 0) return null;
  return metrics.flat().map((metric: Json) => {
    if (!isRecord(metric) || metric.class_name !== "MeanMetricWrapper") return metric;
    return (metric.config as Config).fn ?? (metric.config as Config).name;
  });
}
