import * as constraints from "../../constraints/index.js";
import * as initializers from "../../initializers/index.js";
import { mean as meanOver } from "../../ops/arrays.js";
import { add, multiply, rsqrt, square, subtract } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import * as regularizers from "../../regularizers/index.js";
import { formatShape, normalizeAxis, type PartialShape } from "../../tensor/shape.js";
import { type Config, camelCaseKeys } from "../../utils/serialization.js";
import { type CallOptions, Layer, type LayerOptions, type LayerShape } from "../layer.js";

interface ScaleOptions extends LayerOptions {
  /** Whether a learned offset is added. Default true. */
  readonly center?: boolean;
  /** Whether a learned factor is applied. Default true. */
  readonly scale?: boolean;
  readonly betaInitializer?: initializers.InitializerIdentifier;
  readonly gammaInitializer?: initializers.InitializerIdentifier;
  readonly betaRegularizer?: regularizers.RegularizerIdentifier;
  readonly gammaRegularizer?: regularizers.RegularizerIdentifier;
  readonly betaConstraint?: constraints.ConstraintIdentifier;
  readonly gammaConstraint?: constraints.ConstraintIdentifier;
}

/** A learned factor (gamma) and offset (beta). */
abstract class Normalizing extends Layer {
  readonly center: boolean;
  readonly scale: boolean;
  readonly epsilon: number;
  gamma: Variable | null = null;
  beta: Variable | null = null;
  protected readonly weightRules: {
    readonly betaInitializer: initializers.Initializer;
    readonly gammaInitializer: initializers.Initializer;
    readonly betaRegularizer: regularizers.Regularizer | null;
    readonly gammaRegularizer: regularizers.Regularizer | null;
    readonly betaConstraint: constraints.Constraint | null;
    readonly gammaConstraint: constraints.Constraint | null;
  };

  constructor(options: ScaleOptions & { epsilon?: number }) {
    super(options);
    this.center = options.center ?? true;
    this.scale = options.scale ?? true;
    this.epsilon = options.epsilon ?? 1e-3;
    this.weightRules = {
      betaInitializer: initializers.get(options.betaInitializer ?? "zeros"),
      gammaInitializer: initializers.get(options.gammaInitializer ?? "ones"),
      betaRegularizer: regularizers.get(options.betaRegularizer),
      gammaRegularizer: regularizers.get(options.gammaRegularizer),
      betaConstraint: constraints.get(options.betaConstraint),
      gammaConstraint: constraints.get(options.gammaConstraint),
    };
  }

  protected buildScale(shape: readonly number[]): void {
    const rules = this.weightRules;
    if (this.scale) {
      this.gamma = this.addWeight({
        name: "gamma",
        shape,
        initializer: rules.gammaInitializer,
        regularizer: rules.gammaRegularizer,
        constraint: rules.gammaConstraint,
      });
    }
    if (this.center) {
      this.beta = this.addWeight({
        name: "beta",
        shape,
        initializer: rules.betaInitializer,
        regularizer: rules.betaRegularizer,
        constraint: rules.betaConstraint,
      });
    }
  }

  /** `(x − mean) / √(variance + epsilon) · gamma + beta`, in Keras's order of operations. */
  protected normalize(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    reshape: (weight: Variable) => Tensor,
  ): Tensor {
    let factor = rsqrt(add(variance, this.epsilon));
    if (this.gamma) factor = multiply(factor, reshape(this.gamma));
    let offset = multiply(mean.neg(), factor);
    if (this.beta) offset = add(offset, reshape(this.beta));
    return add(multiply(x, factor), offset);
  }
}

export interface BatchNormalizationOptions extends ScaleOptions {
  /** The axis that keeps its own statistics. Default −1. */
  readonly axis?: number;
  /** How much of the moving statistics stays at each step. Default 0.99. */
  readonly momentum?: number;
  /** Default 1e-3. */
  readonly epsilon?: number;
  readonly movingMeanInitializer?: initializers.InitializerIdentifier;
  readonly movingVarianceInitializer?: initializers.InitializerIdentifier;
}

/**
 * Normalizes with the batch's mean and variance while training, with moving averages of these otherwise.
 * @see https://keras.io/api/layers/normalization_layers/batch_normalization/ and https://arxiv.org/abs/1502.03167
 */
export class BatchNormalization extends Normalizing {
  static override readonly className = "BatchNormalization";
  static override readonly callArguments = ["inputs", "training", "mask"];
  override supportsMasking = true;
  readonly axis: number;
  readonly momentum: number;
  readonly movingMeanInitializer: initializers.Initializer;
  readonly movingVarianceInitializer: initializers.Initializer;
  movingMean!: Variable;
  movingVariance!: Variable;

  constructor(options: BatchNormalizationOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
    this.momentum = options.momentum ?? 0.99;
    this.movingMeanInitializer = initializers.get(options.movingMeanInitializer ?? "zeros");
    this.movingVarianceInitializer = initializers.get(options.movingVarianceInitializer ?? "ones");
  }

