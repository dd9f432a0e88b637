import type * as constraints from "../../constraints/index.js";
import type * as initializers from "../../initializers/index.js";
import { depthwiseConv, type Padding } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import type * as regularizers from "../../regularizers/index.js";
import type { Config } from "../../utils/serialization.js";
import { positiveInteger } from "../arguments.js";
import { WeightRule } from "../core/weightRule.js";
import { Convolution, type ConvolutionOptions } from "./convolution.js";

export interface DepthwiseConvOptions extends ConvolutionOptions {
  /** How many results each channel gives. Default 1. */
  readonly depthMultiplier?: number;
  /** Default `"glorot_uniform"`. */
  readonly depthwiseInitializer?: initializers.InitializerIdentifier;
  readonly depthwiseRegularizer?: regularizers.RegularizerIdentifier;
  readonly depthwiseConstraint?: constraints.ConstraintIdentifier;
}

/** The rule of a depthwise kernel. */
export function depthwiseRule(options: DepthwiseConvOptions): WeightRule {
  return new WeightRule("depthwise", options, "glorot_uniform");
}

abstract class BaseDepthwiseConv extends Convolution {
  static override readonly constructorArguments = ["kernel_size"];
  readonly depthMultiplier: number;
  /** `[...kernelSize, channels, depthMultiplier]` */
  kernel!: Variable;
  readonly #kernelRule: WeightRule;
  protected readonly biasRule: WeightRule;

  constructor(rank: 1 | 2, kernelSize: number | readonly number[], options: DepthwiseConvOptions) {
    super(rank, kernelSize, options);
    this.depthMultiplier = positiveInteger("depth_multiplier", options.depthMultiplier ?? 1, this.name);
    this.#kernelRule = depthwiseRule(options);
    this.biasRule = this.biasRuleFrom(options);
  }

  protected override buildKernels(channels: number): void {
    const shape = [...this.kernelSize, channels, this.depthMultiplier];
    this.kernel = this.addWeight(this.#kernelRule.weight("kernel", shape));
  }

  protected override outputChannels(channels: number | null): number | null {
    return channels === null ? null : channels * this.depthMultiplier;
  }

  protected override convolve(x: Tensor): Tensor {
    const { strides, dataFormat, dilationRate } = this;
    return depthwiseConv(x, this.kernel, {
      strides,
      padding: this.padding as Padding,
      dataFormat,
      dilationRate,
    });
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      depth_multiplier: this.depthMultiplier,
      ...this.#kernelRule.getConfig(),
    };
  }
}

/**
 * Convolution of each channel by itself, along one axis.
 * @see https://keras.io/api/layers/convolution_layers/depthwise_convolution1d/
 */
export class DepthwiseConv1D extends BaseDepthwiseConv {
  static override readonly className = "DepthwiseConv1D";
  constructor(kernelSize: number | readonly number[], options: DepthwiseConvOptions = {}) {
    super(1, kernelSize, options);
  }
}

/**
 * Convolution of each channel by itself.
 * @see https://keras.io/api/layers/convolution_layers/depthwise_convolution2d/
 */
export class DepthwiseConv2D extends BaseDepthwiseConv {
  static override readonly className = "DepthwiseConv2D";
  constructor(kernelSize: number | readonly number[], options: DepthwiseConvOptions = {}) {
    super(2, kernelSize, options);
  }
}
