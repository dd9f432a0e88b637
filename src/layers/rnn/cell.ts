import * as activations from "../../activations/index.js";
import type * as constraints from "../../constraints/index.js";
import type * as initializers from "../../initializers/index.js";
import { concatenate, matmul, ones, zeros } from "../../ops/arrays.js";
import { multiply } from "../../ops/elementwise.js";
import type { Structure } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import { dropout } from "../../random/index.js";
import type { SeedGenerator } from "../../random/seedGenerator.js";
import type * as regularizers from "../../regularizers/index.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { positiveInteger } from "../arguments.js";
import { WeightRule } from "../core/weightRule.js";
import { type CallOptions, Layer, type LayerOptions, type LayerShape } from "../layer.js";

/** What goes from step to step: tensors `(batch, size)`, in lists of lists for stacked cells. */
export type States = readonly Structure<Tensor>[];
/** The sizes of the states: one, several, or lists of these for stacked cells. */
export type StateSize = number | readonly StateSize[];

export interface CellCallOptions extends CallOptions {
  readonly states: States;
}

/**
 * One step of a recurrent layer: from an input `(batch, features)` and states to an output and the next states.
 *
 * ```ts
 * class MinimalCell extends layers.Layer {
 *   stateSize = 8;
 *   …
 *   call(x: Tensor, { states }: layers.CellCallOptions): [Tensor, Tensor[]] {
 *     const h = ops.tanh(ops.add(ops.matmul(x, this.kernel), ops.matmul(states[0], this.recurrentKernel)));
 *     return [h, [h]];
 *   }
 * }
 * ```
 */
export interface RNNCell extends Layer {
  readonly stateSize: StateSize;
  /** Default: the size of the first state. */
  readonly outputSize?: number;
  call(x: Tensor, options: CellCallOptions): readonly [output: Tensor, states: States];
  /** Default: zeros. */
  getInitialState?(batchSize: number): States;
}

/** Zeros of the sizes of a cell's states. */
export function initialStateOf(cell: RNNCell, batchSize: number): States {
  if (cell.getInitialState) return cell.getInitialState(batchSize);
  const { stateSize } = cell;
  return (typeof stateSize === "number" ? [stateSize] : stateSize).map((size) => zerosOf(size, batchSize));
}

function zerosOf(size: StateSize, batchSize: number): Structure<Tensor> {
  return typeof size === "number" ? zeros([batchSize, size]) : size.map((inner) => zerosOf(inner, batchSize));
}

export function outputSizeOf({ outputSize, stateSize }: RNNCell): number {
  if (outputSize !== undefined) return outputSize;
  let size: StateSize = stateSize;
  while (typeof size !== "number") size = size[0];
  return size;
}

export interface CellOptions extends LayerOptions {
  /** Default `"tanh"`. */
  readonly activation?: activations.ActivationIdentifier;
  /** Default true. */
  readonly useBias?: boolean;
  /** Default `"glorot_uniform"`. */
  readonly kernelInitializer?: initializers.InitializerIdentifier;
  /** Default `"orthogonal"`. */
  readonly recurrentInitializer?: initializers.InitializerIdentifier;
  /** Default `"zeros"`. */
  readonly biasInitializer?: initializers.InitializerIdentifier;
  readonly kernelRegularizer?: regularizers.RegularizerIdentifier;
  readonly recurrentRegularizer?: regularizers.RegularizerIdentifier;
  readonly biasRegularizer?: regularizers.RegularizerIdentifier;
  readonly kernelConstraint?: constraints.ConstraintIdentifier;
  readonly recurrentConstraint?: constraints.ConstraintIdentifier;
  readonly biasConstraint?: constraints.ConstraintIdentifier;
  /** Share of the inputs that is dropped while training, the same at all steps. Default 0. */
  readonly dropout?: number;
  /** Share of the recurrent state that is dropped while training, the same at all steps. Default 0. */
  readonly recurrentDropout?: number;
  /** Default: drawn from the stream that `setRandomSeed` seeds. */
  readonly seed?: number | null;
}

export interface GatedCellOptions extends CellOptions {
  /** Default `"sigmoid"`. */
  readonly recurrentActivation?: activations.ActivationIdentifier;
}

/** What is multiplied with inputs and states while training: nothing, one mask, or one for each gate. */
export interface DropoutMasks {
  readonly inputs: readonly Tensor[];
  readonly recurrent: readonly Tensor[];
}

export const noMasks: DropoutMasks = { inputs: [], recurrent: [] };

/**
 * A cell that takes in its input by a product with `kernel`, and its state by one with `recurrentKernel`; the gates lie side by
 * side. The input's product does not depend on the state: layers compute it for all steps at once.
 */
export abstract class KernelCell extends Layer implements RNNCell {
  static override readonly constructorArguments = ["units"];
  static override readonly callArguments: readonly string[] = ["inputs", "states", "training=false"];
  readonly units: number;
  readonly activation: activations.Activation;
  readonly useBias: boolean;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly seed: number | null;
  abstract readonly stateSize: StateSize;
  readonly outputSize: number;
  /** `[features, gates · units]` */
  kernel!: Variable;
  /** `[units, gates · units]` */
  recurrentKernel!: Variable;
  bias: Variable | null = null;
  protected abstract readonly seedGenerator: SeedGenerator;
  protected abstract readonly rules: CellRules;

