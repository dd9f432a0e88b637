import type * as constraints from "../../constraints/index.js";
import type * as initializers from "../../initializers/index.js";
import { type Padding, separableConv } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import type * as regularizers from "../../regularizers/index.js";
import type { Config } from "../../utils/serialization.js";
import { positiveInteger } from "../arguments.js";
import { WeightRule } from "../core/weightRule.js";
import { Convolution } from "./convolution.js";
import { type DepthwiseConvOptions, depthwiseRule } from "./depthwiseConv.js";

export interface SeparableConvOptions extends DepthwiseConvOptions {
  /** Default `"glorot_uniform"`. */
  readonly pointwiseInitializer?: initializers.InitializerIdentifier;
  readonly pointwiseRegularizer?: regularizers.RegularizerIdentifier;
  readonly pointwiseConstraint?: constraints.ConstraintIdentifier;
}

abstract class BaseSeparableConv extends Convolution {
  static override readonly constructorArguments = ["filters", "kernel_size"];
  readonly filters: number;
  readonly depthMultiplier: number;
  /** `[...kernelSize, channels, depthMultiplier]` */
  depthwiseKernel!: Variable;
  /** `[1, …, channels · depthMultiplier, filters]` */
  pointwiseKernel!: Variable;
  readonly #depthwiseRule: WeightRule;
  readonly #pointwiseRule: WeightRule;
  protected readonly biasRule: WeightRule;

  constructor(
    rank: 1 | 2,
    filters: number,
    kernelSize: number | readonly number[],
    options: SeparableConvOptions,
  ) {
    super(rank, kernelSize, options);
    this.filters = positiveInteger("filters", filters, this.name);
    this.depthMultiplier = positiveInteger("depth_multiplier", options.depthMultiplier ?? 1, this.name);
    this.#depthwiseRule = depthwiseRule(options);
    this.#pointwiseRule = new WeightRule("pointwise", options, "glorot_uniform");
    this.biasRule = this.biasRuleFrom(options);
  }

  protected override buildKernels(channels: number): void {
    const { depthMultiplier, filters } = this;
    this.depthwiseKernel = this.addWeight(
      this.#depthwiseRule.weight("depthwise_kernel", [...this.kernelSize, channels, depthMultiplier]),
    );
    const ones = this.kernelSize.map(() => 1);
    this.pointwiseKernel = this.addWeight(
      this.#pointwiseRule.weight("pointwise_kernel", [...ones, channels * depthMultiplier, filters]),
    );
  }

  protected override outputChannels(): number {
    return this.filters;
  }

  protected override convolve(x: Tensor): Tensor {
    const { strides, dataFormat, dilationRate } = this;
    return separableConv(x, this.depthwiseKernel, this.pointwiseKernel, {
      strides,
      padding: this.padding as Padding,
      dataFormat,
      dilationRate,
    });
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      filters: this.filters,
      depth_multiplier: this.depthMultiplier,
      ...this.#depthwiseRule.getConfig(),
      ...this.#pointwiseRule.getConfig(),
    };
  }
}

/**
 * Convolution of each channel by itself, then of all channels at each position, along one axis.
 * @see https://keras.io/api/layers/convolution_layers/separable_convolution1d/
 */
export class SeparableConv1D extends BaseSeparableConv {
  static override readonly className = "SeparableConv1D";
  constructor(filters: number, kernelSize: number | readonly number[], options: SeparableConvOptions = {}) {
    super(1, filters, kernelSize, options);
  }
}

/**
 * Convolution of each channel by itself, then of all channels at each position.
 * @see https://keras.io/api/layers/convolution_layers/separable_convolution2d/
 */
export class SeparableConv2D extends BaseSeparableConv {
  static override readonly className = "SeparableConv2D";
  constructor(filters: number, kernelSize: number | readonly number[], options: SeparableConvOptions = {}) {
    super(2, filters, kernelSize, options);
  }
}
