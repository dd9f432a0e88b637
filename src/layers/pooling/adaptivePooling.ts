import { adaptiveAveragePool, adaptiveMaxPool } from "../../ops/adaptivePool.js";
import type { DataFormat } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { dataFormatOf, expectRank, integerTuple } from "../arguments.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

export interface AdaptivePoolingOptions extends LayerOptions {
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
}

/** Pooling with windows that are chosen so that the result has a given size. */
abstract class AdaptivePooling extends Layer {
  static override readonly constructorArguments = ["output_size"];
  readonly outputSize: readonly number[];
  readonly dataFormat: DataFormat;

  constructor(
    readonly rank: 1 | 2 | 3,
    readonly pool: typeof adaptiveAveragePool,
    outputSize: number | readonly number[],
    options: AdaptivePoolingOptions,
  ) {
    super(options);
    this.outputSize = integerTuple("output_size", outputSize, rank, this.name);
    this.dataFormat = dataFormatOf(options.dataFormat, this.name);
  }

  override checkInput(inputShape: LayerShape): void {
    expectRank(inputShape as PartialShape, this.rank + 2, this.name);
  }

  override call(x: Tensor): Tensor {
    return this.pool(x, this.outputSize, { dataFormat: this.dataFormat });
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const from = this.dataFormat === "channels_last" ? 1 : 2;
    return (inputShape as PartialShape).map((extent, axis) => this.outputSize[axis - from] ?? extent);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), output_size: this.outputSize, data_format: this.dataFormat };
  }
}

/** The means of windows chosen so that the result has the size `outputSize`. @see https://keras.io/api/layers/pooling_layers/ */
export class AdaptiveAveragePooling1D extends AdaptivePooling {
  static override readonly className = "AdaptiveAveragePooling1D";
  constructor(outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(1, adaptiveAveragePool, outputSize, options);
  }
}

/** The means of windows chosen so that the result has the size `outputSize`. @see https://keras.io/api/layers/pooling_layers/ */
export class AdaptiveAveragePooling2D extends AdaptivePooling {
  static override readonly className = "AdaptiveAveragePooling2D";
  constructor(outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(2, adaptiveAveragePool, outputSize, options);
  }
}

/** The means of windows chosen so that the result has the size `outputSize`. @see https://keras.io/api/layers/pooling_layers/ */
export class AdaptiveAveragePooling3D extends AdaptivePooling {
  static override readonly className = "AdaptiveAveragePooling3D";
  constructor(outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(3, adaptiveAveragePool, outputSize, options);
  }
}

/** The largest values of windows chosen so that the result has the size `outputSize`. @see https://keras.io/api/layers/pooling_layers/ */
export class AdaptiveMaxPooling1D extends AdaptivePooling {
  static override readonly className = "AdaptiveMaxPooling1D";
  constructor(outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(1, adaptiveMaxPool, outputSize, options);
  }
}

/** The largest values of windows chosen so that the result has the size `outputSize`. @see https://keras.io/api/layers/pooling_layers/ */
export class AdaptiveMaxPooling2D extends AdaptivePooling {
  static override readonly className = "AdaptiveMaxPooling2D";
  constructor(outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(2, adaptiveMaxPool, outputSize, options);
  }
}

/** The largest values of windows chosen so that the result has the size `outputSize`. @see https://keras.io/api/layers/pooling_layers/ */
export class AdaptiveMaxPooling3D extends AdaptivePooling {
  static override readonly className = "AdaptiveMaxPooling3D";
  constructor(outputSize: number | readonly number[], options: AdaptivePoolingOptions = {}) {
    super(3, adaptiveMaxPool, outputSize, options);
  }
}
