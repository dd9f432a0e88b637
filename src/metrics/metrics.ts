import * as losses from "../losses/functions.js";
import { squeezeOrExpand } from "../losses/loss.js";
import { argmax, topK } from "../ops/arrays.js";
import { add, divideNoNan, equal, greater, multiply } from "../ops/elementwise.js";
import { type Tensor, type TensorLike, toTensor } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";
import { type Config, camelCaseKeys } from "../utils/serialization.js";
import { Metric, type MetricOptions, type UpdateOptions } from "./metric.js";

/** Sum of values and weights, as float32. */
abstract class Averaging extends Metric {
  readonly total: Variable;
  readonly count: Variable;

  constructor(options: MetricOptions = {}) {
    super(options);
    this.total = this.addVariable("total");
    this.count = this.addVariable("count");
  }

  /** Takes in values with their weights (default 1 each). */
  protected accumulate(values: Tensor, sampleWeight: Tensor | null): void {
    const v = values.astype("float32");
    if (sampleWeight) {
      const w = spread(sampleWeight.astype("float32"), v);
      this.total.assign(add(this.total, multiply(v, w).sum()));
      this.count.assign(add(this.count, w.sum()));
    } else {
      this.total.assign(add(this.total, v.sum()));
      this.count.assign(add(this.count, v.size));
    }
  }

  override result(): Tensor {
    return divideNoNan(this.total, this.count);
  }
}

/** A weight for each value. */
function spread(weight: Tensor, values: Tensor): Tensor {
  const w = weight.rank > values.rank ? weight.reshape(weight.shape.slice(0, values.rank)) : weight;
  const wide = w.reshape([...w.shape, ...Array.from({ length: values.rank - w.rank }, () => 1)]);
  return add(wide, values.mul(0));
}

/** The (weighted) mean of values. */
export class Mean extends Averaging {
  static override readonly className = "Mean";
  /** Takes in values, each with the weight `sampleWeight` (default 1). */
  override updateState(values: TensorLike, sampleWeight?: TensorLike, options: UpdateOptions = {}): void {
    super.updateState(values, 0, { sampleWeight: sampleWeight ?? options.sampleWeight });
  }
  protected override update(values: Tensor, _: Tensor, sampleWeight: Tensor | null): void {
    this.accumulate(values, sampleWeight);
  }
  /** In a traced function: takes in `value` for `count` samples, as Keras tracks losses. */
  track(value: Tensor, count: number): void {
    this.total.assign(add(this.total, multiply(value, count)));
    this.count.assign(add(this.count, count));
  }
  static fromConfig(config: Config): Mean {
    return new Mean(config as object);
  }
}

/** The sum of values. */
export class Sum extends Metric {
  static override readonly className = "Sum";
  readonly total = this.addVariable("total");
  override updateState(values: TensorLike): void {
    super.updateState(values, 0);
  }
  protected override update(values: Tensor): void {
    this.total.assign(add(this.total, values.astype("float32").sum()));
  }
  override result(): Tensor {
    return this.total.value;
  }
  static fromConfig(config: Config): Sum {
    return new Sum(config as object);
  }
}

type PerSample = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** The mean of a function of labels and predictions. */
export class MeanMetricWrapper extends Averaging {
  static override readonly className: string = "MeanMetricWrapper";
  readonly fn: PerSample;
  constructor(fn: PerSample, options: MetricOptions = {}) {
    super({ ...options, name: options.name ?? fn.name });
    this.fn = fn;
  }
  protected override update(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): void {
    this.accumulate(this.fn(yTrue, yPred), sampleWeight);
  }
}

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

/** A class of metrics. */
export interface MetricClass<O extends MetricOptions = MetricOptions> {
  new (options?: O): Metric;
  readonly className: string;
  readonly module: string | null;
  fromConfig(config: Config): Metric;
}

/** A metric class for a function of labels and predictions. */
function wrapper(className: string, compute: PerSample): MetricClass {
  return class extends MeanMetricWrapper {
    static override readonly className = className;
    constructor(options: MetricOptions = {}) {
      super(compute, { name: options.name ?? nameOf(className) });
    }
    static fromConfig(config: Config) {
      return new this(config as object);
    }
  };
}

function nameOf(className: string): string {
  return className === "KLDivergence"
    ? "kl_divergence"
    : className
        .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
        .replace(/([a-z])([A-Z])/g, "$1_$2")
        .toLowerCase();
}

export const SparseCategoricalAccuracy = wrapper("SparseCategoricalAccuracy", sparseCategoricalAccuracy);
export const CategoricalAccuracy = wrapper("CategoricalAccuracy", categoricalAccuracy);
/** Share of equal labels and predictions. */
export const Accuracy = wrapper("Accuracy", (yTrue, yPred) => equal(yTrue, yPred).astype("float32"));
export const MeanSquaredError = wrapper("MeanSquaredError", losses.meanSquaredError);
export const MeanAbsoluteError = wrapper("MeanAbsoluteError", losses.meanAbsoluteError);
export const MeanAbsolutePercentageError = wrapper(
  "MeanAbsolutePercentageError",
  losses.meanAbsolutePercentageError,
);
export const MeanSquaredLogarithmicError = wrapper(
  "MeanSquaredLogarithmicError",
  losses.meanSquaredLogarithmicError,
);
export const LogCoshError = wrapper("LogCoshError", losses.logCosh);
export const KLDivergence = wrapper("KLDivergence", losses.klDivergence);
export const Poisson = wrapper("Poisson", losses.poisson);
export const Hinge = wrapper("Hinge", losses.hinge);

/** The root of the mean squared error. */
export class RootMeanSquaredError extends Averaging {
  static override readonly className = "RootMeanSquaredError";
  protected override update(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): void {
    const [t, p] = squeezeOrExpand(yTrue.astype("float32"), yPred.astype("float32"));
    const error = p.sub(t);
    this.accumulate(error.mul(error), sampleWeight);
  }
  override result(): Tensor {
    return super.result().sqrt();
  }
  static fromConfig(config: Config): RootMeanSquaredError {
    return new RootMeanSquaredError(config as object);
  }
}

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

const crossentropy = (
  className: string,
  fn: (t: TensorLike, p: TensorLike, options: losses.CrossentropyOptions) => Tensor,
  name: string,
): MetricClass<MetricOptions & losses.CrossentropyOptions> =>
  class extends MeanMetricWrapper {
    static override readonly className = className;
    readonly options: losses.CrossentropyOptions;
    constructor(options: MetricOptions & losses.CrossentropyOptions = {}) {
      super((t, p) => fn(t, p, options), { name: options.name ?? name });
      this.options = options;
    }
    override getConfig(): Config {
      return {
        ...super.getConfig(),
        from_logits: this.options.fromLogits ?? false,
        label_smoothing: this.options.labelSmoothing ?? 0,
      };
    }
    static fromConfig(config: Config) {
      return new this(camelCaseKeys(config));
    }
  };
export const SparseCategoricalCrossentropy = crossentropy(
  "SparseCategoricalCrossentropy",
  losses.sparseCategoricalCrossentropy,
  "sparse_categorical_crossentropy",
);
export const CategoricalCrossentropy = crossentropy(
  "CategoricalCrossentropy",
  losses.categoricalCrossentropy,
  "categorical_crossentropy",
);
export const BinaryCrossentropy = crossentropy(
  "BinaryCrossentropy",
  losses.binaryCrossentropy,
  "binary_crossentropy",
);
