import { expandDims } from "../../ops/arrays.js";
import { repeat } from "../../ops/shaping.js";
import type { Tensor } from "../../ops/tensor.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { expectRank, positiveInteger } from "../arguments.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

/**
 * The axes of each sample in another order, counted from 1: `dims` `[2, 1]` exchanges the first two.
 * @see https://keras.io/api/layers/reshaping_layers/permute/
 */
export class Permute extends Layer {
  static override readonly className = "Permute";
  static override readonly constructorArguments = ["dims"];
  readonly dims: readonly number[];

  /** @throws if `dims` is not an order of 1, 2, … */
  constructor(dims: readonly number[], options: LayerOptions = {}) {
    super(options);
    const sorted = Array.isArray(dims) ? [...dims].sort((a, b) => a - b) : [0];
    if (sorted.some((dim, i) => dim !== i + 1)) {
      throw new Error(
        `Invalid permutation argument \`dims\` for Permute Layer '${this.name}'. The set of indices in \`dims\` must be consecutive and start from 1. Received dims=${JSON.stringify(dims)}`,
      );
    }
    this.dims = [...dims];
  }

  override checkInput(inputShape: LayerShape): void {
    expectRank(inputShape as PartialShape, this.dims.length + 1, this.name);
  }

  override call(x: Tensor): Tensor {
    return x.transpose([0, ...this.dims]);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const shape = inputShape as PartialShape;
    return [shape[0], ...this.dims.map((dim) => shape[dim])];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), dims: this.dims };
  }
}

/**
 * Each sample `n` times: `(batch, features)` to `(batch, n, features)`.
 * @see https://keras.io/api/layers/reshaping_layers/repeat_vector/
 */
export class RepeatVector extends Layer {
  static override readonly className = "RepeatVector";
  static override readonly constructorArguments = ["n"];
  readonly n: number;

  /** @throws if `n` is not a positive integer */
  constructor(n: number, options: LayerOptions = {}) {
    super(options);
    this.n = positiveInteger("n", n, this.name);
  }

  override checkInput(inputShape: LayerShape): void {
    expectRank(inputShape as PartialShape, 2, this.name);
  }

  override call(x: Tensor): Tensor {
    return repeat(expandDims(x, 1), this.n, 1);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const [batch, features] = inputShape as PartialShape;
    return [batch, this.n, features];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), n: this.n };
  }
}
