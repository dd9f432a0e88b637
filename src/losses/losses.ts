import type { Tensor } from "../ops/tensor.js";
import { type Config, camelCaseKeys } from "../utils/serialization.js";
import * as functions from "./functions.js";
import { Loss, type LossOptions } from "./loss.js";

// The classes of https://keras.io/api/losses/: a function with its options and a reduction.

export interface CrossentropyLossOptions extends LossOptions, functions.CrossentropyOptions {}

abstract class Crossentropy extends Loss {
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly axis: number;

  constructor(options: CrossentropyLossOptions = {}) {
    super(options);
    this.fromLogits = options.fromLogits ?? false;
    this.labelSmoothing = options.labelSmoothing ?? 0;
    this.axis = options.axis ?? -1;
    if (!(this.labelSmoothing >= 0 && this.labelSmoothing <= 1)) {
      throw new Error(
        `Invalid value for argument \`label_smoothing\`. Expected a number from 0 to 1. Received: label_smoothing=${this.labelSmoothing}`,
      );
    }
  }

  protected get options(): functions.CrossentropyOptions {
    return { fromLogits: this.fromLogits, labelSmoothing: this.labelSmoothing, axis: this.axis };
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      from_logits: this.fromLogits,
      label_smoothing: this.labelSmoothing,
      axis: this.axis,
    };
  }
}

/** For integer labels. */
export class SparseCategoricalCrossentropy extends Crossentropy {
  static override readonly className = "SparseCategoricalCrossentropy";
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return functions.sparseCategoricalCrossentropy(yTrue, yPred, this.options);
  }
  override getConfig(): Config {
    return {
      name: this.name,
      reduction: this.reduction,
      from_logits: this.fromLogits,
      ignore_class: null,
      ...(this.axis === -1 ? {} : { axis: this.axis }),
    };
  }
  static fromConfig(config: Config): SparseCategoricalCrossentropy {
    return new SparseCategoricalCrossentropy(camelCaseKeys(config));
  }
}

/** For one-hot labels. */
export class CategoricalCrossentropy extends Crossentropy {
  static override readonly className = "CategoricalCrossentropy";
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return functions.categoricalCrossentropy(yTrue, yPred, this.options);
  }
  static fromConfig(config: Config): CategoricalCrossentropy {
    return new CategoricalCrossentropy(camelCaseKeys(config));
  }
}

/** For labels 0 and 1. */
export class BinaryCrossentropy extends Crossentropy {
  static override readonly className = "BinaryCrossentropy";
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return functions.binaryCrossentropy(yTrue, yPred, this.options);
  }
  static fromConfig(config: Config): BinaryCrossentropy {
    return new BinaryCrossentropy(camelCaseKeys(config));
  }
}

/** Squared for errors up to `delta` (default 1), linear beyond. */
export class Huber extends Loss {
  static override readonly className = "Huber";
  readonly delta: number;
  constructor(options: LossOptions & { delta?: number } = {}) {
    super({ ...options, name: options.name ?? "huber_loss" });
    this.delta = options.delta ?? 1;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return functions.huber(yTrue, yPred, this.delta);
  }
  /** Keras leaves `delta` out, and so forgets it; here it is there where it is not 1. */
  override getConfig(): Config {
    return { ...super.getConfig(), ...(this.delta === 1 ? {} : { delta: this.delta }) };
  }
  static fromConfig(config: Config): Huber {
    return new Huber(camelCaseKeys(config));
  }
}

/** A class of losses. */
export interface LossClass {
  new (options?: LossOptions): Loss;
  readonly className: string;
  readonly module: string | null;
  fromConfig(config: Config): Loss;
}

/** A class for a function without options. */
function simple(
  className: string,
  compute: (yTrue: Tensor, yPred: Tensor) => Tensor,
  name?: string,
): LossClass {
  return class extends Loss {
    static override readonly className = className;
    constructor(options: LossOptions = {}) {
      super(name ? { ...options, name: options.name ?? name } : options);
    }
    override call(yTrue: Tensor, yPred: Tensor): Tensor {
      return compute(yTrue, yPred);
    }
    static fromConfig(config: Config) {
      return new this(camelCaseKeys(config));
    }
  };
}

/** (target − prediction)². @see https://keras.io/api/losses/regression_losses/ */
export const MeanSquaredError = simple("MeanSquaredError", functions.meanSquaredError);
/** |target − prediction|. @see https://keras.io/api/losses/regression_losses/ */
export const MeanAbsoluteError = simple("MeanAbsoluteError", functions.meanAbsoluteError);
/** 100 · |target − prediction| / |target|. @see https://keras.io/api/losses/regression_losses/ */
export const MeanAbsolutePercentageError = simple(
  "MeanAbsolutePercentageError",
  functions.meanAbsolutePercentageError,
);
/** (log(1 + target) − log(1 + prediction))². @see https://keras.io/api/losses/regression_losses/ */
export const MeanSquaredLogarithmicError = simple(
  "MeanSquaredLogarithmicError",
  functions.meanSquaredLogarithmicError,
);
/** log(cosh(prediction − target)). @see https://keras.io/api/losses/regression_losses/ */
export const LogCosh = simple("LogCosh", functions.logCosh);
/** Σ target · log(target / prediction). @see https://keras.io/api/losses/probabilistic_losses/ */
export const KLDivergence = simple("KLDivergence", functions.klDivergence, "kl_divergence");
/** prediction − target · log(prediction). @see https://keras.io/api/losses/probabilistic_losses/ */
export const Poisson = simple("Poisson", functions.poisson);
/** max(1 − target · prediction, 0) for targets −1 and 1. @see https://keras.io/api/losses/hinge_losses/ */
export const Hinge = simple("Hinge", functions.hinge);
/** max(1 − target · prediction, 0)² for targets −1 and 1. @see https://keras.io/api/losses/hinge_losses/ */
export const SquaredHinge = simple("SquaredHinge", functions.squaredHinge);
/** max(0, 1 + the largest prediction of another class − that of the labelled one). @see https://keras.io/api/losses/hinge_losses/ */
export const CategoricalHinge = simple("CategoricalHinge", functions.categoricalHinge);

/** −cos of the angle between labels and predictions along `axis` (default −1). */
export class CosineSimilarity extends Loss {
  static override readonly className = "CosineSimilarity";
  readonly axis: number;
  constructor(options: LossOptions & { axis?: number } = {}) {
    super(options);
    this.axis = options.axis ?? -1;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return functions.cosineSimilarity(yTrue, yPred, this.axis);
  }
  /** Keras leaves `axis` out, and so forgets it; here it is there where it is not −1. */
  override getConfig(): Config {
    return { ...super.getConfig(), ...(this.axis === -1 ? {} : { axis: this.axis }) };
  }
  static fromConfig(config: Config): CosineSimilarity {
    return new CosineSimilarity(camelCaseKeys(config));
  }
}
