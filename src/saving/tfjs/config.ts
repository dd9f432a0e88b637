import type { Config, Json } from "../../utils/serialization.js";
import { isRecord } from "../json.js";

/** The layers that TensorFlow.js has under the same names. */
const LAYERS = new Set(
  (
    "Activation Add Average AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization Bidirectional " +
    "CategoryEncoding CenterCrop Concatenate Conv1D Conv2D Conv2DTranspose Conv3D Conv3DTranspose Cropping2D Dense " +
    "DepthwiseConv2D Dot Dropout ELU Embedding Flatten GRU GRUCell GaussianDropout GaussianNoise GlobalAveragePooling1D " +
    "GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D InputLayer LSTM LSTMCell LayerNormalization LeakyReLU " +
    "Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum Multiply PReLU Permute RNN ReLU RepeatVector " +
    "Rescaling Reshape Resizing SeparableConv2D SimpleRNN SimpleRNNCell Softmax SpatialDropout1D StackedRNNCells " +
    "ThresholdedReLU TimeDistributed UpSampling2D ZeroPadding2D AlphaDropout"
  ).split(" "),
);

/** Keras's name → what TensorFlow.js calls the same function. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  "keratin>hard_sigmoid_keras2": "hard_sigmoid",
  silu: "swish",
};

/**
 * A model's configuration in the words of TensorFlow.js, which are those of Keras 2.
 * @throws if there is something that TensorFlow.js does not have
 */
export function tfjsConfig(value: Json): Json {
  const { class_name: className, config } = value as { class_name: string; config: Config };
  if (className === "Sequential") {
    const layers = (config.layers as readonly Json[]).map(tfjsConfig);
    return { class_name: className, config: { name: config.name, layers } };
  }
  if (className === "Functional") return functional(config);
  if (!LAYERS.has(className))
    throw new Error(
      `TensorFlow.js has no layer ${className} ('${String(config.name)}'): the model cannot be written for it.`,
    );
  if (className.startsWith("GRU") && config.reset_after === true) {
    throw new Error(
      `TensorFlow.js has no ${className} with reset_after ('${String(config.name)}'): make the layer with \`resetAfter: false\`.`,
    );
  }
  const keys: Readonly<Record<string, string>> = { batch_shape: "batch_input_shape", ...KEYS[className] };
  const renamed = Object.entries(config).map(([key, part]): [string, Json] => [
    Object.hasOwn(keys, key) ? keys[key] : key,
    tfjsPart(key, part),
  ]);
  if (className !== "Bidirectional") return { class_name: className, config: Object.fromEntries(renamed) };
  // it makes both layers of one, whose name it lengthens itself
  const { backward_layer: _, layer, ...others } = Object.fromEntries(renamed) as Record<string, Config>;
  const inner = layer.config as Config;
  const name = String(inner.name).replace(/^forward_/, "");
  return { class_name: className, config: { ...others, layer: { ...layer, config: { ...inner, name } } } };
}

/** Settings that have another name there. */
const KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  LeakyReLU: { negative_slope: "alpha" },
};

function functional(config: Config): Json {
  const layers = (config.layers as readonly Config[]).map((layer) => ({
    ...(tfjsConfig(layer) as Config),
    name: layer.name,
    inbound_nodes: (layer.inbound_nodes as readonly Config[]).map(tfjsNode),
  }));
  const listed = (places: Json): Json =>
    Array.isArray(places) && typeof places[0] === "string" ? [places] : places;
  return {
    class_name: "Model",
    config: {
      name: config.name,
      layers: layers as Json,
      input_layers: listed(config.input_layers),
      output_layers: listed(config.output_layers),
    },
  };
}

/** A call as `[name, node, result, kwargs]` of each tensor. */
function tfjsNode({ args, kwargs }: Config): Json {
  const options = Object.entries((kwargs ?? {}) as Config).filter(([, value]) => value !== null);
  const given = (args as readonly Json[]).flat() as readonly Json[];
  const isTensor = (value: Json): value is Config =>
    isRecord(value) && value.class_name === "__keras_tensor__";
  if (!given.every(isTensor))
    throw new Error("TensorFlow.js calls layers on tensors only: the model cannot be written for it.");
  return given.map((tensor) => {
    const [name, node, result] = ((tensor as Config).config as Config).keras_history as readonly Json[];
    return [name, node, result, Object.fromEntries(options)];
  });
}

function tfjsPart(key: string, value: Json): Json {
  if (/(^|_)activation$/.test(key) && typeof value === "string") {
    if (value === "hard_sigmoid") {
      throw new Error(
        "TensorFlow.js has another hard_sigmoid (slope 0.2, Keras 3's is 1/6): the model cannot be written for it.",
      );
    }
    return Object.hasOwn(ACTIVATIONS, value) ? ACTIVATIONS[value] : value;
  }
  if (!isRecord(value) || typeof value.class_name !== "string") return value;
  if (value.class_name === "DTypePolicy") return (value.config as Config).name;
  if (/(^|_)(layer|cell)$/.test(key)) return tfjsConfig(value as Json);
  const config = Object.entries(value.config as Config).filter(([, part]) => part !== null);
  return { class_name: value.class_name, config: Object.fromEntries(config) };
}
