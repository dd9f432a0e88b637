import { eye, full } from "../ops/arrays.js";
import type { Tensor } from "../ops/tensor.js";
import type { DType } from "../tensor/dtype.js";
import { formatShape, type Shape } from "../tensor/shape.js";
import type { Config } from "../utils/serialization.js";
import { Initializer } from "./initializer.js";

export class Zeros extends Initializer {
  static override readonly className = "Zeros";
  call(shape: Shape, dtype: DType = "float32"): Tensor {
    return full(shape, 0, dtype);
  }
  static fromConfig(): Zeros {
    return new Zeros();
  }
}

export class Ones extends Initializer {
  static override readonly className = "Ones";
  call(shape: Shape, dtype: DType = "float32"): Tensor {
    return full(shape, 1, dtype);
  }
  static fromConfig(): Ones {
    return new Ones();
  }
}

/** Every element is `value` (default 0). */
export class Constant extends Initializer {
  static override readonly className = "Constant";
  constructor(readonly value = 0) {
    super();
  }
  call(shape: Shape, dtype: DType = "float32"): Tensor {
    return full(shape, this.value, dtype);
  }
  override getConfig(): Config {
    return { value: this.value };
  }
  static fromConfig(config: Config): Constant {
    return new Constant(config.value as number | undefined);
  }
}

/** `gain` times the identity matrix. */
export class Identity extends Initializer {
  static override readonly className = "Identity";
  constructor(readonly gain = 1) {
    super();
  }
  call(shape: Shape): Tensor {
    if (shape.length !== 2) {
      throw new Error(
        `Identity matrix initializer can only be used for 2D matrices. Received: shape=${formatShape(shape)}`,
      );
    }
    return eye(shape[0], shape[1]).mul(this.gain);
  }
  override getConfig(): Config {
    return { gain: this.gain };
  }
  static fromConfig(config: Config): Identity {
    return new Identity(config.gain as number | undefined);
  }
}
