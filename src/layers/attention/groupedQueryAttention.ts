import { softmax } from "../../ops/activations.js";
import { expandDims } from "../../ops/arrays.js";
import { dotProductAttention } from "../../ops/attention.js";
import { einsum } from "../../ops/einsum.js";
import { multiply, where } from "../../ops/elementwise.js";
import { repeat } from "../../ops/shaping.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { positiveInteger } from "../arguments.js";
import type { EinsumDense } from "../core/einsumDense.js";
import type { LayerShape } from "../layer.js";
import { Dropout } from "../regularization/dropout.js";
import { type MultiHeadCallOptions, ProjectingAttention, type ProjectionOptions } from "./projections.js";

/**
 * Attention of several heads in which some of them share keys and values. Called as `MultiHeadAttention` is.
 * @see https://keras.io/api/layers/attention_layers/group_query_attention/ and https://arxiv.org/abs/2305.13245
 */
export class GroupQueryAttention extends ProjectingAttention {
  static override readonly className = "GroupedQueryAttention";
  static override readonly constructorArguments = ["head_dim", "num_query_heads", "num_key_value_heads"];
  static readonly exportedAs = "GroupQueryAttention";
  readonly headDim: number;
  readonly numQueryHeads: number;
  readonly numKeyValueHeads: number;
  queryDense!: EinsumDense;
  keyDense!: EinsumDense;
  gateDense: EinsumDense | null = null;
  valueDense!: EinsumDense;
  dropoutLayer!: Dropout;
  outputDense!: EinsumDense;

  /** @throws if `numQueryHeads` is no multiple of `numKeyValueHeads` */
  constructor(
    headDim: number,
    numQueryHeads: number,
    numKeyValueHeads: number,
    options: ProjectionOptions = {},
  ) {
    super(options, true);
    this.headDim = positiveInteger("head_dim", headDim, this.name);
    this.numQueryHeads = positiveInteger("num_query_heads", numQueryHeads, this.name);
    this.numKeyValueHeads = positiveInteger("num_key_value_heads", numKeyValueHeads, this.name);
    if (numQueryHeads % numKeyValueHeads !== 0) {
      throw new Error(
        `\`num_query_heads\` must be divisible by \`num_key_value_heads\`. Layer '${this.name}' received: num_query_heads=${numQueryHeads}, num_key_value_heads=${numKeyValueHeads}`,
      );
    }
  }

  override build(inputShape: LayerShape, given: Readonly<Record<string, LayerShape>> = {}): void {
    const query = inputShape as PartialShape;
    const value = given.value as PartialShape | undefined;
    if (!value) {
      throw new Error(
        `Layer '${this.name}' needs a value: attention.apply(query, { value }). Received: query of shape ${formatShape(query)}`,
      );
    }
    const key = (given.key as PartialShape | undefined) ?? value;
    const { headDim, numQueryHeads, numKeyValueHeads } = this;
    const queries = [null, numQueryHeads, headDim];
    const groups = [null, numKeyValueHeads, headDim];
    this.queryDense = this.projection("query", "bqm,muh->bquh", queries, "uh", query);
    this.keyDense = this.projection("key", "bkm,mvh->bkvh", groups, "vh", key);
    if (this.useGate)
      this.gateDense = this.projection("gate", "bqm,muh->bquh", queries, "uh", query, "sigmoid");
    this.valueDense = this.projection("value", "bkm,mvh->bkvh", groups, "vh", value);
    this.dropoutLayer = new Dropout(this.dropout, { seed: this.seed });
    const features = query[query.length - 1];
    this.outputDense = this.projection("attention_output", "bquh,uhm->bqm", [null, features], "m", [
      null,
      null,
      numQueryHeads,
      headDim,
    ]);
  }

  override call(x: Tensor, options: MultiHeadCallOptions): Tensor | [Tensor, Tensor] {
    const { value, training, returnAttentionScores = false } = options;
    const mask = this.seen(x, value, options);
    const seen = mask && expandDims(mask, -3);
    const gate = this.gateDense?.apply(x);
    const query = this.queryDense.apply(x);
    const shared = this.numQueryHeads / this.numKeyValueHeads;
    const keys = repeat(this.keyDense.apply(options.key ?? value), shared, 2);
    const values = repeat(this.valueDense.apply(value), shared, 2);
    const scale = 1 / Math.sqrt(this.headDim);
    let output: Tensor;
    let scores: Tensor | undefined;
    if (this.dropout === 0 && !returnAttentionScores) {
      output = dotProductAttention(query, keys, values, { mask: seen, scale });
    } else {
      const raw = einsum("bquh,bkuh->buqk", multiply(query, scale), keys);
      scores = seen ? where(seen, softmax(where(seen, raw, -1e9)), 0) : softmax(raw);
      output = einsum("buqk,bkuh->bquh", this.dropoutLayer.apply(scores, { training }), values);
    }
    const result = this.outputDense.apply(gate ? multiply(output, gate) : output);
    return returnAttentionScores ? [result, scores as Tensor] : result;
  }

  /** Keras keeps these parts in private attributes, and files name them so. */
  override saveableChildren(): ReturnType<ProjectingAttention["saveableChildren"]> {
    return super.saveableChildren().map(([name, part]) => [`_${name}`, part]);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    return inputShape as PartialShape;
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      head_dim: this.headDim,
      num_query_heads: this.numQueryHeads,
      num_key_value_heads: this.numKeyValueHeads,
    };
  }
}
