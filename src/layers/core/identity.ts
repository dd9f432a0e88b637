import type { Tensor } from "../../ops/tensor.js";
import { Layer, type LayerOptions } from "../layer.js";

/** Gives its inputs back. @see https://keras.io/api/layers/core_layers/identity/ */
export class Identity extends Layer {
  static override readonly className = "Identity";
  override supportsMasking = true;

  constructor(options: LayerOptions = {}) {
    super(options);
    this.built = true;
  }

  override call(x: Tensor): Tensor {
    return x;
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}
