import type { Tensor } from "../../ops/tensor.js";
import { L1L2 } from "../../regularizers/index.js";
import type { Config } from "../../utils/serialization.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

export interface ActivityRegularizationOptions extends Omit<LayerOptions, "activityRegularizer"> {
  /** Factor of the sum of absolute values. Default 0. */
  readonly l1?: number;
  /** Factor of the sum of squares. Default 0. */
  readonly l2?: number;
}

/**
 * Passes its input on, and adds `(l1 · Σ|x| + l2 · Σx²) / batch` to the loss.
 * @see https://keras.io/api/layers/regularization_layers/activity_regularization/
 */
export class ActivityRegularization extends Layer {
  static override readonly className = "ActivityRegularization";
  override supportsMasking = true;
  readonly l1: number;
  readonly l2: number;

  /** @throws if a factor is negative */
  constructor(options: ActivityRegularizationOptions = {}) {
    const { l1 = 0, l2 = 0 } = options;
    super({ ...options, activityRegularizer: new L1L2({ l1, l2 }) });
    this.l1 = l1;
    this.l2 = l2;
    this.built = true;
  }

  override call(x: Tensor): Tensor {
    return x;
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }

  override getConfig(): Config {
    const { activity_regularizer: _, ...config } = super.getConfig();
    return { ...config, l1: this.l1, l2: this.l2 };
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}
