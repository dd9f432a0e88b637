import { oneHot } from "../../ops/arrays.js";
import type { Tensor } from "../../ops/tensor.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { oneOf, positiveInteger } from "../arguments.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

export type EncodingMode = "multi_hot" | "one_hot" | "count";

export interface CategoryEncodingOptions extends LayerOptions {
  /** Number of categories: integers from 0 to below it. */
  readonly numTokens: number;
  /** Which categories occur in a sample, which category each is, or how often each occurs. Default `"multi_hot"`. */
  readonly outputMode?: EncodingMode;
}

/**
 * Integers as vectors of zeros and ones (or counts).
 * @see https://keras.io/api/layers/preprocessing_layers/categorical/category_encoding/
 */
export class CategoryEncoding extends Layer {
  static override readonly className = "CategoryEncoding";
  readonly numTokens: number;
  readonly outputMode: EncodingMode;

  constructor(options: CategoryEncodingOptions) {
    super(options);
    this.numTokens = positiveInteger("num_tokens", options.numTokens, this.name);
    this.outputMode = oneOf(
      "output_mode",
      options.outputMode ?? "multi_hot",
      ["multi_hot", "one_hot", "count"],
      this.name,
    );
    this.built = true;
  }

  override call(x: Tensor): Tensor {
    const tokens = x.astype("int32");
    if (this.outputMode === "one_hot") {
      const column = tokens.rank > 1 && tokens.shape[tokens.rank - 1] === 1;
      return oneHot(column ? tokens.reshape(tokens.shape.slice(0, -1)) : tokens, this.numTokens);
    }
    const hot = oneHot(tokens, this.numTokens);
    const axis = tokens.rank > 1 ? 1 : 0;
    return this.outputMode === "count" ? hot.sum(axis) : hot.max(axis);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const shape = inputShape as PartialShape;
    const whole = this.outputMode === "one_hot" && (shape.length < 2 || shape[shape.length - 1] !== 1);
    return [...(whole ? shape : shape.slice(0, -1)), this.numTokens];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), num_tokens: this.numTokens, output_mode: this.outputMode };
  }

  override getBuildConfig(): undefined {
    return undefined;
  }
}
