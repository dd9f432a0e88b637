import type * as constraints from "../../constraints/index.js";
import type * as initializers from "../../initializers/index.js";
import { convTranspose, type Padding, transposedSize } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import type * as regularizers from "../../regularizers/index.js";
import type { Config } from "../../utils/serialization.js";
import { positiveInteger, show } from "../arguments.js";
import { WeightRule } from "../core/weightRule.js";
import { Convolution, type ConvolutionOptions } from "./convolution.js";

export interface ConvTransposeOptions extends ConvolutionOptions {
  /** What is added at the end of each axis of the result, less than the stride. Default: what makes `"same"` give `size · stride`. */
  readonly outputPadding?: number | readonly number[] | null;
  /** Default `"glorot_uniform"`. */
  readonly kernelInitializer?: initializers.InitializerIdentifier;
  readonly kernelRegularizer?: regularizers.RegularizerIdentifier;
  readonly kernelConstraint?: constraints.ConstraintIdentifier;
}

/** The step backwards of a convolution: what carries its results' shape to its inputs'. */
abstract class BaseConvTranspose extends Convolution {
  static override readonly constructorArguments = ["filters", "kernel_size"];
  readonly filters: number;
  readonly outputPadding: readonly number[] | null;
  /** `[...kernelSize, filters, channels]` */
  kernel!: Variable;
  readonly #kernelRule: WeightRule;
  protected readonly biasRule: WeightRule;

  /** @throws if an output padding is not less than its stride */
  constructor(
    rank: 1 | 2 | 3,
    filters: number,
    kernelSize: number | readonly number[],
    options: ConvTransposeOptions,
  ) {
    super(rank, kernelSize, options);
    this.filters = positiveInteger("filters", filters, this.name);
    const { outputPadding = null } = options;
    const list =
      typeof outputPadding === "number"
        ? this.kernelSize.map(() => outputPadding)
        : outputPadding && [...outputPadding];
    const fits = (p: number, axis: number) => Number.isInteger(p) && p >= 0 && p < this.strides[axis];
    if (list && (list.length !== rank || !list.every(fits))) {
      throw new Error(
        `\`output_padding\` must be strictly less than \`strides\` for all dimensions. Layer '${this.name}' received: output_padding=${show(outputPadding)}, strides=${show(this.strides)}`,
      );
    }
    this.outputPadding = list;
    this.#kernelRule = new WeightRule("kernel", options, "glorot_uniform");
    this.biasRule = this.biasRuleFrom(options);
  }

  protected override buildKernels(channels: number): void {
    const shape = [...this.kernelSize, this.filters, channels];
    this.kernel = this.addWeight(this.#kernelRule.weight("kernel", shape));
  }

  protected override outputChannels(): number {
    return this.filters;
  }

  protected override outputSize(size: number | null, axis: number): number | null {
    if (size === null) return null;
    const { kernelSize, strides, dilationRate, outputPadding } = this;
    const padding = this.padding as Padding;
    return transposedSize(
      size,
      kernelSize[axis],
      strides[axis],
      dilationRate[axis],
      padding,
      outputPadding?.[axis],
    );
  }

  protected override convolve(x: Tensor): Tensor {
    const { strides, dataFormat, dilationRate, outputPadding } = this;
    const padding = this.padding as Padding;
    return convTranspose(x, this.kernel, { strides, padding, dataFormat, dilationRate, outputPadding });
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      filters: this.filters,
      output_padding: this.outputPadding,
      ...this.#kernelRule.getConfig(),
    };
  }
}

/**
 * Transposed convolution along one axis: makes them larger by the strides.
 * @see https://keras.io/api/layers/convolution_layers/convolution1d_transpose/
 */
export class Conv1DTranspose extends BaseConvTranspose {
  static override readonly className = "Conv1DTranspose";
  constructor(filters: number, kernelSize: number | readonly number[], options: ConvTransposeOptions = {}) {
    super(1, filters, kernelSize, options);
  }
}

/**
 * Transposed convolution of images: makes them larger by the strides.
 * @see https://keras.io/api/layers/convolution_layers/convolution2d_transpose/
 */
export class Conv2DTranspose extends BaseConvTranspose {
  static override readonly className = "Conv2DTranspose";
  constructor(filters: number, kernelSize: number | readonly number[], options: ConvTransposeOptions = {}) {
    super(2, filters, kernelSize, options);
  }
}

/**
 * Transposed convolution of volumes: makes them larger by the strides.
 * @see https://keras.io/api/layers/convolution_layers/convolution3d_transpose/
 */
export class Conv3DTranspose extends BaseConvTranspose {
  static override readonly className = "Conv3DTranspose";
  constructor(filters: number, kernelSize: number | readonly number[], options: ConvTransposeOptions = {}) {
    super(3, filters, kernelSize, options);
  }
}
