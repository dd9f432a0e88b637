import {
  type Json,
  Registry,
  type SerializableClass,
  type SerializedObject,
} from "../utils/serialization.js";
import { Activation, ELU, LeakyReLU, ReLU, Softmax } from "./activations/activations.js";
import { PReLU } from "./activations/prelu.js";
import { AdditiveAttention, Attention } from "./attention/attention.js";
import { GroupQueryAttention } from "./attention/groupedQueryAttention.js";
import { MultiHeadAttention } from "./attention/multiHeadAttention.js";
import { Conv1D, Conv2D, Conv3D } from "./convolutional/conv.js";
import { Conv1DTranspose, Conv2DTranspose, Conv3DTranspose } from "./convolutional/convTranspose.js";
import { DepthwiseConv1D, DepthwiseConv2D } from "./convolutional/depthwiseConv.js";
import { SeparableConv1D, SeparableConv2D } from "./convolutional/separableConv.js";
import { Dense } from "./core/dense.js";
import { EinsumDense } from "./core/einsumDense.js";
import { Embedding } from "./core/embedding.js";
import { Identity } from "./core/identity.js";
import { InputLayer } from "./core/inputLayer.js";
import { Masking } from "./core/masking.js";
import type { Layer } from "./layer.js";
import { Concatenate } from "./merging/concatenate.js";
import { Dot } from "./merging/dot.js";
import { Add, Average, Maximum, Minimum, Multiply, Subtract } from "./merging/elementwise.js";
import { BatchNormalization } from "./normalization/batchNormalization.js";
import { GroupNormalization } from "./normalization/groupNormalization.js";
import { LayerNormalization } from "./normalization/layerNormalization.js";
import { RMSNormalization, UnitNormalization } from "./normalization/rmsNormalization.js";
import {
  AdaptiveAveragePooling1D,
  AdaptiveAveragePooling2D,
  AdaptiveAveragePooling3D,
  AdaptiveMaxPooling1D,
  AdaptiveMaxPooling2D,
  AdaptiveMaxPooling3D,
} from "./pooling/adaptivePooling.js";
import {
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalAveragePooling3D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  GlobalMaxPooling3D,
} from "./pooling/globalPooling.js";
import {
  AveragePooling1D,
  AveragePooling2D,
  AveragePooling3D,
  MaxPooling1D,
  MaxPooling2D,
  MaxPooling3D,
} from "./pooling/pooling.js";
import { CategoryEncoding } from "./preprocessing/categoryEncoding.js";
import { Normalization } from "./preprocessing/normalization.js";
import { Rescaling } from "./preprocessing/rescaling.js";
import { Resizing } from "./preprocessing/resizing.js";
import { ActivityRegularization } from "./regularization/activityRegularization.js";
import { Dropout } from "./regularization/dropout.js";
import { AlphaDropout, GaussianDropout, GaussianNoise } from "./regularization/noise.js";
import { SpatialDropout1D, SpatialDropout2D, SpatialDropout3D } from "./regularization/spatialDropout.js";
import { Cropping1D, Cropping2D, Cropping3D } from "./reshaping/cropping.js";
import { Permute, RepeatVector } from "./reshaping/permute.js";
import { Flatten, Reshape } from "./reshaping/reshaping.js";
import { UpSampling1D, UpSampling2D, UpSampling3D } from "./reshaping/upSampling.js";
import { ZeroPadding1D, ZeroPadding2D, ZeroPadding3D } from "./reshaping/zeroPadding.js";
import { Bidirectional } from "./rnn/bidirectional.js";
import { GRU, GRUCell } from "./rnn/gru.js";
import { LSTM, LSTMCell } from "./rnn/lstm.js";
import { RNN } from "./rnn/rnn.js";
import { SimpleRNN, SimpleRNNCell } from "./rnn/simpleRNN.js";
import { StackedRNNCells } from "./rnn/stackedRNNCells.js";
import { TimeDistributed } from "./rnn/timeDistributed.js";

const registry = /* @__PURE__ */ new Registry<Layer>(
  "layer",
  [
    Activation,
    ActivityRegularization,
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
    Add,
    AdditiveAttention,
    Attention,
    AlphaDropout,
    Average,
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    BatchNormalization,
    Bidirectional,
    CategoryEncoding,
    Concatenate,
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
    Cropping1D,
    Cropping2D,
    Cropping3D,
    Dense,
    DepthwiseConv1D,
    DepthwiseConv2D,
    Dot,
    Dropout,
    ELU,
    EinsumDense,
    Embedding,
    Flatten,
    GRU,
    GRUCell,
    GaussianDropout,
    GaussianNoise,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
    GroupNormalization,
    GroupQueryAttention,
    Identity,
    InputLayer,
    LSTM,
    LSTMCell,
    LayerNormalization,
    LeakyReLU,
    Masking,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
    Maximum,
    Minimum,
    MultiHeadAttention,
    Multiply,
    Normalization,
    PReLU,
    Permute,
    RMSNormalization,
    RNN,
    ReLU,
    RepeatVector,
    Rescaling,
    Reshape,
    Resizing,
    SeparableConv1D,
    SeparableConv2D,
    SimpleRNN,
    SimpleRNNCell,
    Softmax,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
    StackedRNNCells,
    Subtract,
    TimeDistributed,
    UnitNormalization,
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
  ],
  {
    // what Keras exports it as; its class has the other name
    GroupQueryAttention,
  },
);

/** Makes a class known to `deserialize`. */
export function register(cls: SerializableClass<Layer>): void {
  registry.register(cls);
}

/** Says what is done with each layer that `deserialize` has made. */
export function finishWith(finish: (layer: Layer, config: SerializedObject) => void): void {
  registry.finishWith(finish);
}

/** A layer from Keras's dictionary. @throws if the class is unknown */
export function deserialize(config: Json): Layer {
  return registry.deserialize(config);
}
