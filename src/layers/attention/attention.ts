import { softmax } from "../../ops/activations.js";
import { expandDims, matmul } from "../../ops/arrays.js";
import { causalMask } from "../../ops/attention.js";
import { add, logicalAnd, logicalNot, multiply, subtract, tanh, where } from "../../ops/elementwise.js";
import { swapaxes } from "../../ops/shaping.js";
import type { Structure } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import { dropout } from "../../random/index.js";
import { SeedGenerator } from "../../random/seedGenerator.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { oneOf, rateOf } from "../arguments.js";
import {
  type CallOptions,
  isShapeList,
  Layer,
  type LayerInputs,
  type LayerOptions,
  type LayerShape,
} from "../layer.js";

export interface AttentionOptions extends LayerOptions {
  /** Whether the scores have a learned factor. Default false (true for `AdditiveAttention`). */
  readonly useScale?: boolean;
  /** Products of queries and keys, or a sum over tanh of their sums. Default `"dot"`. */
  readonly scoreMode?: "dot" | "concat";
  /** Share of the attention that is dropped while training. Default 0. */
  readonly dropout?: number;
  /** Default: drawn from the stream that `setRandomSeed` seeds. */
  readonly seed?: number | null;
}

export interface AttentionCallOptions extends CallOptions {
  /** Whether `[output, scores]` is given. Default false. */
  readonly returnAttentionScores?: boolean;
  /** Whether queries see no later values. Default false. */
  readonly useCausalMask?: boolean;
}

/**
 * Luong's attention: each query takes the values, weighted by how its keys fit it. Called on `[query, value]` or
 * `[query, value, key]`, of shapes `(batch, queries, size)`, `(batch, values, size)`, `(batch, values, size)`.
 *
 * @see https://keras.io/api/layers/attention_layers/attention/ and https://arxiv.org/abs/1508.04025
 */
export class Attention extends Layer {
  static override readonly className: string = "Attention";
  static override readonly callArguments: readonly string[] = [
    "inputs",
    "mask",
    "training=false",
    "return_attention_scores",
    "use_causal_mask",
  ];
  override supportsMasking = true;
  readonly useScale: boolean;
  readonly scoreMode: "dot" | "concat";
  readonly dropout: number;
  readonly seed: number | null;
  readonly seedGenerator: SeedGenerator | null;
  scale: Variable | null = null;
  concatScoreWeight: Variable | null = null;

  constructor(options: AttentionOptions = {}) {
    super(options);
    this.useScale = options.useScale ?? false;
    this.scoreMode = oneOf("score_mode", options.scoreMode ?? "dot", ["dot", "concat"], this.name);
    this.dropout = rateOf(options.dropout ?? 0, this.name, "dropout");
    this.seed = options.seed ?? null;
    this.seedGenerator = this.dropout > 0 ? new SeedGenerator(this.seed) : null;
  }

  /** The shapes of query, value and key. @throws if there are not two or three inputs */
  protected shapesFrom(shape: LayerShape): readonly PartialShape[] {
    if (isShapeList(shape) && (shape.length === 2 || shape.length === 3)) return shape;
    throw new Error(
      `Layer '${this.name}' must be called on a list of inputs, namely [query, value] or [query, value, key]. Received: ${JSON.stringify(shape)}`,
    );
  }

  override build(inputShape: LayerShape): void {
    this.shapesFrom(inputShape);
    const scalar = (name: string) => this.addWeight({ name, shape: [], initializer: "ones" });
    if (this.useScale) this.scale = scalar("scale");
    if (this.scoreMode === "concat") this.concatScoreWeight = scalar("concat_score_weight");
  }

  override checkInput(inputShape: LayerShape): void {
    this.shapesFrom(inputShape);
  }

  /** `(batch, queries, keys)` */
  protected scores(query: Tensor, key: Tensor): Tensor {
    if (!this.concatScoreWeight) {
      const products = matmul(query, swapaxes(key, -2, -1));
      return this.scale ? multiply(products, this.scale) : products;
    }
    const sums = add(expandDims(query, -2), expandDims(key, -3));
    const bent = tanh(this.scale ? multiply(sums, this.scale) : sums);
    return multiply(bent.sum(-1), this.concatScoreWeight);
  }

  override call(inputs: LayerInputs, options: AttentionCallOptions): Tensor | [Tensor, Tensor] {
    const [query, value, key = value] = inputs as readonly Tensor[];
    const [queryMask, valueMask] = (options.mask ?? []) as readonly (Tensor | undefined)[];
    let scores = this.scores(query, key);
    let seen = valueMask && expandDims(valueMask, -2);
    if (options.useCausalMask) {
      const [queries, keys] = scores.shape.slice(-2);
      const causal = causalMask(queries, keys).reshape([1, queries, keys]);
      seen = seen ? logicalAnd(seen, causal) : causal;
    }
    if (seen) scores = where(logicalNot(seen), subtract(scores, 1e9), scores);
    let weights = softmax(scores);
    if (options.training && this.seedGenerator)
      weights = dropout(weights, this.dropout, { seed: this.seedGenerator });
    const output = matmul(weights, value);
    const result = queryMask ? where(expandDims(queryMask, -1), output, 0) : output;
    return options.returnAttentionScores ? [result, weights] : result;
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const [query, value] = this.shapesFrom(inputShape);
    return [...query.slice(0, -1), value[value.length - 1]];
  }

  override computeMask(
    _inputs: unknown,
    mask: Structure<Tensor | undefined> | undefined,
  ): Structure<Tensor | undefined> | undefined {
    return (mask as readonly (Tensor | undefined)[] | undefined)?.[0];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      use_scale: this.useScale,
      score_mode: this.scoreMode,
      dropout: this.dropout,
      seed: this.seed,
    };
  }
}

/**
 * Bahdanau's attention: scores are sums over `scale · tanh(query + key)`.
 * @see https://keras.io/api/layers/attention_layers/additive_attention/ and https://arxiv.org/abs/1409.0473
 */
export class AdditiveAttention extends Attention {
  static override readonly className = "AdditiveAttention";

  constructor(options: Omit<AttentionOptions, "scoreMode"> = {}) {
    super({ ...options, useScale: options.useScale ?? true });
  }

  override build(inputShape: LayerShape): void {
    const [query] = this.shapesFrom(inputShape);
    const size = query[query.length - 1] as number;
    if (this.useScale)
      this.scale = this.addWeight({ name: "scale", shape: [size], initializer: "glorot_uniform" });
  }

  protected override scores(query: Tensor, key: Tensor): Tensor {
    const bent = tanh(add(expandDims(query, -2), expandDims(key, -3)));
    return (this.scale ? multiply(bent, this.scale) : bent).sum(-1);
  }

  override getConfig(): Config {
    const { score_mode: _, ...config } = super.getConfig();
    return config;
  }
}
