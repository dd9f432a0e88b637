import type * as constraints from "../../constraints/index.js";
import type * as initializers from "../../initializers/index.js";
import { pad } from "../../ops/arrays.js";
import { conv } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import type * as regularizers from "../../regularizers/index.js";
import type { Config } from "../../utils/serialization.js";
import { positiveInteger } from "../arguments.js";
import { WeightRule } from "../core/weightRule.js";
import { Convolution, type ConvolutionOptions, type ConvolutionPadding } from "./convolution.js";

export interface ConvLayerOptions extends ConvolutionOptions {
  /** Default 1. */
  readonly groups?: number;
  /** Default `"glorot_uniform"`. */
  readonly kernelInitializer?: initializers.InitializerIdentifier;
  readonly kernelRegularizer?: regularizers.RegularizerIdentifier;
  readonly kernelConstraint?: constraints.ConstraintIdentifier;
}

export interface Conv1DOptions extends Omit<ConvLayerOptions, "padding"> {
  /** Default `"valid"`; `"causal"` pads before the first step only. */
  readonly padding?: ConvolutionPadding;
}

abstract class BaseConv extends Convolution {
  static override readonly constructorArguments = ["filters", "kernel_size"];
  readonly filters: number;
  readonly groups: number;
  /** `[...kernelSize, channels / groups, filters]` */
  kernel!: Variable;
  readonly #kernelRule: WeightRule;
  protected readonly biasRule: WeightRule;

  constructor(
    rank: 1 | 2 | 3,
    filters: number,
    kernelSize: number | readonly number[],
    options: Conv1DOptions,
  ) {
    super(rank, kernelSize, options, rank === 1 ? ["valid", "same", "causal"] : ["valid", "same"]);
    this.filters = positiveInteger("filters", filters, this.name);
    this.groups = positiveInteger("groups", options.groups ?? 1, this.name);
    if (this.filters % this.groups !== 0) {
      throw new Error(
        `The number of filters must be evenly divisible by the number of groups. Received: groups=${this.groups}, filters=${this.filters}.`,
      );
    }
    this.#kernelRule = new WeightRule("kernel", options, "glorot_uniform");
    this.biasRule = this.biasRuleFrom(options as ConvolutionOptions);
  }

  protected override buildKernels(channels: number): void {
    if (channels % this.groups !== 0) {
      throw new Error(
        `The number of input channels must be evenly divisible by the number of groups. Layer '${this.name}' received groups=${this.groups}, but the input has ${channels} channels.`,
      );
    }
    const shape = [...this.kernelSize, channels / this.groups, this.filters];
    this.kernel = this.addWeight(this.#kernelRule.weight("kernel", shape));
  }

  protected override outputChannels(): number {
    return this.filters;
  }

  protected override convolve(x: Tensor): Tensor {
    const { strides, padding, dataFormat, dilationRate } = this;
    if (padding !== "causal") return conv(x, this.kernel, { strides, padding, dataFormat, dilationRate });
    const steps = dataFormat === "channels_last" ? 1 : 2;
    const before = (this.kernelSize[0] - 1) * dilationRate[0];
    const padded = pad(
      x,
      x.shape.map((_, axis) => (axis === steps ? [before, 0] : [0, 0])),
    );
    return conv(padded, this.kernel, { strides, dataFormat, dilationRate });
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      filters: this.filters,
      groups: this.groups,
      ...this.#kernelRule.getConfig(),
    };
  }
}

/**
 * Convolution along one axis: `(batch, steps, channels)` to `(batch, newSteps, filters)`.
 * @see https://keras.io/api/layers/convolution_layers/convolution1d/
 */
export class Conv1D extends BaseConv {
  static override readonly className = "Conv1D";
  constructor(filters: number, kernelSize: number | readonly number[], options: Conv1DOptions = {}) {
    super(1, filters, kernelSize, options);
  }
}

/**
 * Convolution over images: `(batch, height, width, channels)` to `(batch, newHeight, newWidth, filters)`.
 * Parameters: `kernelHeight · kernelWidth · channels · filters + filters`.
 * @see https://keras.io/api/layers/convolution_layers/convolution2d/
 */
export class Conv2D extends BaseConv {
  static override readonly className = "Conv2D";
  constructor(filters: number, kernelSize: number | readonly number[], options: ConvLayerOptions = {}) {
    super(2, filters, kernelSize, options);
  }
}

/**
 * Convolution over volumes.
 * @see https://keras.io/api/layers/convolution_layers/convolution3d/
 */
export class Conv3D extends BaseConv {
  static override readonly className = "Conv3D";
  constructor(filters: number, kernelSize: number | readonly number[], options: ConvLayerOptions = {}) {
    super(3, filters, kernelSize, options);
  }
}
