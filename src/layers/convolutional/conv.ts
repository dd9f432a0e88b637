import { add } from "../../ops/elementwise.js";
import { conv, type DataFormat, type Padding } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import { samePadding, windowOutputSize } from "../../primitives/windowShape.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { integerTuple, oneOf, positiveInteger } from "../arguments.js";
import { type KernelOptions, KernelSettings, kernelOptions } from "../core/dense.js";
import { Layer, type LayerShape } from "../layer.js";

export interface ConvLayerOptions extends KernelOptions {
  /** Default 1. */
  readonly strides?: number | readonly number[];
  /** Default `"valid"`. */
  readonly padding?: Padding;
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
  /** Default 1. */
  readonly dilationRate?: number | readonly number[];
  /** Default 1. */
  readonly groups?: number;
}

/** Convolution over 1, 2 or 3 spatial axes. */
abstract class BaseConv extends Layer {
  readonly filters: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly dataFormat: DataFormat;
  readonly dilationRate: readonly number[];
  readonly groups: number;
  readonly settings: KernelSettings;
  /** `[...kernelSize, channels / groups, filters]` */
  kernel!: Variable;
  bias: Variable | null = null;

  constructor(
    readonly rank: 1 | 2 | 3,
    filters: number,
    kernelSize: number | readonly number[],
    options: ConvLayerOptions = {},
  ) {
    super(options);
    const layer = this.name;
    this.filters = positiveInteger("filters", filters, layer);
    this.kernelSize = integerTuple("kernel_size", kernelSize, rank, layer);
    this.strides = integerTuple("strides", options.strides ?? 1, rank, layer);
    this.padding = oneOf("padding", options.padding ?? "valid", ["valid", "same"], layer);
    this.dataFormat = oneOf(
      "data_format",
      options.dataFormat ?? "channels_last",
      ["channels_last", "channels_first"],
      layer,
    );
    this.dilationRate = integerTuple("dilation_rate", options.dilationRate ?? 1, rank, layer);
    this.groups = positiveInteger("groups", options.groups ?? 1, layer);
    if (this.filters % this.groups !== 0) {
      throw new Error(
        `The number of filters must be evenly divisible by the number of groups. Received: groups=${this.groups}, filters=${this.filters}.`,
      );
    }
    if (this.strides.some((s) => s > 1) && this.dilationRate.some((d) => d > 1)) {
      throw new Error(
        `\`strides > 1\` not supported in conjunction with \`dilation_rate > 1\` in layer ${layer}. Received: strides=${JSON.stringify(this.strides)} and dilation_rate=${JSON.stringify(this.dilationRate)}`,
      );
    }
    this.settings = new KernelSettings(options);
  }

  #channels(shape: PartialShape): number | null {
    return this.dataFormat === "channels_last" ? shape[shape.length - 1] : shape[1];
  }

  override build(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    this.#checkRank(shape);
    const channels = this.#channels(shape);
    if (channels === null)
      throw new Error(
        `The channel dimension of the inputs of layer '${this.name}' should be defined. Received: shape=${formatShape(shape)}`,
      );
    if (channels % this.groups !== 0) {
      throw new Error(
        `The number of input channels must be evenly divisible by the number of groups. Received groups=${this.groups}, but the input has ${channels} channels (full input shape is ${formatShape(shape)}).`,
      );
    }
    this.kernel = this.addWeight(
      this.settings.kernel([...this.kernelSize, channels / this.groups, this.filters]),
    );
    if (this.settings.useBias) this.bias = this.addWeight(this.settings.bias(this.filters));
    this.computeOutputShape(inputShape);
  }

  #checkRank(shape: PartialShape): void {
    if (shape.length === this.rank + 2) return;
    const hint =
      shape.length === this.rank + 1
        ? ` Add the channel axis: Input([${[...shape.slice(1), 1].join(", ")}]), and reshape the data.`
        : "";
    throw new Error(
      `Input 0 of layer '${this.name}' is incompatible with the layer: expected min_ndim=${this.rank + 2}, found ndim=${shape.length}. Full shape received: ${formatShape(shape)}.${hint}`,
    );
  }

  override checkInput(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    this.#checkRank(shape);
    const expected = this.kernel.shape[this.rank] * this.groups;
    const found = this.#channels(shape);
    if (found !== null && found !== expected) {
      const axis = this.dataFormat === "channels_last" ? -1 : 1;
      throw new Error(
        `Input 0 of layer '${this.name}' is incompatible with the layer: expected axis ${axis} of input shape to have value ${expected}, but received input with shape ${formatShape(shape)}`,
      );
    }
  }

  override call(x: Tensor): Tensor {
    const { strides, padding, dataFormat, dilationRate } = this;
    let y = conv(x, this.kernel, { strides, padding, dataFormat, dilationRate });
    if (this.bias) {
      const first = dataFormat === "channels_first";
      y = add(y, first ? this.bias.value.reshape([1, this.filters, ...strides.map(() => 1)]) : this.bias);
    }
    return this.settings.activation(y);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const shape = inputShape as PartialShape;
    const from = this.dataFormat === "channels_last" ? 1 : 2;
    const spatial = this.kernelSize.map((size, axis) =>
      spatialSize(
        shape[from + axis],
        size,
        this.strides[axis],
        this.dilationRate[axis],
        this.padding,
        `layer '${this.name}' (${formatShape(shape)} with kernel_size=${JSON.stringify(this.kernelSize)})`,
      ),
    );
    return from === 1 ? [shape[0], ...spatial, this.filters] : [shape[0], this.filters, ...spatial];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      filters: this.filters,
      kernel_size: this.kernelSize,
      strides: this.strides,
      padding: this.padding,
      data_format: this.dataFormat,
      dilation_rate: this.dilationRate,
      groups: this.groups,
      ...this.settings.getConfig(),
      activity_regularizer: null,
      ...this.settings.constraintConfig(),
    };
  }
}

/** The size of a spatial axis after a window has gone over it (null stays null). */
export function spatialSize(
  size: number | null,
  window: number,
  stride: number,
  dilation: number,
  padding: Padding,
  where: string,
): number | null {
  if (size === null) return null;
  const pad: readonly [number, number] =
    padding === "same" ? samePadding(size, window, stride, dilation) : [0, 0];
  return windowOutputSize(size, window, stride, dilation, pad, where);
}

/**
 * Convolution along one axis: `(batch, steps, channels)` to `(batch, newSteps, filters)`.
 * @see https://keras.io/api/layers/convolution_layers/convolution1d/
 */
export class Conv1D extends BaseConv {
  static override readonly className = "Conv1D";
  constructor(filters: number, kernelSize: number | readonly number[], options: ConvLayerOptions = {}) {
    super(1, filters, kernelSize, options);
  }
  static override fromConfig(config: Config): Conv1D {
    return new Conv1D(config.filters as number, config.kernel_size as number[], kernelOptions(config));
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
  static override fromConfig(config: Config): Conv2D {
    return new Conv2D(config.filters as number, config.kernel_size as number[], kernelOptions(config));
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
  static override fromConfig(config: Config): Conv3D {
    return new Conv3D(config.filters as number, config.kernel_size as number[], kernelOptions(config));
  }
}
