import { pad } from "../../ops/arrays.js";
import { type Interpolation, interpolations, resize } from "../../ops/image.js";
import type { DataFormat } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { dataFormatOf, oneOf, positiveInteger } from "../arguments.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

export interface ResizingOptions extends LayerOptions {
  /** Default `"bilinear"`. */
  readonly interpolation?: Interpolation;
  /** Whether the middle part of the new aspect ratio is cut out first. Default false. */
  readonly cropToAspectRatio?: boolean;
  /** Whether the picture is padded to the new aspect ratio first. Default false. */
  readonly padToAspectRatio?: boolean;
  /** What padding is filled with. Default 0. */
  readonly fillValue?: number;
  /** Whether pictures that get smaller are smoothed first. Default false. */
  readonly antialias?: boolean;
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
}

/** Pictures in another size. @see https://keras.io/api/layers/preprocessing_layers/image_preprocessing/resizing/ */
export class Resizing extends Layer {
  static override readonly className = "Resizing";
  static override readonly constructorArguments = ["height", "width"];
  readonly height: number;
  readonly width: number;
  readonly interpolation: Interpolation;
  readonly cropToAspectRatio: boolean;
  readonly padToAspectRatio: boolean;
  readonly fillValue: number;
  readonly antialias: boolean;
  readonly dataFormat: DataFormat;

  /** @throws if both cropping and padding are asked for */
  constructor(height: number, width: number, options: ResizingOptions = {}) {
    super(options);
    this.height = positiveInteger("height", height, this.name);
    this.width = positiveInteger("width", width, this.name);
    this.interpolation = oneOf(
      "interpolation",
      options.interpolation ?? "bilinear",
      interpolations,
      this.name,
    );
    this.cropToAspectRatio = options.cropToAspectRatio ?? false;
    this.padToAspectRatio = options.padToAspectRatio ?? false;
    if (this.cropToAspectRatio && this.padToAspectRatio)
      throw new Error(
        `Only one of \`crop_to_aspect_ratio\` & \`pad_to_aspect_ratio\` can be true in layer '${this.name}'.`,
      );
    this.fillValue = options.fillValue ?? 0;
    this.antialias = options.antialias ?? false;
    this.dataFormat = dataFormatOf(options.dataFormat, this.name);
    this.built = true;
  }

  /** Where the height is; the width follows. */
  #heightAxis(rank: number): number {
    return rank - (this.dataFormat === "channels_last" ? 3 : 2);
  }

  override call(x: Tensor): Tensor {
    const { interpolation, antialias, dataFormat } = this;
    return resize(this.#inRatio(x.astype("float32")), [this.height, this.width], {
      interpolation,
      antialias,
      dataFormat,
    });
  }

  /** Cut or padded to the new aspect ratio, if asked for. */
  #inRatio(x: Tensor): Tensor {
    const at = this.#heightAxis(x.rank);
    const [height, width] = x.shape.slice(at, at + 2);
    const fitting = [
      Math.trunc((width * this.height) / this.width),
      Math.trunc((height * this.width) / this.height),
    ];
    const sizes = [height, width];
    if (this.cropToAspectRatio) {
      const cut = sizes.map((size, i) => Math.max(Math.min(size, fitting[i]), 1));
      return x.slice(
        x.shape.map((_, a) => (a === at || a === at + 1 ? Math.trunc((sizes[a - at] - cut[a - at]) / 2) : 0)),
        x.shape.map((extent, a) => (a === at || a === at + 1 ? cut[a - at] : extent)),
      );
    }
    if (!this.padToAspectRatio) return x;
    // as many pixels on both sides, as Keras has it: an odd one is left out
    const added = sizes.map((size, i) => Math.trunc((Math.max(size, fitting[i]) - size) / 2));
    return pad(
      x,
      x.shape.map((_, a): [number, number] => [added[a - at] ?? 0, added[a - at] ?? 0]),
      this.fillValue,
    );
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const shape = inputShape as PartialShape;
    const at = this.#heightAxis(shape.length);
    return shape.map((extent, axis) => [this.height, this.width][axis - at] ?? extent);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      height: this.height,
      width: this.width,
      interpolation: this.interpolation,
      crop_to_aspect_ratio: this.cropToAspectRatio,
      pad_to_aspect_ratio: this.padToAspectRatio,
      fill_mode: "constant",
      fill_value: this.fillValue,
      antialias: this.antialias,
      data_format: this.dataFormat,
    };
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}
