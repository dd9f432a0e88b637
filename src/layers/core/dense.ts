import * as activations from "../../activations/index.js";
import type * as constraints from "../../constraints/index.js";
import type * as initializers from "../../initializers/index.js";
import { matmul } from "../../ops/arrays.js";
import { add } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import type * as regularizers from "../../regularizers/index.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { expectSize, misfit, positiveInteger } from "../arguments.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";
import { WeightRule } from "./weightRule.js";

/** What layers with a kernel and a bias have in common. */
export interface KernelOptions extends LayerOptions {
  /** Default: none. */
  readonly activation?: activations.ActivationIdentifier;
  /** Default true. */
  readonly useBias?: boolean;
  /** Default `"glorot_uniform"`. */
  readonly kernelInitializer?: initializers.InitializerIdentifier;
  /** Default `"zeros"`. */
  readonly biasInitializer?: initializers.InitializerIdentifier;
  readonly kernelRegularizer?: regularizers.RegularizerIdentifier;
  readonly biasRegularizer?: regularizers.RegularizerIdentifier;
  readonly kernelConstraint?: constraints.ConstraintIdentifier;
  readonly biasConstraint?: constraints.ConstraintIdentifier;
}

/** The parsed form of `KernelOptions`. Made in the constructor: random initializers draw their seeds in that order. */
export class KernelSettings {
  readonly activation: activations.Activation;
  readonly useBias: boolean;
  readonly kernelRule: WeightRule;
  readonly biasRule: WeightRule;

  constructor(options: KernelOptions) {
    this.activation = activations.get(options.activation);
    this.useBias = options.useBias ?? true;
    this.kernelRule = new WeightRule("kernel", options, "glorot_uniform");
    this.biasRule = new WeightRule("bias", options, "zeros");
  }

  kernel(shape: readonly number[]) {
    return this.kernelRule.weight("kernel", shape);
  }

  bias(shape: readonly number[]) {
    return this.biasRule.weight("bias", shape);
  }

  getConfig(): Config {
    return {
      activation: activations.serialize(this.activation),
      use_bias: this.useBias,
      ...this.kernelRule.getConfig(),
      ...this.biasRule.getConfig(),
    };
  }
}

/**
 * `activation(x · kernel + bias)` on the last axis.
 *
 * Input `(batch, …, inputs)`, output `(batch, …, units)`; parameters `inputs · units + units`.
 *
 * @see https://keras.io/api/layers/core_layers/dense/
 */
export class Dense extends Layer {
  static override readonly className = "Dense";
  static override readonly constructorArguments = ["units"];
  override supportsMasking = true;
  readonly units: number;
  readonly settings: KernelSettings;
  /** `[inputs, units]` */
  kernel!: Variable;
  /** `[units]` */
  bias: Variable | null = null;

  /** @throws if `units` is not a positive integer */
  constructor(units: number, options: KernelOptions = {}) {
    super(options);
    this.units = positiveInteger("units", units, this.name);
    this.settings = new KernelSettings(options);
  }

  override build(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    const inputs = shape[shape.length - 1];
    if (shape.length < 2 || inputs === null || inputs === undefined) {
      throw misfit(
        this.name,
        `min_ndim=2 with a known last axis. Received: shape=${formatShape(shape)}. Flatten images first: new layers.Flatten().`,
      );
    }
    this.kernel = this.addWeight(this.settings.kernel([inputs, this.units]));
    if (this.settings.useBias) this.bias = this.addWeight(this.settings.bias([this.units]));
  }

  override checkInput(inputShape: LayerShape): void {
    expectSize(inputShape as PartialShape, -1, this.kernel.shape[0], this.name);
  }

  override call(x: Tensor): Tensor {
    const y = matmul(x, this.kernel);
    return this.settings.activation(this.bias ? add(y, this.bias) : y);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    return [...(inputShape as PartialShape).slice(0, -1), this.units];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      units: this.units,
      ...this.settings.getConfig(),
      quantization_config: null,
    };
  }
}
