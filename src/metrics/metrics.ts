import * as losses from "../losses/functions.js";
import { squeezeOrExpand } from "../losses/loss.js";
import type { Tensor, TensorLike } from "../ops/tensor.js";
import { type Config, camelCaseKeys } from "../utils/serialization.js";
import type { MetricOptions } from "./metric.js";
import { Averaging, MeanMetricWrapper, type MetricClass, wrapper } from "./reduction.js";

// https://keras.io/api/metrics/regression_metrics/, probabilistic_metrics/ and hinge_metrics/

/** Mean of (label − prediction)². @see https://keras.io/api/metrics/regression_metrics/ */
export const MeanSquaredError = wrapper("MeanSquaredError", "mean_squared_error", losses.meanSquaredError);
/** Mean of |label − prediction|. @see https://keras.io/api/metrics/regression_metrics/ */
export const MeanAbsoluteError = wrapper(
  "MeanAbsoluteError",
  "mean_absolute_error",
  losses.meanAbsoluteError,
);
/** Mean of 100 · |label − prediction| / |label|. @see https://keras.io/api/metrics/regression_metrics/ */
export const MeanAbsolutePercentageError = wrapper(
  "MeanAbsolutePercentageError",
  "mean_absolute_percentage_error",
  losses.meanAbsolutePercentageError,
);
/** Mean of (log(1 + label) − log(1 + prediction))². @see https://keras.io/api/metrics/regression_metrics/ */
export const MeanSquaredLogarithmicError = wrapper(
  "MeanSquaredLogarithmicError",
  "mean_squared_logarithmic_error",
  losses.meanSquaredLogarithmicError,
);
/** Mean of log(cosh(prediction − label)). @see https://keras.io/api/metrics/regression_metrics/ */
export const LogCoshError = wrapper("LogCoshError", "logcosh", losses.logCosh);
/** Mean of Σ label · log(label / prediction). @see https://keras.io/api/metrics/probabilistic_metrics/ */
export const KLDivergence = wrapper("KLDivergence", "kl_divergence", losses.klDivergence);
/** Mean of prediction − label · log(prediction). @see https://keras.io/api/metrics/probabilistic_metrics/ */
export const Poisson = wrapper("Poisson", "poisson", losses.poisson);
/** Mean of max(1 − label · prediction, 0). @see https://keras.io/api/metrics/hinge_metrics/ */
export const Hinge = wrapper("Hinge", "hinge", losses.hinge);
/** Mean of max(1 − label · prediction, 0)². @see https://keras.io/api/metrics/hinge_metrics/ */
export const SquaredHinge = wrapper("SquaredHinge", "squared_hinge", losses.squaredHinge);
/** Mean of max(0, 1 + the largest other prediction − that of the label). @see https://keras.io/api/metrics/hinge_metrics/ */
export const CategoricalHinge = wrapper("CategoricalHinge", "categorical_hinge", losses.categoricalHinge);

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

/** The cosine of the angle between labels and predictions along `axis` (default −1): the loss without its minus. */
export class CosineSimilarity extends MeanMetricWrapper {
  static override readonly className = "CosineSimilarity";
  readonly axis: number;
  constructor(options: MetricOptions & { axis?: number } = {}) {
    const axis = options.axis ?? -1;
    super((t, p) => losses.cosineSimilarity(t, p, axis).neg(), { name: options.name ?? "cosine_similarity" });
    this.axis = axis;
  }
  /** Keras leaves `axis` out, and so forgets it; here it is there where it is not −1. */
  override getConfig(): Config {
    return { ...super.getConfig(), ...(this.axis === -1 ? {} : { axis: this.axis }) };
  }
  static fromConfig(config: Config): CosineSimilarity {
    return new CosineSimilarity(camelCaseKeys(config));
  }
}

export interface CrossentropyMetricOptions extends MetricOptions, losses.CrossentropyOptions {}

/** A class for a cross-entropy; `settings` names what its configuration holds, as Keras writes it. */
function crossentropy(
  className: string,
  name: string,
  fn: (t: TensorLike, p: TensorLike, options: losses.CrossentropyOptions) => Tensor,
  settings: (options: Required<losses.CrossentropyOptions>) => Config,
): MetricClass<CrossentropyMetricOptions> {
  return class extends MeanMetricWrapper {
    static override readonly className = className;
    readonly options: Required<losses.CrossentropyOptions>;
    constructor(options: CrossentropyMetricOptions = {}) {
      const { fromLogits = false, labelSmoothing = 0, axis = -1 } = options;
      const all = { fromLogits, labelSmoothing, axis };
      super((t, p) => fn(...squeezeOrExpand(t, p), all), { name: options.name ?? name });
      this.options = all;
    }
    override getConfig(): Config {
      return { ...super.getConfig(), from_logits: this.options.fromLogits, ...settings(this.options) };
    }
    static fromConfig(config: Config) {
      return new this(camelCaseKeys(config));
    }
  };
}

/** Mean of −log(prediction of the label), for integer labels. @see https://keras.io/api/metrics/probabilistic_metrics/ */
export const SparseCategoricalCrossentropy = crossentropy(
  "SparseCategoricalCrossentropy",
  "sparse_categorical_crossentropy",
  losses.sparseCategoricalCrossentropy,
  ({ axis }) => ({ ignore_class: null, axis }),
);
/** Mean of −Σ label · log(prediction), for one-hot labels. @see https://keras.io/api/metrics/probabilistic_metrics/ */
export const CategoricalCrossentropy = crossentropy(
  "CategoricalCrossentropy",
  "categorical_crossentropy",
  losses.categoricalCrossentropy,
  ({ labelSmoothing, axis }) => ({ label_smoothing: labelSmoothing, axis }),
);
/** Mean cross-entropy of independent yes/no answers. @see https://keras.io/api/metrics/probabilistic_metrics/ */
export const BinaryCrossentropy = crossentropy(
  "BinaryCrossentropy",
  "binary_crossentropy",
  losses.binaryCrossentropy,
  ({ labelSmoothing }) => ({ label_smoothing: labelSmoothing }),
);
