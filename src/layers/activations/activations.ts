import * as activations from "../../activations/index.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Config } from "../../utils/serialization.js";
import { Layer, type LayerOptions } from "../layer.js";

/** Applies an activation function. @see https://keras.io/api/layers/core_layers/activation/ */
export class Activation extends Layer {
  static override readonly className = "Activation";
  static override readonly constructorArguments = ["activation"];
  override supportsMasking = true;
  readonly activation: activations.Activation;

  /** @throws if the name is unknown */
  constructor(activation: activations.ActivationIdentifier, options: LayerOptions = {}) {
    super(options);
    this.activation = activations.get(activation);
    this.built = true;
  }
  override call(x: Tensor): Tensor {
    return this.activation(x);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), activation: activations.serialize(this.activation) };
  }
}

export interface ReLUOptions extends LayerOptions {
  /** Default none. */
  readonly maxValue?: number | null;
  /** Default 0. */
  readonly negativeSlope?: number;
  /** Default 0. */
  readonly threshold?: number;
}

function nonNegative(name: string, value: number, layer: string): number {
  if (value >= 0) return value;
  throw new Error(
    `${name} of a ReLU layer cannot be a negative value. Received: ${name}=${value} (layer '${layer}')`,
  );
}

/** https://keras.io/api/layers/activation_layers/relu/ */
export class ReLU extends Layer {
  static override readonly className = "ReLU";
  override supportsMasking = true;
  readonly maxValue: number | null;
  readonly negativeSlope: number;
  readonly threshold: number;
  constructor(options: ReLUOptions = {}) {
    super(options);
    this.maxValue = options.maxValue ?? null;
    if (this.maxValue !== null) nonNegative("max_value", this.maxValue, this.name);
    this.negativeSlope = nonNegative("negative_slope", options.negativeSlope ?? 0, this.name);
    this.threshold = nonNegative("threshold", options.threshold ?? 0, this.name);
    this.built = true;
  }
  override call(x: Tensor): Tensor {
    return activations.relu(x, {
      maxValue: this.maxValue,
      negativeSlope: this.negativeSlope,
      threshold: this.threshold,
    });
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      max_value: this.maxValue,
      negative_slope: this.negativeSlope,
      threshold: this.threshold,
    };
  }
}

/** https://keras.io/api/layers/activation_layers/leaky_relu/ */
export class LeakyReLU extends Layer {
  static override readonly className = "LeakyReLU";
  override supportsMasking = true;
  readonly negativeSlope: number;
  /** @param options `negativeSlope`: default 0.3 */
  constructor(options: LayerOptions & { negativeSlope?: number } = {}) {
    super(options);
    this.negativeSlope = nonNegative("negative_slope", options.negativeSlope ?? 0.3, this.name);
    this.built = true;
  }
  override call(x: Tensor): Tensor {
    return activations.leakyRelu(x, this.negativeSlope);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), negative_slope: this.negativeSlope };
  }
}

/** https://keras.io/api/layers/activation_layers/elu/ */
export class ELU extends Layer {
  static override readonly className = "ELU";
  override supportsMasking = true;
  readonly alpha: number;
  /** @param options `alpha`: default 1 */
  constructor(options: LayerOptions & { alpha?: number } = {}) {
    super(options);
    this.alpha = options.alpha ?? 1;
    this.built = true;
  }
  override call(x: Tensor): Tensor {
    return activations.elu(x, this.alpha);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha };
  }
}

/** https://keras.io/api/layers/activation_layers/softmax/ */
export class Softmax extends Layer {
  static override readonly className = "Softmax";
  static override readonly callArguments: readonly string[] = ["inputs", "mask"];
  override supportsMasking = true;
  readonly axis: number | readonly number[];
  /** @param options `axis`: one or several, default −1 */
  constructor(options: LayerOptions & { axis?: number | readonly number[] } = {}) {
    super(options);
    this.axis = options.axis ?? -1;
    this.built = true;
  }
  override call(x: Tensor): Tensor {
    return activations.softmax(x, this.axis);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}
