/** https://keras.io/api/layers/ */

export * from "./activations/activations.js";
export * from "./activations/prelu.js";
export * from "./attention/attention.js";
export { GroupQueryAttention } from "./attention/groupedQueryAttention.js";
export * from "./attention/multiHeadAttention.js";
export type { MultiHeadCallOptions, ProjectionOptions } from "./attention/projections.js";
export * from "./convolutional/conv.js";
export * from "./convolutional/convTranspose.js";
export {
  DepthwiseConv1D,
  DepthwiseConv2D,
  type DepthwiseConvOptions,
} from "./convolutional/depthwiseConv.js";
export * from "./convolutional/separableConv.js";
export { Dense, type KernelOptions } from "./core/dense.js";
export * from "./core/einsumDense.js";
export * from "./core/embedding.js";
export * from "./core/identity.js";
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
export * from "./merging/concatenate.js";
export * from "./merging/dot.js";
export * from "./merging/elementwise.js";
export * from "./normalization/batchNormalization.js";
export * from "./normalization/groupNormalization.js";
export * from "./normalization/layerNormalization.js";
export * from "./normalization/rmsNormalization.js";
export * from "./pooling/adaptivePooling.js";
export * from "./pooling/globalPooling.js";
export * from "./pooling/pooling.js";
export {
  AveragePooling1D as AvgPool1D,
  AveragePooling2D as AvgPool2D,
  AveragePooling3D as AvgPool3D,
  MaxPooling1D as MaxPool1D,
  MaxPooling2D as MaxPool2D,
  MaxPooling3D as MaxPool3D,
} from "./pooling/pooling.js";
export * from "./preprocessing/categoryEncoding.js";
export * from "./preprocessing/normalization.js";
export * from "./preprocessing/rescaling.js";
export * from "./preprocessing/resizing.js";
export { deserialize, register } from "./registry.js";
export * from "./regularization/activityRegularization.js";
export * from "./regularization/dropout.js";
export * from "./regularization/noise.js";
export * from "./regularization/spatialDropout.js";
export * from "./reshaping/cropping.js";
export * from "./reshaping/permute.js";
export * from "./reshaping/reshaping.js";
export * from "./reshaping/upSampling.js";
export * from "./reshaping/zeroPadding.js";
export * from "./rnn/bidirectional.js";
export type {
  CellCallOptions,
  CellOptions,
  GatedCellOptions,
  RNNCell,
  StateSize,
  States,
} from "./rnn/cell.js";
export * from "./rnn/gru.js";
export * from "./rnn/lstm.js";
export * from "./rnn/rnn.js";
export * from "./rnn/simpleRNN.js";
export { StackedRNNCells } from "./rnn/stackedRNNCells.js";
export * from "./rnn/timeDistributed.js";
export { serialize } from "./serialize.js";
export { Wrapper } from "./wrapper.js";
