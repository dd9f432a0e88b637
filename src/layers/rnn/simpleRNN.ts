import { add } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import { SeedGenerator } from "../../random/seedGenerator.js";
import type { Config } from "../../utils/serialization.js";
import { type CellOptions, CellRules, type DropoutMasks, KernelCell } from "./cell.js";
import { KernelRNN } from "./kernelRNN.js";
import type { RNNOptions } from "./rnn.js";

/** `activation(x · kernel + h · recurrentKernel + bias)` @see https://keras.io/api/layers/recurrent_layers/simple_rnn_cell/ */
export class SimpleRNNCell extends KernelCell {
  static override readonly className = "SimpleRNNCell";
  readonly stateSize: number;
  // Keras draws this seed before those of the initializers
  protected readonly seedGenerator: SeedGenerator;
  protected readonly rules: CellRules;

  /** @throws if `units` is not a positive integer */
  constructor(units: number, options: CellOptions = {}) {
    super(1, units, options);
    this.stateSize = this.units;
    this.seedGenerator = new SeedGenerator(this.seed);
    this.rules = new CellRules(options);
  }

  protected override buildBias(): Variable {
    return this.addWeight(this.rules.bias.weight("bias", [this.units]));
  }

  override step(projected: Tensor, [h]: readonly Tensor[], masks: DropoutMasks): Tensor[] {
    return [this.activation(add(projected, this.recur(h, masks)))];
  }
}

export type SimpleRNNOptions<S extends boolean = boolean> = CellOptions & RNNOptions<S>;

/**
 * A recurrent layer whose output is its state.
 * @see https://keras.io/api/layers/recurrent_layers/simple_rnn/
 */
export class SimpleRNN<S extends boolean = false> extends KernelRNN<S> {
  static override readonly className = "SimpleRNN";

  /** @throws if `units` is not a positive integer */
  constructor(units: number, options: SimpleRNNOptions<S> = {}) {
    super(new SimpleRNNCell(units, { ...options, name: "simple_rnn_cell" }), options);
  }

  override getConfig(): Config {
    const { seed: _, ...config } = super.getConfig();
    return config;
  }
}
