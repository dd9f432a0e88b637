import { softmax } from "../../ops/activations.js";
import { expandDims } from "../../ops/arrays.js";
import { dotProductAttention } from "../../ops/attention.js";
import { einsum } from "../../ops/einsum.js";
import { multiply, where } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { positiveInteger } from "../arguments.js";
import type { EinsumDense } from "../core/einsumDense.js";
import type { LayerShape } from "../layer.js";
import { Dropout } from "../regularization/dropout.js";
import { type MultiHeadCallOptions, ProjectingAttention, type ProjectionOptions } from "./projections.js";

export interface MultiHeadAttentionOptions extends ProjectionOptions {
  /** Size of each head's values. Default: `keyDim`. */
  readonly valueDim?: number | null;
  /** The shape of the result behind the steps. Default: the query's features. */
  readonly outputShape?: number | readonly number[] | null;
  /** The axes that attention goes over. Default: all between batch and features. */
  readonly attentionAxes?: number | readonly number[] | null;
}

const letter = (i: number) => "abcdefghijklmnopqrstuvwxyz"[i];
const letters = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => letter(from + i)).join("");

/**
 * Attention of several heads: `softmax(query · keyᵀ / √keyDim) · value` for each, from projections of the inputs, and a projection
 * of all heads' outputs together.
 *
 * ```ts
 * const attention = new layers.MultiHeadAttention(4, 16);
 * attention.apply(x, { value: x }); // (batch, steps, features), of the shape of x
 * attention.apply(x, { value: memory, useCausalMask: true, returnAttentionScores: true }); // [output, scores]
 * ```
 *
 * @see https://keras.io/api/layers/attention_layers/multi_head_attention/ and https://arxiv.org/abs/1706.03762
 */
export class MultiHeadAttention extends ProjectingAttention {
  static override readonly className = "MultiHeadAttention";
  static override readonly constructorArguments = ["num_heads", "key_dim"];
  readonly numHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly outputShape: readonly number[] | null;
  /** As given; all of them, counted from 0, once the layer is built. */
  attentionAxes: readonly number[] | null;
  queryDense!: EinsumDense;
  keyDense!: EinsumDense;
  gateDense: EinsumDense | null = null;
  valueDense!: EinsumDense;
  dropoutLayer!: Dropout;
  outputDense!: EinsumDense;

  /** @throws if a number is not a positive integer */
  constructor(numHeads: number, keyDim: number, options: MultiHeadAttentionOptions = {}) {
    super(options, false);
    this.numHeads = positiveInteger("num_heads", numHeads, this.name);
    this.keyDim = positiveInteger("key_dim", keyDim, this.name);
    this.valueDim = positiveInteger("value_dim", options.valueDim ?? keyDim, this.name);
    const { outputShape = null, attentionAxes = null } = options;
    this.outputShape = typeof outputShape === "number" ? [outputShape] : outputShape;
    this.attentionAxes = typeof attentionAxes === "number" ? [attentionAxes] : attentionAxes;
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
    if (formatShape(value.slice(1, -1)) !== formatShape(key.slice(1, -1))) {
      throw new Error(
        `All dimensions of \`value\` and \`key\`, except the last one, must be equal. Layer '${this.name}' received: value_shape=${formatShape(value)} and key_shape=${formatShape(key)}`,
      );
    }
    const heads = (name: string, shape: PartialShape, size: number, activation: "sigmoid" | null = null) => {
      const free = letters(0, shape.length - 1);
      const [x, n, h] = [0, 1, 2].map((i) => letter(shape.length - 1 + i));
      const output = [...shape.slice(1, -1).map(() => null), this.numHeads, size];
      return this.projection(
        name,
        `${free}${x},${x}${n}${h}->${free}${n}${h}`,
        output,
        `${n}${h}`,
        shape,
        activation,
      );
    };
    this.queryDense = heads("query", query, this.keyDim);
    this.keyDense = heads("key", key, this.keyDim);
    if (this.useGate) this.gateDense = heads("gate", query, this.valueDim, "sigmoid");
    this.valueDense = heads("value", value, this.valueDim);
    const rank = value.length + 1;
    this.attentionAxes = this.attentionAxes
      ? this.attentionAxes.map((axis) => (axis >= 0 ? axis : rank - 1 + axis))
      : Array.from({ length: rank - 3 }, (_, i) => i + 1);
    this.dropoutLayer = new Dropout(this.dropout, { seed: this.seed });
    const free = letters(0, query.length - 1);
    const [n, h] = [letter(query.length - 1), letter(query.length)];
    const result = this.outputShape ?? [query[query.length - 1] as number];
    const out = letters(query.length + 1, result.length);
    this.outputDense = this.projection(
      "attention_output",
      `${free}${n}${h},${n}${h}${out}->${free}${out}`,
      [...query.slice(1, -1).map(() => null), ...result],
      out,
      [...query.slice(0, -1), this.numHeads, this.valueDim],
    );
  }

