import type { DataFormat } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import { dropout } from "../../random/index.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { dataFormatOf, expectRank } from "../arguments.js";
import type { CallOptions, LayerOptions, LayerShape } from "../layer.js";
import { Dropout } from "./dropout.js";

export interface SpatialDropout1DOptions extends LayerOptions {
  /** Default: drawn from the stream that `setRandomSeed` seeds. */
  readonly seed?: number | null;
}

export interface SpatialDropoutOptions extends SpatialDropout1DOptions {
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
}

/** Drops whole channels: a channel of a sample is kept or dropped at all positions. */
abstract class SpatialDropout extends Dropout {
  readonly dataFormat: DataFormat;

  constructor(
    readonly rank: 1 | 2 | 3,
    rate: number,
    options: SpatialDropoutOptions,
  ) {
    super(rate, options);
    this.dataFormat = dataFormatOf(options.dataFormat, this.name);
  }

  override checkInput(inputShape: LayerShape): void {
    expectRank(inputShape as PartialShape, this.rank + 2, this.name);
  }

  override call(x: Tensor, { training }: CallOptions): Tensor {
    if (!training || !this.seedGenerator) return x;
    const channels = this.dataFormat === "channels_last" ? this.rank + 1 : 1;
    const noiseShape = x.shape.map((extent, axis) => (axis === 0 || axis === channels ? extent : 1));
    return dropout(x, this.rate, { seed: this.seedGenerator, noiseShape });
  }

  override getConfig(): Config {
    const config = { rate: this.rate, seed: this.seed, name: this.name, dtype: this.dtype };
    return this.rank === 1 ? config : { ...config, data_format: this.dataFormat };
  }
}

/**
 * Drops whole channels of sequences while training.
 * @see https://keras.io/api/layers/regularization_layers/spatial_dropout1d/ and https://arxiv.org/abs/1411.4280
 */
export class SpatialDropout1D extends SpatialDropout {
  static override readonly className = "SpatialDropout1D";
  constructor(rate: number, options: SpatialDropout1DOptions = {}) {
    super(1, rate, options);
  }
}

/**
 * Drops whole channels of images while training.
 * @see https://keras.io/api/layers/regularization_layers/spatial_dropout2d/ and https://arxiv.org/abs/1411.4280
 */
export class SpatialDropout2D extends SpatialDropout {
  static override readonly className = "SpatialDropout2D";
  constructor(rate: number, options: SpatialDropoutOptions = {}) {
    super(2, rate, options);
  }
}

/**
 * Drops whole channels of volumes while training.
 * @see https://keras.io/api/layers/regularization_layers/spatial_dropout3d/ and https://arxiv.org/abs/1411.4280
 */
export class SpatialDropout3D extends SpatialDropout {
  static override readonly className = "SpatialDropout3D";
  constructor(rate: number, options: SpatialDropoutOptions = {}) {
    super(3, rate, options);
  }
}
