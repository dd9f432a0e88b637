import { any } from "../../ops/arrays.js";
import { notEqual, where } from "../../ops/elementwise.js";
import type { KerasTensor } from "../../ops/kerasTensor.js";
import type { Structure } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Config } from "../../utils/serialization.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

export interface MaskingOptions extends LayerOptions {
  /** Default 0. */
  readonly maskValue?: number;
}

/**
 * Masks the time steps of `(batch, steps, …)` at which all values equal `maskValue`, and sets them to 0.
 * @see https://keras.io/api/layers/core_layers/masking/
 */
export class Masking extends Layer {
  static override readonly className = "Masking";
  override supportsMasking = true;
  readonly maskValue: number;

  constructor(options: MaskingOptions = {}) {
    super(options);
    this.maskValue = options.maskValue ?? 0;
    this.built = true;
  }

  override computeMask(inputs: Structure<Tensor | KerasTensor>): Tensor | KerasTensor {
    return any(notEqual(inputs as KerasTensor, this.maskValue), -1);
  }

  override call(x: Tensor): Tensor {
    return where(any(notEqual(x, this.maskValue), -1, true), x, 0).astype(x.dtype);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return inputShape;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), mask_value: this.maskValue };
  }
}
