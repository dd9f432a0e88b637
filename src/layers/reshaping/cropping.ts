import type { DataFormat } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { dataFormatOf, expectRank, type Sides, sidesOf } from "../arguments.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

export interface CroppingOptions extends LayerOptions {
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
}

/** Leaves out what lies at the ends of the spatial axes. */
abstract class Cropping extends Layer {
  static override readonly constructorArguments = ["cropping"];
  readonly dataFormat: DataFormat;
  /** `[before, after]` for each spatial axis. */
  protected readonly sides: readonly (readonly [number, number])[];

  constructor(rank: number, cropping: Sides, options: CroppingOptions) {
    super(options);
    this.sides = sidesOf("cropping", cropping, rank, this.name);
    this.dataFormat = dataFormatOf(options.dataFormat, this.name);
  }

  /** What is left out before and after axis `axis`. */
  #removed(axis: number): readonly [number, number] {
    return this.sides[axis - (this.dataFormat === "channels_last" ? 1 : 2)] ?? [0, 0];
  }

  override build(inputShape: LayerShape): void {
    this.checkInput(inputShape);
    this.computeOutputShape(inputShape);
  }

  override checkInput(inputShape: LayerShape): void {
    expectRank(inputShape as PartialShape, this.sides.length + 2, this.name);
  }

  override call(x: Tensor): Tensor {
    return x.slice(
      x.shape.map((_, axis) => this.#removed(axis)[0]),
      this.computeOutputShape(x.shape) as number[],
    );
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const shape = inputShape as PartialShape;
    return shape.map((extent, axis) => {
      const [before, after] = this.#removed(axis);
      if (extent !== null && before + after >= extent && before + after > 0) {
        throw new Error(
          `Values in \`cropping\` argument should be smaller than the corresponding spatial dimension of the input. Layer '${this.name}' received: input_shape=${formatShape(shape)}, cropping=${JSON.stringify(this.sides)}`,
        );
      }
      return extent === null ? null : extent - before - after;
    });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), cropping: this.sides, data_format: this.dataFormat };
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}

/** Leaves out steps at both ends: `cropping` is one number or `[before, after]`. @see https://keras.io/api/layers/reshaping_layers/cropping1d/ */
export class Cropping1D extends Cropping {
  static override readonly className = "Cropping1D";
  constructor(cropping: number | readonly [number, number] = [1, 1], options: LayerOptions = {}) {
    super(1, typeof cropping === "number" ? cropping : [cropping], options);
  }
  override getConfig(): Config {
    const { data_format: _, ...config } = super.getConfig();
    return { ...config, cropping: this.sides[0] };
  }
}

/** Leaves out the borders of images. @see https://keras.io/api/layers/reshaping_layers/cropping2d/ */
export class Cropping2D extends Cropping {
  static override readonly className = "Cropping2D";
  constructor(cropping: Sides = 0, options: CroppingOptions = {}) {
    super(2, cropping, options);
  }
}

/** Leaves out the borders of volumes. @see https://keras.io/api/layers/reshaping_layers/cropping3d/ */
export class Cropping3D extends Cropping {
  static override readonly className = "Cropping3D";
  constructor(cropping: Sides = 1, options: CroppingOptions = {}) {
    super(3, cropping, options);
  }
}
