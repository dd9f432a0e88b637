import { mean as meanOver } from "../../ops/arrays.js";
import { square, subtract } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape, normalizeAxis, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import type { LayerShape } from "../layer.js";
import { Normalizing, type ScaleOptions } from "./normalizing.js";

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
  /** As given; sorted, in an array, once the layer is built. */
  axis: number | readonly number[];

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
    this.axis = typeof this.axis === "number" ? [this.axis] : [...this.axis].sort((a, b) => a - b);
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
    return { ...super.getConfig(), axis: this.axis, rms_scaling: false };
  }
}