  override call(x: Tensor, options: MultiHeadCallOptions): Tensor | [Tensor, Tensor] {
    const { value, training, returnAttentionScores = false } = options;
    const key = options.key ?? value;
    const seen = this.seen(x, value, options);
    const gate = this.gateDense?.apply(x);
    const query = this.queryDense.apply(x);
    const [keys, values] = [this.keyDense.apply(key), this.valueDense.apply(value)];
    const scale = 1 / Math.sqrt(this.keyDim);
    let output: Tensor;
    let scores: Tensor | undefined;
    if (this.dropout === 0 && !returnAttentionScores && query.rank === 4) {
      const mask = seen && this.#spread(seen, 4);
      output = dotProductAttention(query, keys, values, { mask, scale });
    } else {
      const [products, combine] = this.#equations(query.rank);
      const raw = einsum(products, keys, multiply(query, scale));
      scores = this.#softmax(raw, seen && this.#spread(seen, raw.rank));
      output = einsum(combine, this.dropoutLayer.apply(scores, { training }), values);
    }
    const result = this.outputDense.apply(gate ? multiply(output, gate) : output);
    return returnAttentionScores ? [result, scores as Tensor] : result;
  }

  /** A mask with axes for the heads. */
  #spread(mask: Tensor, rank: number): Tensor {
    const axes = (this.attentionAxes as readonly number[]).length;
    let wide = mask;
    while (wide.rank < rank) wide = expandDims(wide, -2 * axes - 1);
    return wide;
  }

  #softmax(scores: Tensor, mask: Tensor | undefined): Tensor {
    const count = (this.attentionAxes as readonly number[]).length;
    const axes = Array.from({ length: count }, (_, i) => scores.rank - count + i);
    if (!mask) return softmax(scores, axes);
    // rows without any key give zeros
    return where(mask, softmax(where(mask, scores, -1e9), axes), 0);
  }

  /** Subscripts of the scores from keys and queries, and of the outputs from scores and values. */
  #equations(rank: number): [products: string, combine: string] {
    const axes = this.attentionAxes as readonly number[];
    const target = letters(0, rank);
    const batch = [...target].filter((_, i) => !axes.includes(i) && i !== rank - 1);
    let next = rank;
    const source = [...target].map((name, i) => (axes.includes(i) ? letter(next++) : name));
    const product = [...batch, ...axes.map((axis) => target[axis]), ...axes.map((axis) => source[axis])];
    const [from, scores] = [source.join(""), product.join("")];
    return [`${from},${target}->${scores}`, `${scores},${from}->${target}`];
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const query = inputShape as PartialShape;
    return this.outputShape ? [...query.slice(0, -1), ...this.outputShape] : query;
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      num_heads: this.numHeads,
      key_dim: this.keyDim,
      value_dim: this.valueDim,
      output_shape: this.outputShape,
      attention_axes: this.attentionAxes,
    };
  }
}
