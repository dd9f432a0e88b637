import type { DataFormat } from "../../ops/nn.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { oneOf } from "../arguments.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

export interface FlattenOptions extends LayerOptions {
  /** Default `"channels_last"`. */
  readonly dataFormat?: DataFormat;
}

/**
 * Makes one axis of all but the batch: `(batch, 28, 28)` to `(batch, 784)`.
 * @see https://keras.io/api/layers/reshaping_layers/flatten/
 */
export class Flatten extends Layer {
  static override readonly className = "Flatten";
  readonly dataFormat: DataFormat;

  constructor(options: FlattenOptions = {}) {
    super(options);
    this.dataFormat = oneOf(
      "data_format",
      options.dataFormat ?? "channels_last",
      ["channels_last", "channels_first"],
      this.name,
    );
  }

  override call(x: Tensor): Tensor {
    if (this.dataFormat === "channels_first" && x.rank > 2) {
      const last = [0, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 2), 1];
      return x.transpose(last).reshape([x.shape[0], -1]);
    }
    const size = x.shape.slice(1).reduce((a, b) => a * b, 1);
    return x.reshape([x.shape[0], size]);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const [batch, ...rest] = inputShape as PartialShape;
    return [batch, rest.includes(null) ? null : (rest as number[]).reduce((a, b) => a * b, 1)];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), data_format: this.dataFormat };
  }
}

/**
 * Gives each sample another shape; one size may be −1.
 * @see https://keras.io/api/layers/reshaping_layers/reshape/
 */
export class Reshape extends Layer {
  static override readonly className = "Reshape";
  static override readonly constructorArguments = ["target_shape"];
  readonly targetShape: readonly number[];

  constructor(targetShape: readonly number[], options: LayerOptions = {}) {
    super(options);
    const valid =
      Array.isArray(targetShape) &&
      targetShape.every((e) => Number.isInteger(e) && (e > 0 || e === -1)) &&
      targetShape.filter((e) => e === -1).length <= 1;
    if (!valid) {
      throw new Error(
        `The \`target_shape\` argument of layer '${this.name}' must be positive integers, at most one of them -1. Received: target_shape=${JSON.stringify(targetShape)}`,
      );
    }
    this.targetShape = [...targetShape];
  }

  override build(inputShape: LayerShape): void {
    this.computeOutputShape(inputShape);
  }

  override call(x: Tensor): Tensor {
    return x.reshape([x.shape[0], ...(this.computeOutputShape(x.shape).slice(1) as number[])]);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const [batch, ...rest] = inputShape as PartialShape;
    if (rest.includes(null))
      return [batch, ...this.targetShape.map((extent) => (extent === -1 ? null : extent))];
    const size = (rest as number[]).reduce((a, b) => a * b, 1);
    const known = this.targetShape.reduce(
      (product, extent) => (extent === -1 ? product : product * extent),
      1,
    );
    const fits = this.targetShape.includes(-1) ? size % known === 0 : size === known;
    if (!fits) {
      throw new Error(
        `The total size of the tensor must be unchanged. Received: layer '${this.name}' with input_shape=${formatShape(rest)} (${size} elements), target_shape=${formatShape(this.targetShape)}`,
      );
    }
    return [batch, ...this.targetShape.map((extent) => (extent === -1 ? size / known : extent))];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), target_shape: this.targetShape };
  }
}
