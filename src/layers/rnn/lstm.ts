import * as activations from "../../activations/index.js";
import { concatenate } from "../../ops/arrays.js";
import { add, multiply } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import { SeedGenerator } from "../../random/seedGenerator.js";
import type { Shape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { CellRules, type DropoutMasks, type GatedCellOptions, KernelCell } from "./cell.js";
import { KernelRNN } from "./kernelRNN.js";
import type { RNNOptions } from "./rnn.js";

export interface LSTMCellOptions extends GatedCellOptions {
  /** Whether the forget gate's bias starts at 1. Default true. */
  readonly unitForgetBias?: boolean;
}

/**
 * The gates i, f, o (by `recurrentActivation`) and the candidate g (by `activation`) of `x · kernel + h · recurrentKernel + bias`,
 * side by side in the order i, f, g, o; then `c = f · c + i · g` and `h = o · activation(c)`.
 * @see https://keras.io/api/layers/recurrent_layers/lstm_cell/
 */
export class LSTMCell extends KernelCell {
  static override readonly className = "LSTMCell";
  readonly stateSize: readonly number[];
  readonly recurrentActivation: activations.Activation;
  readonly unitForgetBias: boolean;
  protected readonly rules: CellRules;
  protected readonly seedGenerator: SeedGenerator;

  /** @throws if `units` is not a positive integer */
  constructor(units: number, options: LSTMCellOptions = {}) {
    super(4, units, options);
    this.stateSize = [this.units, this.units];
    const { recurrentActivation = "sigmoid" } = options;
    this.recurrentActivation = activations.get(recurrentActivation);
    this.unitForgetBias = options.unitForgetBias ?? true;
    this.rules = new CellRules(options);
    this.seedGenerator = new SeedGenerator(this.seed);
  }

  protected override buildBias(): Variable {
    const { units } = this;
    const rule = this.rules.bias.weight("bias", [4 * units]);
    if (!this.unitForgetBias) return this.addWeight(rule);
    const { initializer } = this.rules.bias;
    const first = (shape: Shape) => initializer.call(shape, "float32");
    const bias = () => {
      const ones = first([units]).mul(0).add(1);
      return concatenate([first([units]), ones, first([2 * units])], 0);
    };
    return this.addWeight({ ...rule, initializer: bias });
  }

  override step(projected: Tensor, [h, c]: readonly Tensor[], masks: DropoutMasks): Tensor[] {
    const gates = add(projected, this.recur(h, masks));
    const [input, forget, candidate, output] = [0, 1, 2, 3].map((gate) => this.gate(gates, gate));
    const carry = add(
      multiply(this.recurrentActivation(forget), c),
      multiply(this.recurrentActivation(input), this.activation(candidate)),
    );
    return [multiply(this.recurrentActivation(output), this.activation(carry)), carry];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      recurrent_activation: activations.serialize(this.recurrentActivation),
      unit_forget_bias: this.unitForgetBias,
    };
  }
}

export type LSTMOptions<S extends boolean = boolean> = LSTMCellOptions & RNNOptions<S>;

/**
 * Long short-term memory.
 *
 * ```ts
 * new layers.LSTM(64).apply(x); // (batch, steps, features) → (batch, 64)
 * new layers.LSTM(64, { returnSequences: true, returnState: true }).apply(x); // [(batch, steps, 64), h, c]
 * ```
 *
 * Parameters: `4 · units · (features + units + 1)`.
 *
 * @see https://keras.io/api/layers/recurrent_layers/lstm/ and https://www.bioinf.jku.at/publications/older/2604.pdf
 */
export class LSTM<S extends boolean = false> extends KernelRNN<S> {
  static override readonly className = "LSTM";

  /** @throws if `units` is not a positive integer */
  constructor(units: number, options: LSTMOptions<S> = {}) {
    super(new LSTMCell(units, { ...options, name: "lstm_cell" }), options);
  }
}
