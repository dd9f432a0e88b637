/** https://keras.io/api/layers/ */
import { type Json, Registry, serializeObject } from "../utils/serialization.js";
import { Activation, ELU, LeakyReLU, ReLU, Softmax } from "./activations/activations.js";
import { Conv1D, Conv2D, Conv3D } from "./convolutional/conv.js";
import { Dense } from "./core/dense.js";
import { Embedding } from "./core/embedding.js";
import { InputLayer } from "./core/inputLayer.js";
import { Masking } from "./core/masking.js";
import type { Layer } from "./layer.js";
import { Add, Concatenate } from "./merging/merging.js";
import { BatchNormalization, LayerNormalization } from "./normalization/normalization.js";
import {
  AveragePooling1D,
  AveragePooling2D,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  MaxPooling1D,
  MaxPooling2D,
} from "./pooling/pooling.js";
import { Dropout } from "./regularization/dropout.js";
import { Flatten, Reshape } from "./reshaping/reshaping.js";

export * from "./activations/activations.js";
export * from "./convolutional/conv.js";
export { Dense, type KernelOptions } from "./core/dense.js";
export * from "./core/embedding.js";
export * from "./core/inputLayer.js";
export * from "./core/masking.js";
export {
  type CallOptions,
  Layer,
  type LayerInputs,
  type LayerOptions,
  type LayerShape,
  type WeightOptions,
} from "./layer.js";
export * from "./merging/merging.js";
export * from "./normalization/normalization.js";
export * from "./pooling/pooling.js";
export * from "./regularization/dropout.js";
export * from "./reshaping/reshaping.js";

const registry = /* @__PURE__ */ new Registry<Layer>("layer", [
  Activation,
  Add,
  AveragePooling1D,
  AveragePooling2D,
  BatchNormalization,
  Concatenate,
  Conv1D,
  Conv2D,
  Conv3D,
  Dense,
  Dropout,
  ELU,
  Embedding,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  InputLayer,
  LayerNormalization,
  LeakyReLU,
  Masking,
  MaxPooling1D,
  MaxPooling2D,
  ReLU,
  Reshape,
  Softmax,
]);

/** A layer from Keras's dictionary. @throws if the class is unknown */
export function deserialize(config: Json): Layer {
  return registry.deserialize(config);
}

/** Keras's dictionary of a layer, with the shape it was built for. */
export function serialize(layer: Layer): Json {
  const build = layer.getBuildConfig();
  return { ...(serializeObject(layer) as object), ...(build ? { build_config: build } : {}) } as Json;
}