  override build(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    const extent = shape[normalizeAxis(this.axis, shape.length)];
    if (extent === null)
      throw new Error(
        `Layer '${this.name}': axis ${this.axis} of the input must have a known size. Received: shape=${formatShape(shape)}`,
      );
    this.buildScale([extent]);
    this.movingMean = this.addWeight({
      name: "moving_mean",
      shape: [extent],
      initializer: this.movingMeanInitializer,
      trainable: false,
    });
    this.movingVariance = this.addWeight({
      name: "moving_variance",
      shape: [extent],
      initializer: this.movingVarianceInitializer,
      trainable: false,
    });
  }

  override checkInput(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    const found = shape[normalizeAxis(this.axis, shape.length)];
    const expected = this.movingMean.shape[0];
    if (found !== expected) {
      throw new Error(
        `Input 0 of layer '${this.name}' is incompatible with the layer: expected axis ${this.axis} of input shape to have value ${expected}, but received input with shape ${formatShape(shape)}`,
      );
    }
  }

  override call(x: Tensor, { training }: CallOptions): Tensor {
    const axis = normalizeAxis(this.axis, x.rank);
    const spread = (t: Tensor) => t.reshape(x.shape.map((extent, a) => (a === axis ? extent : 1)));
    // a frozen layer runs in inference mode
    if (!training || !this.trainable) {
      return this.normalize(x, spread(this.movingMean.value), spread(this.movingVariance.value), (w) =>
        spread(w.value),
      );
    }
    const others = x.shape.map((_, a) => a).filter((a) => a !== axis);
    const mean = meanOver(x, others, true);
    const variance = meanOver(square(subtract(x, mean)), others, true);
    for (const [moving, batch] of [
      [this.movingMean, mean],
      [this.movingVariance, variance],
    ] as const) {
      moving.assign(
        add(multiply(moving, this.momentum), multiply(batch.reshape(moving.shape), 1 - this.momentum)),
      );
    }
    return this.normalize(x, mean, variance, (w) => spread(w.value));
  }

  override getConfig(): Config {
    const rules = this.weightRules;
    return {
      ...super.getConfig(),
      axis: this.axis,
      momentum: this.momentum,
      epsilon: this.epsilon,
      center: this.center,
      scale: this.scale,
      beta_initializer: initializers.serialize(rules.betaInitializer),
      gamma_initializer: initializers.serialize(rules.gammaInitializer),
      moving_mean_initializer: initializers.serialize(this.movingMeanInitializer),
      moving_variance_initializer: initializers.serialize(this.movingVarianceInitializer),
      beta_regularizer: regularizers.serialize(rules.betaRegularizer),
      gamma_regularizer: regularizers.serialize(rules.gammaRegularizer),
      beta_constraint: constraints.serialize(rules.betaConstraint),
      gamma_constraint: constraints.serialize(rules.gammaConstraint),
      synchronized: false,
    };
  }

  static override fromConfig(config: Config): BatchNormalization {
    const { dtype: _, ...options } = camelCaseKeys(config);
    return new BatchNormalization(options as BatchNormalizationOptions);
  }
}

export interface LayerNormalizationOptions extends ScaleOptions {
  /** The axis, or axes, to normalize over. Default −1. */
  readonly axis?: number | readonly number[];
  /** Default 1e-3. */
  readonly epsilon?: number;
}

/**
 * Normalizes each sample by its own mean and variance.
 * @see https://keras.io/api/layers/normalization_layers/layer_normalization/ and https://arxiv.org/abs/1607.06450
 */
export class LayerNormalization extends Normalizing {
  static override readonly className = "LayerNormalization";
  override supportsMasking = true;
  readonly axis: number | readonly number[];

  constructor(options: LayerNormalizationOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
  }

  #axes(rank: number): number[] {
    return (typeof this.axis === "number" ? [this.axis] : this.axis).map((axis) => normalizeAxis(axis, rank));
  }

  override build(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    const extents = this.#axes(shape.length).map((axis) => shape[axis]);
    if (extents.includes(null))
      throw new Error(
        `Layer '${this.name}': the normalized axes must have known sizes. Received: shape=${formatShape(shape)}`,
      );
    this.buildScale(extents as number[]);
  }

  override call(x: Tensor): Tensor {
    const axes = this.#axes(x.rank);
    const mean = meanOver(x, axes, true);
    const variance = meanOver(square(subtract(x, mean)), axes, true);
    return this.normalize(x, mean, variance, (w) =>
      w.value.reshape(x.shape.map((extent, a) => (axes.includes(a) ? extent : 1))),
    );
  }

  override getConfig(): Config {
    const rules = this.weightRules;
    return {
      ...super.getConfig(),
      axis: this.axis,
      epsilon: this.epsilon,
      center: this.center,
      scale: this.scale,
      beta_initializer: initializers.serialize(rules.betaInitializer),
      gamma_initializer: initializers.serialize(rules.gammaInitializer),
      beta_regularizer: regularizers.serialize(rules.betaRegularizer),
      gamma_regularizer: regularizers.serialize(rules.gammaRegularizer),
      beta_constraint: constraints.serialize(rules.betaConstraint),
      gamma_constraint: constraints.serialize(rules.gammaConstraint),
    };
  }

  static override fromConfig(config: Config): LayerNormalization {
    const { dtype: _, ...options } = camelCaseKeys(config);
    return new LayerNormalization(options as LayerNormalizationOptions);
  }
}
