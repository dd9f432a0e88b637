import * as activations from "../../activations/index.js";
import type * as constraints from "../../constraints/index.js";
import type * as initializers from "../../initializers/index.js";
import { add } from "../../ops/elementwise.js";
import type { DataFormat, Padding } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import { samePadding, windowOutputSize } from "../../primitives/windowShape.js";
import * as regularizers from "../../regularizers/index.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { dataFormatOf, expectSize, integerTuple, oneOf, wrongRank } from "../arguments.js";
import { WeightRule } from "../core/weightRule.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

/** What all convolutions have in common. */
export interface ConvolutionOptions extends LayerOptions {
  /** Default 1. */
  readonly strides?: number | readonly number[];
  /** Default `"valid"`. */
  readonly padding?: Padding;
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
  /** Default 1. */
  readonly dilationRate?: number | readonly number[];
  /** Default: none. */
  readonly activation?: activations.ActivationIdentifier;
  /** Default true. */
  readonly useBias?: boolean;
  /** Default `"zeros"`. */
  readonly biasInitializer?: initializers.InitializerIdentifier;
  readonly biasRegularizer?: regularizers.RegularizerIdentifier;
  readonly biasConstraint?: constraints.ConstraintIdentifier;
}

/** `"causal"`: zeros only before the first step, so that nothing depends on later ones. */
export type ConvolutionPadding = Padding | "causal";

/** A convolution of some kind over 1, 2 or 3 spatial axes. */
export abstract class Convolution extends Layer {
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: ConvolutionPadding;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly activation: activations.Activation;
  readonly useBias: boolean;
  /** One number for each channel of the result. */
  bias: Variable | null = null;
  protected abstract readonly biasRule: WeightRule;
  /** Number of channels of the input; known once the layer is built. */
  #channels: number | undefined;

  constructor(
    readonly rank: 1 | 2 | 3,
    kernelSize: number | readonly number[],
    options: Omit<ConvolutionOptions, "padding"> & { readonly padding?: ConvolutionPadding },
    paddings: readonly ConvolutionPadding[] = ["valid", "same"],
  ) {
    super(options);
    const layer = this.name;
    this.kernelSize = integerTuple("kernel_size", kernelSize, rank, layer);
    this.strides = integerTuple("strides", options.strides ?? 1, rank, layer);
    this.padding = oneOf("padding", options.padding ?? "valid", paddings, layer);
    this.dataFormat = dataFormatOf(options.dataFormat, layer);
    this.dilationRate = integerTuple("dilation_rate", options.dilationRate ?? 1, rank, layer);
    if (this.strides.some((s) => s > 1) && this.dilationRate.some((d) => d > 1)) {
      throw new Error(
        `\`strides > 1\` not supported in conjunction with \`dilation_rate > 1\` in layer ${layer}. Received: strides=${JSON.stringify(this.strides)} and dilation_rate=${JSON.stringify(this.dilationRate)}`,
      );
    }
    this.activation = activations.get(options.activation);
    this.useBias = options.useBias ?? true;
  }

  protected biasRuleFrom(options: ConvolutionOptions): WeightRule {
    return new WeightRule("bias", options, "zeros");
  }

  /** Makes the kernels for inputs with this many channels. */
  protected abstract buildKernels(channels: number): void;
  /** Number of channels of the result. */
  protected abstract outputChannels(channels: number | null): number | null;
  /** The convolution without bias and activation. */
  protected abstract convolve(x: Tensor): Tensor;

  protected channelsOf(shape: PartialShape): number | null {
    return this.dataFormat === "channels_last" ? shape[shape.length - 1] : shape[1];
  }

  override build(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    this.#checkRank(shape);
    const channels = this.channelsOf(shape);
    if (channels === null)
      throw new Error(
        `The channel dimension of the inputs of layer '${this.name}' should be defined. Received: shape=${formatShape(shape)}`,
      );
    this.computeOutputShape(inputShape);
    this.#channels = channels;
    this.buildKernels(channels);
    if (this.useBias)
      this.bias = this.addWeight(this.biasRule.weight("bias", [this.outputChannels(channels) as number]));
  }

  #checkRank(shape: PartialShape): void {
    if (shape.length === this.rank + 2) return;
    const hint =
      shape.length === this.rank + 1
        ? `. Add the channel axis: Input([${[...shape.slice(1), 1].join(", ")}]), and reshape the data.`
        : ".";
    throw wrongRank(shape, `min_ndim=${this.rank + 2}`, this.name, hint);
  }

  override checkInput(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    this.#checkRank(shape);
    expectSize(shape, this.dataFormat === "channels_last" ? -1 : 1, this.#channels as number, this.name);
  }

  override call(x: Tensor): Tensor {
    const y = this.convolve(x);
    if (!this.bias) return this.activation(y);
    const first = this.dataFormat === "channels_first";
    const bias = this.bias.value;
    return this.activation(add(y, first ? bias.reshape([1, bias.size, ...this.strides.map(() => 1)]) : bias));
  }

  /** The size of spatial axis `axis` of the result (null stays null). */
  protected outputSize(size: number | null, axis: number, where: string): number | null {
    return spatialSize(
      size,
      this.kernelSize[axis],
      this.strides[axis],
      this.dilationRate[axis],
      this.padding,
      where,
    );
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const shape = inputShape as PartialShape;
    const from = this.dataFormat === "channels_last" ? 1 : 2;
    const where = `layer '${this.name}' (${formatShape(shape)} with kernel_size=${JSON.stringify(this.kernelSize)})`;
    const spatial = this.kernelSize.map((_, axis) => this.outputSize(shape[from + axis], axis, where));
    const channels = this.outputChannels(this.channelsOf(shape));
    return from === 1 ? [shape[0], ...spatial, channels] : [shape[0], channels, ...spatial];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      kernel_size: this.kernelSize,
      strides: this.strides,
      padding: this.padding,
      data_format: this.dataFormat,
      dilation_rate: this.dilationRate,
      activation: activations.serialize(this.activation),
      use_bias: this.useBias,
      ...this.biasRule.getConfig(),
      activity_regularizer: regularizers.serialize(this.activityRegularizer),
    };
  }
}

/** The size of a spatial axis after a window has gone over it (null stays null). */
export function spatialSize(
  size: number | null,
  window: number,
  stride: number,
  dilation: number,
  padding: ConvolutionPadding,
  where: string,
): number | null {
  if (size === null) return null;
  const pad: readonly [number, number] =
    padding === "valid"
      ? [0, 0]
      : padding === "same"
        ? samePadding(size, window, stride, dilation)
        : [(window - 1) * dilation, 0];
  return windowOutputSize(size, window, stride, dilation, pad, where);
}
