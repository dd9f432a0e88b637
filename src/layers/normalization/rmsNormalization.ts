import { normalize, rmsNormalization } from "../../ops/normalization.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import { formatShape, normalizeAxis, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

export interface RMSNormalizationOptions extends LayerOptions {
  /** The axis, or axes, to normalize over. Default −1. */
  readonly axis?: number | readonly number[];
  /** Default 1e-6. */
  readonly epsilon?: number;
}

/**
 * `x / √(mean(x²) + epsilon)` with a learned factor.
 * @see https://keras.io/api/layers/normalization_layers/rms_normalization/ and https://arxiv.org/abs/1910.07467
 */
export class RMSNormalization extends Layer {
  static override readonly className = "RMSNormalization";
  /** As given; sorted, in an array, once the layer is built. */
  axis: number | readonly number[];
  readonly epsilon: number;
  scale!: Variable;

  constructor(options: RMSNormalizationOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
    this.epsilon = options.epsilon ?? 1e-6;
  }

  override build(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    this.axis = typeof this.axis === "number" ? [this.axis] : [...this.axis].sort((a, b) => a - b);
    const extents = this.axis.map((axis) => shape[normalizeAxis(axis, shape.length)]);
    if (extents.includes(null))
      throw new Error(
        `Layer '${this.name}': the normalized axes must have known sizes. Received: shape=${formatShape(shape)}`,
      );
    this.scale = this.addWeight({ name: "scale", shape: extents as number[], initializer: "ones" });
  }

  override call(x: Tensor): Tensor {
    return rmsNormalization(x, { scale: this.scale, axis: this.axis, epsilon: this.epsilon });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis, epsilon: this.epsilon };
  }
}

export interface UnitNormalizationOptions extends LayerOptions {
  /** The axis, or axes, to normalize over. Default −1. */
  readonly axis?: number | readonly number[];
}

/** Brings its inputs to length 1. @see https://keras.io/api/layers/normalization_layers/unit_normalization/ */
export class UnitNormalization extends Layer {
  static override readonly className = "UnitNormalization";
  override supportsMasking = true;
  readonly axis: number | readonly number[];

  constructor(options: UnitNormalizationOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
    this.built = true;
  }

  override call(x: Tensor): Tensor {
    return normalize(x, this.axis, 2, 1e-12);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}
