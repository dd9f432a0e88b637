import * as regularizers from "../../regularizers/index.js";
import type { Config } from "../../utils/serialization.js";
import type { CellOptions, KernelCell } from "./cell.js";
import { RNN, type RNNOptions } from "./rnn.js";

/** An `RNN` of one kind of cell, which takes the cell's arguments for its own. */
export abstract class KernelRNN<S extends boolean> extends RNN<S> {
  static override readonly constructorArguments = ["units"];
  declare readonly cell: KernelCell;

  constructor(cell: KernelCell, options: CellOptions & RNNOptions<S>) {
    super(cell, options);
  }

  get units(): number {
    return this.cell.units;
  }

  override getConfig(): Config {
    const { cell: _, ...own } = super.getConfig();
    const { name: _n, trainable: _t, dtype: _d, ...ofCell } = this.cell.getConfig();
    return { ...own, ...ofCell, activity_regularizer: regularizers.serialize(this.activityRegularizer) };
  }
}
