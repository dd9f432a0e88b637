import { max, mean } from "../../ops/arrays.js";
import { averagePool, type DataFormat, maxPool, type Padding, type PoolOptions } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import { type Config, camelCaseKeys } from "../../utils/serialization.js";
import { integerTuple, oneOf } from "../arguments.js";
import { spatialSize } from "../convolutional/conv.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

export interface PoolingOptions extends LayerOptions {
  /** Default 2. */
  readonly poolSize?: number | readonly number[];
  /** Default: the pool size. */
  readonly strides?: number | readonly number[] | null;
  /** Default `"valid"`. */
  readonly padding?: Padding;
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
}

type Pool = (x: Tensor, poolSize: readonly number[], options: PoolOptions) => Tensor;

/** Constructors accept the pool size first, or all in one options object. */
function optionsFrom(
  poolSize: number | readonly number[] | PoolingOptions,
  options: PoolingOptions,
): PoolingOptions {
  return typeof poolSize === "number" || Array.isArray(poolSize)
    ? { ...options, poolSize: poolSize as number | readonly number[] }
    : { ...(poolSize as PoolingOptions), ...options };
}

abstract class Pooling extends Layer {
  readonly poolSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;
  readonly dataFormat: DataFormat;

  constructor(
    readonly rank: 1 | 2 | 3,
    readonly pool: Pool,
    options: PoolingOptions,
  ) {
    super(options);
    const layer = this.name;
    this.poolSize = integerTuple("pool_size", options.poolSize ?? 2, rank, layer);
    this.strides = integerTuple("strides", options.strides ?? this.poolSize, rank, layer);
    this.padding = oneOf("padding", options.padding ?? "valid", ["valid", "same"], layer);
    this.dataFormat = oneOf(
      "data_format",
      options.dataFormat ?? "channels_last",
      ["channels_last", "channels_first"],
      layer,
    );
  }

  override build(inputShape: LayerShape): void {
    this.checkInput(inputShape);
    this.computeOutputShape(inputShape);
  }

  override checkInput(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    if (shape.length !== this.rank + 2) {
      throw new Error(
        `Input 0 of layer '${this.name}' is incompatible with the layer: expected ndim=${this.rank + 2}, found ndim=${shape.length}. Full shape received: ${formatShape(shape)}`,
      );
    }
  }

  override call(x: Tensor): Tensor {
    const { strides, padding, dataFormat } = this;
    return this.pool(x, this.poolSize, { strides, padding, dataFormat });
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const shape = inputShape as PartialShape;
    const from = this.dataFormat === "channels_last" ? 1 : 2;
    const where = `layer '${this.name}' (${formatShape(shape)} with pool_size=${JSON.stringify(this.poolSize)})`;
    return shape.map((extent, axis) => {
      const i = axis - from;
      return i >= 0 && i < this.rank
        ? spatialSize(extent, this.poolSize[i], this.strides[i], 1, this.padding, where)
        : extent;
    });
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      pool_size: this.poolSize,
      padding: this.padding,
      strides: this.strides,
      data_format: this.dataFormat,
    };
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}

function poolingOptions(config: Config): PoolingOptions {
  const { dtype: _, ...options } = camelCaseKeys(config);
  return options as PoolingOptions;
}

/** https://keras.io/api/layers/pooling_layers/max_pooling1d/ */
export class MaxPooling1D extends Pooling {
  static override readonly className = "MaxPooling1D";
  constructor(poolSize: number | readonly number[] | PoolingOptions = 2, options: PoolingOptions = {}) {
    super(1, maxPool, optionsFrom(poolSize, options));
  }
  static override fromConfig(config: Config): MaxPooling1D {
    return new MaxPooling1D(poolingOptions(config));
  }
}

