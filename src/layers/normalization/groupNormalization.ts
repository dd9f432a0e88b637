import { mean as meanOver } from "../../ops/arrays.js";
import { square, subtract } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape, normalizeAxis, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import type { LayerShape } from "../layer.js";
import { Normalizing, type ScaleOptions } from "./normalizing.js";

export interface GroupNormalizationOptions extends ScaleOptions {
  /** Number of groups, a divisor of the number of channels; −1: each channel by itself. Default 32. */
  readonly groups?: number;
  /** The axis of the channels. Default −1. */
  readonly axis?: number;
  /** Default 1e-3. */
  readonly epsilon?: number;
}

/**
 * Normalizes each sample within groups of channels.
 * @see https://keras.io/api/layers/normalization_layers/group_normalization/ and https://arxiv.org/abs/1803.08494
 */
export class GroupNormalization extends Normalizing {
  static override readonly className = "GroupNormalization";
  override supportsMasking = true;
  groups: number;
  readonly axis: number;

  /** @throws if `groups` is neither a positive integer nor −1 */
  constructor(options: GroupNormalizationOptions = {}) {
    super(options);
    const { groups = 32 } = options;
    if (!Number.isInteger(groups) || (groups <= 0 && groups !== -1)) {
      throw new Error(
        `Received an invalid value for argument \`groups\` in layer '${this.name}', expected a positive integer (or \`-1\` for instance normalization). Received: groups=${groups}`,
      );
    }
    this.groups = groups;
    this.axis = options.axis ?? -1;
  }

  override build(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    const extent = shape[normalizeAxis(this.axis, shape.length)];
    if (extent === null)
      throw new Error(
        `Axis ${this.axis} of the input of layer '${this.name}' should have a defined dimension but the layer received an input with shape ${formatShape(shape)}.`,
      );
    if (this.groups === -1) this.groups = extent;
    if (extent % this.groups !== 0) {
      throw new Error(
        `Number of groups (${this.groups}) of layer '${this.name}' must divide the number of channels (${extent}). Received: shape=${formatShape(shape)}`,
      );
    }
    this.buildScale([extent]);
  }

  override call(x: Tensor): Tensor {
    const at = normalizeAxis(this.axis, x.rank);
    const { groups } = this;
    const grouped = (extent: number, axis: number) => (axis === at ? [groups, extent / groups] : [extent]);
    const y = x.reshape(x.shape.flatMap(grouped));
    const axes = y.shape.map((_, axis) => axis).filter((axis) => axis !== 0 && axis !== at);
    const mean = meanOver(y, axes, true);
    const variance = meanOver(square(subtract(y, mean)), axes, true);
    const spread = x.shape.flatMap((extent, axis) => (axis === at ? [groups, extent / groups] : [1]));
    return this.normalize(y, mean, variance, (w) => w.value.reshape(spread)).reshape(x.shape);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), groups: this.groups, axis: this.axis };
  }
}
