import { averagePool, type DataFormat, maxPool, type Padding, type PoolOptions } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { dataFormatOf, expectRank, integerTuple, oneOf } from "../arguments.js";
import { spatialSize } from "../convolutional/convolution.js";
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
    this.dataFormat = dataFormatOf(options.dataFormat, layer);
  }

  override build(inputShape: LayerShape): void {
    this.checkInput(inputShape);
    this.computeOutputShape(inputShape);
  }

  override checkInput(inputShape: LayerShape): void {
    expectRank(inputShape as PartialShape, this.rank + 2, this.name);
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

/** The largest value of each window of steps. @see https://keras.io/api/layers/pooling_layers/max_pooling1d/ */
export class MaxPooling1D extends Pooling {
  static override readonly className = "MaxPooling1D";
  constructor(poolSize: number | readonly number[] | PoolingOptions = 2, options: PoolingOptions = {}) {
    super(1, maxPool, optionsFrom(poolSize, options));
  }
}

/** The largest value of each window of an image. @see https://keras.io/api/layers/pooling_layers/max_pooling2d/ */
export class MaxPooling2D extends Pooling {
  static override readonly className = "MaxPooling2D";
  constructor(poolSize: number | readonly number[] | PoolingOptions = 2, options: PoolingOptions = {}) {
    super(2, maxPool, optionsFrom(poolSize, options));
  }
}

/** The largest value of each window of a volume. @see https://keras.io/api/layers/pooling_layers/max_pooling3d/ */
export class MaxPooling3D extends Pooling {
  static override readonly className = "MaxPooling3D";
  constructor(poolSize: number | readonly number[] | PoolingOptions = 2, options: PoolingOptions = {}) {
    super(3, maxPool, optionsFrom(poolSize, options));
  }
}

/** The mean of each window of steps. @see https://keras.io/api/layers/pooling_layers/average_pooling1d/ */
export class AveragePooling1D extends Pooling {
  static override readonly className = "AveragePooling1D";
  constructor(poolSize: number | readonly number[] | PoolingOptions = 2, options: PoolingOptions = {}) {
    super(1, averagePool, optionsFrom(poolSize, options));
  }
}

/** The mean of each window of an image. @see https://keras.io/api/layers/pooling_layers/average_pooling2d/ */
export class AveragePooling2D extends Pooling {
  static override readonly className = "AveragePooling2D";
  constructor(poolSize: number | readonly number[] | PoolingOptions = 2, options: PoolingOptions = {}) {
    super(2, averagePool, optionsFrom(poolSize, options));
  }
}

/** The mean of each window of a volume. @see https://keras.io/api/layers/pooling_layers/average_pooling3d/ */
export class AveragePooling3D extends Pooling {
  static override readonly className = "AveragePooling3D";
  constructor(poolSize: number | readonly number[] | PoolingOptions = 2, options: PoolingOptions = {}) {
    super(3, averagePool, optionsFrom(poolSize, options));
  }
}