/** The largest value of each window. https://keras.io/api/layers/pooling_layers/max_pooling2d/ */
export class MaxPooling2D extends Pooling {
  static override readonly className = "MaxPooling2D";
  constructor(poolSize: number | readonly number[] | PoolingOptions = 2, options: PoolingOptions = {}) {
    super(2, maxPool, optionsFrom(poolSize, options));
  }
  static override fromConfig(config: Config): MaxPooling2D {
    return new MaxPooling2D(poolingOptions(config));
  }
}

/** https://keras.io/api/layers/pooling_layers/average_pooling1d/ */
export class AveragePooling1D extends Pooling {
  static override readonly className = "AveragePooling1D";
  constructor(poolSize: number | readonly number[] | PoolingOptions = 2, options: PoolingOptions = {}) {
    super(1, averagePool, optionsFrom(poolSize, options));
  }
  static override fromConfig(config: Config): AveragePooling1D {
    return new AveragePooling1D(poolingOptions(config));
  }
}

/** The mean of each window. https://keras.io/api/layers/pooling_layers/average_pooling2d/ */
export class AveragePooling2D extends Pooling {
  static override readonly className = "AveragePooling2D";
  constructor(poolSize: number | readonly number[] | PoolingOptions = 2, options: PoolingOptions = {}) {
    super(2, averagePool, optionsFrom(poolSize, options));
  }
  static override fromConfig(config: Config): AveragePooling2D {
    return new AveragePooling2D(poolingOptions(config));
  }
}

export interface GlobalPoolingOptions extends LayerOptions {
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
  /** Whether the spatial axes stay with size 1. Default false. */
  readonly keepdims?: boolean;
}

abstract class GlobalPooling extends Layer {
  readonly dataFormat: DataFormat;
  readonly keepdims: boolean;

  constructor(
    readonly rank: 1 | 2,
    readonly pool: (x: Tensor, axes: readonly number[], keepdims: boolean) => Tensor,
    options: GlobalPoolingOptions,
  ) {
    super(options);
    this.dataFormat = oneOf(
      "data_format",
      options.dataFormat ?? "channels_last",
      ["channels_last", "channels_first"],
      this.name,
    );
    this.keepdims = options.keepdims ?? false;
  }

  #axes(): number[] {
    const from = this.dataFormat === "channels_last" ? 1 : 2;
    return Array.from({ length: this.rank }, (_, i) => from + i);
  }

  override checkInput(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    if (shape.length !== this.rank + 2) {
      throw new Error(
        `Input 0 of layer '${this.name}' is incompatible with the layer: expected ndim=${this.rank + 2}, found ndim=${shape.length}. Full shape received: ${formatShape(shape)}`,
      );
    }
  }

  override call(x: Tensor): Tensor {
    return this.pool(x, this.#axes(), this.keepdims);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const axes = this.#axes();
    const shape = inputShape as PartialShape;
    return this.keepdims
      ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
      : shape.filter((_, axis) => !axes.includes(axis));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), data_format: this.dataFormat, keepdims: this.keepdims };
  }
}

/** https://keras.io/api/layers/pooling_layers/global_average_pooling2d/ */
export class GlobalAveragePooling2D extends GlobalPooling {
  static override readonly className = "GlobalAveragePooling2D";
  constructor(options: GlobalPoolingOptions = {}) {
    super(2, mean, options);
  }
  static override fromConfig(config: Config): GlobalAveragePooling2D {
    return new GlobalAveragePooling2D(poolingOptions(config) as GlobalPoolingOptions);
  }
}

/** https://keras.io/api/layers/pooling_layers/global_max_pooling2d/ */
export class GlobalMaxPooling2D extends GlobalPooling {
  static override readonly className = "GlobalMaxPooling2D";
  constructor(options: GlobalPoolingOptions = {}) {
    super(2, max, options);
  }
  static override fromConfig(config: Config): GlobalMaxPooling2D {
    return new GlobalMaxPooling2D(poolingOptions(config) as GlobalPoolingOptions);
  }
}
