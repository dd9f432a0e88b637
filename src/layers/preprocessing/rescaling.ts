import { add, multiply } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import { tensor } from "../../ops/tensor.js";
import type { Config } from "../../utils/serialization.js";
import { Layer, type LayerOptions } from "../layer.js";

/** One number, or one for each of the last axis. */
type Factor = number | readonly number[];

export interface RescalingOptions extends LayerOptions {
  /** What is added after scaling. Default 0. */
  readonly offset?: Factor;
}

/**
 * `x · scale + offset`: `new Rescaling(1 / 255)` brings pixels to [0, 1].
 * @see https://keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling/
 */
export class Rescaling extends Layer {
  static override readonly className = "Rescaling";
  static override readonly constructorArguments = ["scale"];
  override supportsMasking = true;
  readonly scale: Factor;
  readonly offset: Factor;

  constructor(scale: Factor, options: RescalingOptions = {}) {
    super(options);
    this.scale = scale;
    this.offset = options.offset ?? 0;
    this.built = true;
  }

  override call(x: Tensor): Tensor {
    return add(multiply(x.astype("float32"), tensor(this.scale)), tensor(this.offset));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), scale: this.scale, offset: this.offset };
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}
