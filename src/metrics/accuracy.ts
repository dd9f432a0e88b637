import { squeezeOrExpand } from "../losses/loss.js";
import { argmax } from "../ops/arrays.js";
import { equal, greater } from "../ops/elementwise.js";
import { topK } from "../ops/sorting.js";
import { type Tensor, type TensorLike, toTensor } from "../ops/tensor.js";
import { type Config, camelCaseKeys } from "../utils/serialization.js";
import type { MetricOptions } from "./metric.js";
import { MeanMetricWrapper, wrapper } from "./reduction.js";

// https://keras.io/api/metrics/accuracy_metrics/

function labelsFor(yTrue: Tensor, yPred: Tensor): Tensor {
  return yTrue.rank === yPred.rank && yTrue.shape[yTrue.rank - 1] === 1
    ? yTrue.reshape(yTrue.shape.slice(0, -1))
    : yTrue;
}

/** 1 where the most probable class is the label. */
export function sparseCategoricalAccuracy(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const prediction = toTensor(yPred);
  const labels = labelsFor(toTensor(yTrue), prediction);
  return equal(labels.astype("int32"), argmax(prediction, -1)).astype("float32");
}

/** 1 where the most probable class is that of the one-hot label. */
export function categoricalAccuracy(yTrue: TensorLike, yPred: TensorLike): Tensor {
  return equal(argmax(yTrue, -1), argmax(yPred, -1)).astype("float32");
}

/** 1 where the prediction is on the label's side of `threshold`. */
export function binaryAccuracy(yTrue: TensorLike, yPred: TensorLike, threshold = 0.5): Tensor {
  const [t, p] = squeezeOrExpand(toTensor(yTrue).astype("float32"), toTensor(yPred).astype("float32"));
  return equal(t, greater(p, threshold).astype("float32")).astype("float32");
}

/** 1 where the label is among the `k` most probable classes. */
export function sparseTopKCategoricalAccuracy(yTrue: TensorLike, yPred: TensorLike, k = 5): Tensor {
  const prediction = toTensor(yPred);
  const labels = labelsFor(toTensor(yTrue), prediction).astype("int32");
  const [, positions] = topK(prediction, Math.min(k, prediction.shape[prediction.rank - 1]));
  return equal(positions, labels.reshape([...labels.shape, 1]))
    .any(-1)
    .astype("float32");
}

export function topKCategoricalAccuracy(yTrue: TensorLike, yPred: TensorLike, k = 5): Tensor {
  return sparseTopKCategoricalAccuracy(argmax(yTrue, -1), yPred, k);
}

/** Share of samples whose most probable class is the label. */
export const SparseCategoricalAccuracy = wrapper(
  "SparseCategoricalAccuracy",
  "sparse_categorical_accuracy",
  sparseCategoricalAccuracy,
);
/** Share of samples whose most probable class is that of the one-hot label. */
export const CategoricalAccuracy = wrapper(
  "CategoricalAccuracy",
  "categorical_accuracy",
  categoricalAccuracy,
);
/** Share of equal labels and predictions. */
export const Accuracy = wrapper("Accuracy", "accuracy", (yTrue, yPred) =>
  equal(yTrue, yPred).astype("float32"),
);

/** @see https://keras.io/api/metrics/accuracy_metrics/#binaryaccuracy-class */
export class BinaryAccuracy extends MeanMetricWrapper {
  static override readonly className = "BinaryAccuracy";
  readonly threshold: number;
  constructor(options: MetricOptions & { threshold?: number } = {}) {
    const threshold = options.threshold ?? 0.5;
    super((t, p) => binaryAccuracy(t, p, threshold), { name: options.name ?? "binary_accuracy" });
    this.threshold = threshold;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), threshold: this.threshold };
  }
  static fromConfig(config: Config): BinaryAccuracy {
    return new BinaryAccuracy(config as object);
  }
}

/** @see https://keras.io/api/metrics/accuracy_metrics/#sparsetopkcategoricalaccuracy-class */
export class SparseTopKCategoricalAccuracy extends MeanMetricWrapper {
  static override readonly className = "SparseTopKCategoricalAccuracy";
  readonly k: number;
  constructor(options: MetricOptions & { k?: number } = {}) {
    const k = options.k ?? 5;
    super((t, p) => sparseTopKCategoricalAccuracy(t, p, k), {
      name: options.name ?? "sparse_top_k_categorical_accuracy",
    });
    this.k = k;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), k: this.k };
  }
  static fromConfig(config: Config): SparseTopKCategoricalAccuracy {
    return new SparseTopKCategoricalAccuracy(camelCaseKeys(config));
  }
}

/** @see https://keras.io/api/metrics/accuracy_metrics/#topkcategoricalaccuracy-class */
export class TopKCategoricalAccuracy extends MeanMetricWrapper {
  static override readonly className = "TopKCategoricalAccuracy";
  readonly k: number;
  constructor(options: MetricOptions & { k?: number } = {}) {
    const k = options.k ?? 5;
    super((t, p) => topKCategoricalAccuracy(t, p, k), { name: options.name ?? "top_k_categorical_accuracy" });
    this.k = k;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), k: this.k };
  }
  static fromConfig(config: Config): TopKCategoricalAccuracy {
    return new TopKCategoricalAccuracy(camelCaseKeys(config));
  }
}
