import type { Tensor } from "../../ops/tensor.js";
import type { Config } from "../../utils/serialization.js";
import { Layer, type LayerOptions, layerOptions } from "../layer.js";

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

  static override fromConfig(config: Config): Identity {
    return new Identity(layerOptions(config));
  }
}
