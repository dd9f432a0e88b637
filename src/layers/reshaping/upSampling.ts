import { type Interpolation, interpolations, resize } from "../../ops/image.js";
import type { DataFormat } from "../../ops/nn.js";
import { repeat } from "../../ops/shaping.js";
import type { Tensor } from "../../ops/tensor.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { dataFormatOf, expectRank, integerTuple, oneOf, positiveInteger } from "../arguments.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

/** Makes the axes from `from` on larger by whole factors. */
abstract class UpSampling extends Layer {
  static override readonly constructorArguments = ["size"];
  protected abstract readonly factors: readonly number[];
  protected abstract readonly from: number;

  override checkInput(inputShape: LayerShape): void {
    expectRank(inputShape as PartialShape, this.factors.length + 2, this.name);
  }

  override call(x: Tensor): Tensor {
    return this.factors.reduce((y, factor, i) => repeat(y, factor, this.from + i), x);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    return (inputShape as PartialShape).map((extent, axis) =>
      extent === null ? null : extent * (this.factors[axis - this.from] ?? 1),
    );
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}

/** Each step `size` times (default 2). @see https://keras.io/api/layers/reshaping_layers/up_sampling1d/ */
export class UpSampling1D extends UpSampling {
  static override readonly className = "UpSampling1D";
  readonly size: number;
  protected readonly factors: readonly number[];
  protected readonly from = 1;

  constructor(size = 2, options: LayerOptions = {}) {
    super(options);
    this.size = positiveInteger("size", size, this.name);
    this.factors = [this.size];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), size: this.size };
  }
}

export interface UpSampling2DOptions extends LayerOptions {
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
  /** Default `"nearest"`: each pixel several times. */
  readonly interpolation?: Interpolation;
}

/** Images, larger by `size` (default 2). @see https://keras.io/api/layers/reshaping_layers/up_sampling2d/ */
export class UpSampling2D extends UpSampling {
  static override readonly className = "UpSampling2D";
  readonly size: readonly number[];
  readonly dataFormat: DataFormat;
  readonly interpolation: Interpolation;
  protected readonly factors: readonly number[];
  protected readonly from: number;

  constructor(size: number | readonly number[] = 2, options: UpSampling2DOptions = {}) {
    super(options);
    this.size = integerTuple("size", size, 2, this.name);
    this.dataFormat = dataFormatOf(options.dataFormat, this.name);
    this.interpolation = oneOf(
      "interpolation",
      options.interpolation ?? "nearest",
      interpolations,
      this.name,
    );
    this.factors = this.size;
    this.from = this.dataFormat === "channels_last" ? 1 : 2;
  }

  override call(x: Tensor): Tensor {
    const { interpolation, dataFormat, from } = this;
    if (interpolation === "nearest") return super.call(x);
    const size = this.size.map((factor, i) => x.shape[from + i] * factor) as [number, number];
    return resize(x, size, { interpolation, dataFormat });
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      size: this.size,
      data_format: this.dataFormat,
      interpolation: this.interpolation,
    };
  }
}

export interface UpSampling3DOptions extends LayerOptions {
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
}

/** Volumes, larger by `size` (default 2). @see https://keras.io/api/layers/reshaping_layers/up_sampling3d/ */
export class UpSampling3D extends UpSampling {
  static override readonly className = "UpSampling3D";
  readonly size: readonly number[];
  readonly dataFormat: DataFormat;
  protected readonly factors: readonly number[];
  protected readonly from: number;

  constructor(size: number | readonly number[] = 2, options: UpSampling3DOptions = {}) {
    super(options);
    this.size = integerTuple("size", size, 3, this.name);
    this.dataFormat = dataFormatOf(options.dataFormat, this.name);
    this.factors = this.size;
    this.from = this.dataFormat === "channels_last" ? 1 : 2;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), size: this.size, data_format: this.dataFormat };
  }
}
