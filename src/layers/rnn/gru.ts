import * as activations from "../../activations/index.js";
import { concatenate, matmul } from "../../ops/arrays.js";
import { add, multiply, subtract } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import { SeedGenerator } from "../../random/seedGenerator.js";
import type { Config } from "../../utils/serialization.js";
import { CellRules, type DropoutMasks, type GatedCellOptions, KernelCell } from "./cell.js";
import { KernelRNN } from "./kernelRNN.js";
import type { RNNOptions } from "./rnn.js";

export interface GRUCellOptions extends GatedCellOptions {
  /** Whether the reset gate acts after the product with the recurrent kernel, rather than before. Default true. */
  readonly resetAfter?: boolean;
}

/**
 * The update gate z and the reset gate r (by `recurrentActivation`) and the candidate g (by `activation`), side by side in the
 * order z, r, g; then `h = z · h + (1 − z) · g`.
 * @see https://keras.io/api/layers/recurrent_layers/gru_cell/
 */
export class GRUCell extends KernelCell {
  static override readonly className = "GRUCell";
  readonly stateSize: number;
  readonly recurrentActivation: activations.Activation;
  readonly resetAfter: boolean;
  protected readonly rules: CellRules;
  protected readonly seedGenerator: SeedGenerator;

  /** @throws if `units` is not a positive integer */
  constructor(units: number, options: GRUCellOptions = {}) {
    super(3, units, options);
    this.stateSize = this.units;
    const { recurrentActivation = "sigmoid" } = options;
    this.recurrentActivation = activations.get(recurrentActivation);
    this.resetAfter = options.resetAfter ?? true;
    this.rules = new CellRules(options);
    this.seedGenerator = new SeedGenerator(this.seed);
  }

  /** With `resetAfter` one row for the inputs and one for the states. */
  protected override buildBias(): Variable {
    const size = 3 * this.units;
    return this.addWeight(this.rules.bias.weight("bias", this.resetAfter ? [2, size] : [size]));
  }

  protected override inputBias(): Tensor | null {
    const bias = this.bias?.value ?? null;
    return bias && this.resetAfter ? bias.at(0) : bias;
  }

  override step(projected: Tensor, [h]: readonly Tensor[], masks: DropoutMasks): Tensor[] {
    const inner = this.resetAfter ? this.#withBias(this.recur(h, masks)) : this.#gatesOf(h, masks);
    const gates = this.recurrentActivation(add(this.gate(projected, 0, 2), this.gate(inner, 0, 2)));
    const [update, reset] = [this.gate(gates, 0), this.gate(gates, 1)];
    const recurrent = this.resetAfter
      ? multiply(reset, this.gate(inner, 2))
      : matmul(multiply(reset, this.#masked(h, masks, 2)), this.gate(this.recurrentKernel.value, 2));
    const candidate = this.activation(add(this.gate(projected, 2), recurrent));
    return [add(multiply(update, h), multiply(subtract(1, update), candidate))];
  }

  #withBias(product: Tensor): Tensor {
    return this.bias ? add(product, this.bias.value.at(1)) : product;
  }

  /** The products of the state with the kernels of both gates. */
  #gatesOf(h: Tensor, masks: DropoutMasks): Tensor {
    const kernel = this.recurrentKernel.value;
    if (masks.recurrent.length === 0) return matmul(h, this.gate(kernel, 0, 2));
    return concatenate(
      [0, 1].map((gate) => matmul(this.#masked(h, masks, gate), this.gate(kernel, gate))),
      -1,
    );
  }

  #masked(h: Tensor, { recurrent }: DropoutMasks, gate: number): Tensor {
    return recurrent.length === 0 ? h : multiply(h, recurrent[gate]);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      recurrent_activation: activations.serialize(this.recurrentActivation),
      reset_after: this.resetAfter,
    };
  }
}

export type GRUOptions<S extends boolean = boolean> = GRUCellOptions & RNNOptions<S>;

/**
 * Gated recurrent unit. Parameters: `3 · units · (features + units + 2)`.
 * @see https://keras.io/api/layers/recurrent_layers/gru/ and https://arxiv.org/abs/1406.1078
 */
export class GRU<S extends boolean = false> extends KernelRNN<S> {
  static override readonly className = "GRU";

  /** @throws if `units` is not a positive integer */
  constructor(units: number, options: GRUOptions<S> = {}) {
    super(new GRUCell(units, { ...options, name: "gru_cell" }), options);
  }
}
