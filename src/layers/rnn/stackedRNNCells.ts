import type { Tensor } from "../../ops/tensor.js";
import type { PartialShape } from "../../tensor/shape.js";
import { type Config, type Json, type Registry, serializeObject } from "../../utils/serialization.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";
import { nested } from "../wrapper.js";
import {
  type CellCallOptions,
  initialStateOf,
  outputSizeOf,
  type RNNCell,
  type StateSize,
  type States,
} from "./cell.js";

/**
 * Cells one above the other as one cell: each takes in what the one below gives.
 * @see https://keras.io/api/layers/recurrent_layers/stacked_rnn_cell/
 */
export class StackedRNNCells extends Layer implements RNNCell {
  static override readonly className = "StackedRNNCells";
  static override readonly constructorArguments = ["cells"];
  static override readonly callArguments = ["inputs", "states", "training=false"];
  readonly cells: readonly RNNCell[];
  readonly stateSize: StateSize;
  readonly outputSize: number;

  /** @throws if an element is no cell */
  constructor(cells: readonly RNNCell[], options: LayerOptions = {}) {
    super(options);
    if (!Array.isArray(cells) || cells.length === 0 || !cells.every(isCell)) {
      throw new Error(
        `All cells of layer '${this.name}' must be layers with a \`stateSize\`. Received: ${Array.isArray(cells) ? `${cells.length} cells` : String(cells)}`,
      );
    }
    this.cells = [...cells];
    this.stateSize = cells.map((cell) => cell.stateSize);
    this.outputSize = outputSizeOf(cells[cells.length - 1]);
  }

  override build(inputShape: LayerShape): void {
    let shape = inputShape as PartialShape;
    for (const cell of this.cells) {
      cell.build(shape);
      shape = [shape[0], outputSizeOf(cell)];
    }
  }

  getInitialState(batchSize: number): States {
    return this.cells.map((cell) => initialStateOf(cell, batchSize));
  }

  override call(x: Tensor, { states, training }: CellCallOptions): [Tensor, States] {
    let output = x;
    const next = this.cells.map((cell, i) => {
      const own = states[i];
      const [y, after] = cell.apply(output, {
        states: (Array.isArray(own) ? own : [own]) as States,
        training,
      }) as [Tensor, States];
      output = y;
      return Array.isArray(own) ? after : after[0];
    });
    return [output, next];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), cells: this.cells.map((cell) => serializeObject(cell)) };
  }

  static override fromConfig(config: Config, registry?: Registry<Layer>): Layer {
    const cells = (config.cells as readonly Json[]).map((cell) => nested(cell, registry));
    // biome-ignore lint/complexity/noThisInStatic: the class that the configuration names, which inherits this method
    return super.fromConfig({ ...config, cells });
  }
}

/** Whether something can be repeated by an `RNN`. */
export function isCell(value: unknown): value is RNNCell {
  return value instanceof Layer && "stateSize" in value;
}