  /** @param gates how many numbers of each unit are computed side by side */
  constructor(
    readonly gates: number,
    units: number,
    options: CellOptions,
  ) {
    super(options);
    this.units = positiveInteger("units", units, this.name);
    this.activation = activations.get(options.activation === undefined ? "tanh" : options.activation);
    this.useBias = options.useBias ?? true;
    const share = (value = 0) => Math.min(1, Math.max(0, value));
    this.dropout = share(options.dropout);
    this.recurrentDropout = share(options.recurrentDropout);
    this.seed = options.seed ?? null;
    this.outputSize = this.units;
  }

  protected abstract buildBias(): Variable;
  /** The part of the bias that belongs to the input's product. */
  protected inputBias(): Tensor | null {
    return this.bias?.value ?? null;
  }

  /** One step, from the input's product with the kernel (and its bias). */
  abstract step(projected: Tensor, states: readonly Tensor[], masks: DropoutMasks): Tensor[];

  override build(inputShape: LayerShape): void {
    const features = (inputShape as PartialShape).at(-1);
    if (features === null || features === undefined) {
      throw new Error(
        `The last dimension of the inputs of layer '${this.name}' should be defined. Received: shape=${JSON.stringify(inputShape)}`,
      );
    }
    const { gates, units, rules } = this;
    this.kernel = this.addWeight(rules.kernel.weight("kernel", [features, gates * units]));
    this.recurrentKernel = this.addWeight(rules.recurrent.weight("recurrent_kernel", [units, gates * units]));
    if (this.useBias) this.bias = this.buildBias();
  }

  getInitialState(batchSize: number): Tensor[] {
    const sizes = typeof this.stateSize === "number" ? [this.stateSize] : (this.stateSize as number[]);
    return sizes.map((size) => zeros([batchSize, size]));
  }

  /** Draws the masks of one call, as Keras does: whether or not it is a training step. */
  drawMasks(batchSize: number, features: number): DropoutMasks {
    // dropping the state needs a mask of its own for each gate, and then the inputs get as many
    const count = this.recurrentDropout > 0 && this.gates > 1 ? this.gates : 1;
    const draw = (rate: number, size: number) =>
      rate === 0
        ? []
        : Array.from({ length: count }, () =>
            dropout(ones([batchSize, size]), rate, { seed: this.seedGenerator }),
          );
    return { inputs: draw(this.dropout, features), recurrent: draw(this.recurrentDropout, this.units) };
  }

  /** The product of inputs `(…, batch, features)` with the kernel, and the bias. */
  project(x: Tensor, { inputs: masks }: DropoutMasks): Tensor {
    const product = this.#masked(x, this.kernel.value, masks);
    const bias = this.inputBias();
    return bias ? product.add(bias) : product;
  }

  /** The product of a state with the recurrent kernel. */
  protected recur(state: Tensor, { recurrent: masks }: DropoutMasks): Tensor {
    return this.#masked(state, this.recurrentKernel.value, masks);
  }

  #masked(x: Tensor, kernel: Tensor, masks: readonly Tensor[]): Tensor {
    if (masks.length === 0) return matmul(x, kernel);
    if (masks.length === 1) return matmul(multiply(x, masks[0]), kernel);
    return concatenate(
      masks.map((mask, gate) => matmul(multiply(x, mask), this.gate(kernel, gate))),
      -1,
    );
  }

  /** The part of the last axis that belongs to a gate. */
  protected gate(x: Tensor, gate: number, count = 1): Tensor {
    const axis = x.rank - 1;
    return x.slice(
      x.shape.map((_, a) => (a === axis ? gate * this.units : 0)),
      x.shape.map((extent, a) => (a === axis ? count * this.units : extent)),
    );
  }

  override call(x: Tensor, { states, training }: CellCallOptions): [Tensor, Tensor[]] {
    const drawn = this.drawMasks(x.shape[0], x.shape[1]);
    const masks = training ? drawn : noMasks;
    const next = this.step(this.project(x, masks), states as readonly Tensor[], masks);
    return [next[0], next];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      units: this.units,
      activation: activations.serialize(this.activation),
      use_bias: this.useBias,
      ...this.rules.kernel.getConfig(),
      ...this.rules.recurrent.getConfig(),
      ...this.rules.bias.getConfig(),
      dropout: this.dropout,
      recurrent_dropout: this.recurrentDropout,
      seed: this.seed,
    };
  }
}

/** The rules of a cell's weights. */
export class CellRules {
  readonly kernel: WeightRule;
  readonly recurrent: WeightRule;
  readonly bias: WeightRule;

  constructor(options: CellOptions) {
    this.kernel = new WeightRule("kernel", options, "glorot_uniform");
    this.recurrent = new WeightRule("recurrent", options, "orthogonal");
    this.bias = new WeightRule("bias", options, "zeros");
  }
}
