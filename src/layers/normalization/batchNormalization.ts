import * as initializers from "../../initializers/index.js";
import { mean as meanOver } from "../../ops/arrays.js";
import { add, multiply, square, subtract } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import { formatShape, normalizeAxis, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { expectSize } from "../arguments.js";
import type { CallOptions, LayerShape } from "../layer.js";
import { Normalizing, type ScaleOptions } from "./normalizing.js";

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
  static override readonly callArguments: readonly string[] = ["inputs", "training", "mask"];
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
    expectSize(inputShape as PartialShape, this.axis, this.movingMean.shape[0], this.name);
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
    return {
      ...super.getConfig(),
      axis: this.axis,
      momentum: this.momentum,
      moving_mean_initializer: initializers.serialize(this.movingMeanInitializer),
      moving_variance_initializer: initializers.serialize(this.movingVarianceInitializer),
      synchronized: false,
      renorm: false,
      renorm_clipping: null,
      renorm_momentum: 0.99,
    };
  }
}
