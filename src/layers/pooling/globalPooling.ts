import { expandDims, max, mean, sum } from "../../ops/arrays.js";
import { divideNoNan, where } from "../../ops/elementwise.js";
import type { DataFormat } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { dataFormatOf, expectRank } from "../arguments.js";
import { type CallOptions, Layer, type LayerOptions, type LayerShape } from "../layer.js";

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
    readonly rank: 1 | 2 | 3,
    readonly pool: (x: Tensor, axes: readonly number[], keepdims: boolean) => Tensor,
    options: GlobalPoolingOptions,
  ) {
    super(options);
    this.dataFormat = dataFormatOf(options.dataFormat, this.name);
    this.keepdims = options.keepdims ?? false;
  }

  protected axes(): number[] {
    const from = this.dataFormat === "channels_last" ? 1 : 2;
    return Array.from({ length: this.rank }, (_, i) => from + i);
  }

  override checkInput(inputShape: LayerShape): void {
    expectRank(inputShape as PartialShape, this.rank + 2, this.name);
  }

  override call(x: Tensor): Tensor {
    return this.pool(x, this.axes(), this.keepdims);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const axes = this.axes();
    const shape = inputShape as PartialShape;
    return this.keepdims
      ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
      : shape.filter((_, axis) => !axes.includes(axis));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), data_format: this.dataFormat, keepdims: this.keepdims };
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}

/** The mean of each channel over all steps; with a mask, over those that it does not leave out (0 if it leaves out all). @see https://keras.io/api/layers/pooling_layers/global_average_pooling1d/ */
export class GlobalAveragePooling1D extends GlobalPooling {
  static override readonly className = "GlobalAveragePooling1D";
  static override readonly callArguments: readonly string[] = ["inputs", "mask"];
  override supportsMasking = true;
  constructor(options: GlobalPoolingOptions = {}) {
    super(1, mean, options);
  }
  override call(x: Tensor, options?: Partial<CallOptions>): Tensor {
    const mask = options?.mask as Tensor | undefined;
    if (!mask) return super.call(x);
    const counts = expandDims(mask, this.dataFormat === "channels_last" ? 2 : 1).astype("bool");
    const total = sum(where(counts, x, 0), this.axes(), this.keepdims);
    return divideNoNan(total, sum(counts.astype("float32"), this.axes(), this.keepdims));
  }
  override computeMask(): undefined {
    return undefined;
  }
}

/** The mean of each channel over the whole image. @see https://keras.io/api/layers/pooling_layers/global_average_pooling2d/ */
export class GlobalAveragePooling2D extends GlobalPooling {
  static override readonly className = "GlobalAveragePooling2D";
  constructor(options: GlobalPoolingOptions = {}) {
    super(2, mean, options);
  }
}

/** The mean of each channel over the whole volume. @see https://keras.io/api/layers/pooling_layers/global_average_pooling3d/ */
export class GlobalAveragePooling3D extends GlobalPooling {
  static override readonly className = "GlobalAveragePooling3D";
  constructor(options: GlobalPoolingOptions = {}) {
    super(3, mean, options);
  }
}

/** The largest value of each channel over all steps. @see https://keras.io/api/layers/pooling_layers/global_max_pooling1d/ */
export class GlobalMaxPooling1D extends GlobalPooling {
  static override readonly className = "GlobalMaxPooling1D";
  constructor(options: GlobalPoolingOptions = {}) {
    super(1, max, options);
  }
}

/** The largest value of each channel over the whole image. @see https://keras.io/api/layers/pooling_layers/global_max_pooling2d/ */
export class GlobalMaxPooling2D extends GlobalPooling {
  static override readonly className = "GlobalMaxPooling2D";
  constructor(options: GlobalPoolingOptions = {}) {
    super(2, max, options);
  }
}

/** The largest value of each channel over the whole volume. @see https://keras.io/api/layers/pooling_layers/global_max_pooling3d/ */
export class GlobalMaxPooling3D extends GlobalPooling {
  static override readonly className = "GlobalMaxPooling3D";
  constructor(options: GlobalPoolingOptions = {}) {
    super(3, max, options);
  }
}
