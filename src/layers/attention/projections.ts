import type * as activations from "../../activations/index.js";
import type * as constraints from "../../constraints/index.js";
import * as initializers from "../../initializers/index.js";
import { arange } from "../../ops/arrays.js";
import { causalMask } from "../../ops/attention.js";
import { absolute, less, logicalAnd, subtract } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import * as regularizers from "../../regularizers/index.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { rateOf, show } from "../arguments.js";
import { EinsumDense } from "../core/einsumDense.js";
import { WeightRule } from "../core/weightRule.js";
import { type CallOptions, Layer, type LayerOptions } from "../layer.js";

/** What attention layers of several heads have in common. */
export interface ProjectionOptions extends LayerOptions {
  /** Share of the attention that is dropped while training. Default 0. */
  readonly dropout?: number;
  /** Default true. */
  readonly useBias?: boolean;
  /** Whether the heads' outputs are multiplied with a learned gate. Default false. */
  readonly useGate?: boolean;
  /** How far from a query the keys may be that it sees. Default: any. */
  readonly slidingWindow?: number | null;
  /** Default `"glorot_uniform"`. */
  readonly kernelInitializer?: initializers.InitializerIdentifier;
  /** Default `"zeros"`. */
  readonly biasInitializer?: initializers.InitializerIdentifier;
  readonly kernelRegularizer?: regularizers.RegularizerIdentifier;
  readonly biasRegularizer?: regularizers.RegularizerIdentifier;
  readonly kernelConstraint?: constraints.ConstraintIdentifier;
  readonly biasConstraint?: constraints.ConstraintIdentifier;
  /** Default: drawn from the stream that `setRandomSeed` seeds. */
  readonly seed?: number | null;
}

export interface MultiHeadCallOptions extends CallOptions {
  /** What the queries take from: `(batch, values, features)`. */
  readonly value: Tensor;
  /** What the queries are compared with. Default: `value`. */
  readonly key?: Tensor;
  readonly valueMask?: Tensor;
  readonly keyMask?: Tensor;
  /** Bool: false where a query must not see a key; `(batch, queries, values)`. */
  readonly attentionMask?: Tensor;
  /** Whether `[output, scores]` is given. Default false. */
  readonly returnAttentionScores?: boolean;
  /** Whether queries see no later keys. Default false. */
  readonly useCausalMask?: boolean;
}

export const multiHeadArguments = [
  "query",
  "value",
  "key",
  "query_mask",
  "value_mask",
  "key_mask",
  "attention_mask",
  "return_attention_scores",
  "training",
  "use_causal_mask",
] as const;

/** A layer that projects queries, keys and values to heads. */
export abstract class ProjectingAttention extends Layer {
  static override readonly callArguments: readonly string[] = multiHeadArguments;
  override supportsMasking = true;
  readonly dropout: number;
  readonly useBias: boolean;
  readonly useGate: boolean;
  readonly slidingWindow: number | null;
  readonly seed: number | null;
  readonly #kernelRule: WeightRule;
  readonly #biasRule: WeightRule;
  readonly #activityRegularizer: regularizers.Regularizer | null;

  /** @param whole whether the activity regularizer is for the result as well, rather than for the projections alone */
  constructor(options: ProjectionOptions, whole: boolean) {
    super(whole ? options : { ...options, activityRegularizer: null });
    this.#activityRegularizer = regularizers.get(options.activityRegularizer);
    this.dropout = rateOf(options.dropout ?? 0, this.name, "dropout");
    this.useBias = options.useBias ?? true;
    this.useGate = options.useGate ?? false;
    this.slidingWindow = options.slidingWindow ?? null;
    if (this.slidingWindow !== null && !(Number.isInteger(this.slidingWindow) && this.slidingWindow > 0)) {
      throw new Error(
        `\`sliding_window\` of layer '${this.name}' must be null or a positive integer. Received: sliding_window=${show(this.slidingWindow)}`,
      );
    }
    this.seed = options.seed ?? null;
    this.#kernelRule = new WeightRule("kernel", options, "glorot_uniform");
    this.#biasRule = new WeightRule("bias", options, "zeros");
  }

  /** A projection, built. Its initializers are copies: without a seed they draw one of their own. */
  protected projection(
    name: string,
    equation: string,
    outputShape: PartialShape,
    biasAxes: string,
    inputShape: PartialShape,
    activation: activations.ActivationIdentifier = null,
  ): EinsumDense {
    const copy = (initializer: initializers.Initializer) =>
      initializers.deserialize(initializers.serialize(initializer));
    const layer = new EinsumDense(equation, outputShape, {
      name,
      activation,
      biasAxes: this.useBias ? biasAxes : null,
      kernelInitializer: copy(this.#kernelRule.initializer),
      biasInitializer: copy(this.#biasRule.initializer),
      kernelRegularizer: this.#kernelRule.regularizer,
      biasRegularizer: this.#biasRule.regularizer,
      kernelConstraint: this.#kernelRule.constraint,
      biasConstraint: this.#biasRule.constraint,
      activityRegularizer: this.#activityRegularizer,
    });
    layer.build(inputShape);
    return layer;
  }

  /** Which keys each query sees, `(batch, queries, keys)`; undefined: all. */
  protected seen(query: Tensor, value: Tensor, options: MultiHeadCallOptions): Tensor | undefined {
    const { mask, valueMask, keyMask, attentionMask, useCausalMask } = options;
    const [queries, keys] = [query.shape[1], value.shape[1]];
    const masks: Tensor[] = [];
    const row = (given: Tensor) => given.astype("bool").reshape([given.shape[0], 1, given.shape[1]]);
    if (attentionMask) masks.push(attentionMask.astype("bool"));
    if (mask) {
      const own = mask as Tensor;
      masks.push(own.astype("bool").reshape([own.shape[0], own.shape[1], 1]));
    }
    if (valueMask) masks.push(row(valueMask));
    if (keyMask) masks.push(row(keyMask));
    if (useCausalMask) masks.push(causalMask(queries, keys).reshape([1, queries, keys]));
    if (this.slidingWindow !== null) {
      const distance = subtract(arange(queries).reshape([1, queries, 1]), arange(keys).reshape([1, 1, keys]));
      masks.push(less(absolute(distance), this.slidingWindow));
    }
    return masks.length > 0 ? masks.reduce((a, b) => logicalAnd(a, b)) : undefined;
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      dropout: this.dropout,
      use_bias: this.useBias,
      use_gate: this.useGate,
      sliding_window: this.slidingWindow,
      ...this.#kernelRule.getConfig(),
      ...this.#biasRule.getConfig(),
      activity_regularizer: regularizers.serialize(this.#activityRegularizer),
      seed: this.seed,
    };
  }
}
