import { pad } from "../../ops/arrays.js";
import type { DataFormat } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { dataFormatOf, expectRank, type Sides, sidesOf } from "../arguments.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

export interface ZeroPaddingOptions extends LayerOptions {
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
}

/** Zeros before and after the spatial axes. */
abstract class ZeroPadding extends Layer {
  static override readonly constructorArguments = ["padding"];
  readonly dataFormat: DataFormat;
  /** `[before, after]` for each spatial axis. */
  protected readonly sides: readonly (readonly [number, number])[];

  constructor(rank: number, padding: Sides, options: ZeroPaddingOptions) {
    super(options);
    this.sides = sidesOf("padding", padding, rank, this.name);
    this.dataFormat = dataFormatOf(options.dataFormat, this.name);
  }

  /** What is added before and after axis `axis`. */
  #added(axis: number): readonly [number, number] {
    return this.sides[axis - (this.dataFormat === "channels_last" ? 1 : 2)] ?? [0, 0];
  }

  override checkInput(inputShape: LayerShape): void {
    expectRank(inputShape as PartialShape, this.sides.length + 2, this.name);
  }

  override call(x: Tensor): Tensor {
    return pad(
      x,
      x.shape.map((_, axis) => this.#added(axis)),
    );
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    return (inputShape as PartialShape).map((extent, axis) => {
      const [before, after] = this.#added(axis);
      return extent === null ? null : extent + before + after;
    });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), padding: this.sides, data_format: this.dataFormat };
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}

/** Zeros before and after the steps: `padding` is one number or `[before, after]`. @see https://keras.io/api/layers/reshaping_layers/zero_padding1d/ */
export class ZeroPadding1D extends ZeroPadding {
  static override readonly className = "ZeroPadding1D";
  constructor(padding: number | readonly [number, number] = 1, options: ZeroPaddingOptions = {}) {
    super(1, typeof padding === "number" ? padding : [padding], options);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), padding: this.sides[0] };
  }
}

/** Zeros around images. @see https://keras.io/api/layers/reshaping_layers/zero_padding2d/ */
export class ZeroPadding2D extends ZeroPadding {
  static override readonly className = "ZeroPadding2D";
  constructor(padding: Sides = 1, options: ZeroPaddingOptions = {}) {
    super(2, padding, options);
  }
}

/** Zeros around volumes. @see https://keras.io/api/layers/reshaping_layers/zero_padding3d/ */
export class ZeroPadding3D extends ZeroPadding {
  static override readonly className = "ZeroPadding3D";
  constructor(padding: Sides = 1, options: ZeroPaddingOptions = {}) {
    super(3, padding, options);
  }
}
