import type { Tensor } from "../ops/tensor.js";
import type { DType } from "../tensor/dtype.js";
import type { Shape } from "../tensor/shape.js";
import type { Config } from "../utils/serialization.js";

/**
 * Gives a weight its first content.
 * @see https://keras.io/api/layers/initializers/
 */
export abstract class Initializer {
  static readonly className: string = "Initializer";
  static readonly module: string | null = "keras.initializers";

  /** A tensor of `shape` (float32 unless `dtype` says otherwise). */
  abstract call(shape: Shape, dtype?: DType): Tensor;

  getConfig(): Config {
    return {};
  }
}
