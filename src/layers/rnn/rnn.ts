import { flip } from "../../ops/arrays.js";
import { scan } from "../../ops/control.js";
import { where } from "../../ops/elementwise.js";
import { leaves, mapStructure, packAs, type Structure } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import { eagerly } from "../../ops/trace.js";
import { Variable } from "../../ops/variable.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import { type Config, type Registry, serializeObject } from "../../utils/serialization.js";
import { wrongRank } from "../arguments.js";
import { type CallOptions, Layer, type LayerOptions, type LayerShape } from "../layer.js";
import { nested } from "../wrapper.js";
import { initialStateOf, outputSizeOf, type RNNCell, type StateSize, type States } from "./cell.js";
import { isCell, StackedRNNCells } from "./stackedRNNCells.js";
import { steppingOf } from "./stepping.js";

export interface RNNOptions<S extends boolean = boolean> extends LayerOptions {
  /** Whether the outputs of all steps are given, rather than the last one's. Default false. */
  readonly returnSequences?: boolean;
  /** Whether the last states are given too: `[output, ...states]`. Default false. */
  readonly returnState?: S;
  /** Whether the last step comes first; the outputs are in that order then. Default false. */
  readonly goBackwards?: boolean;
  /** Whether the last states are the next batch's first ones. Needs a fixed batch size. Default false. */
  readonly stateful?: boolean;
  /** Accepted as in Keras. The loop is compiled, and gives the same, either way. Default false. */
  readonly unroll?: boolean;
  /** Whether masked steps give zeros rather than the output of the step before. Default false. */
  readonly zeroOutputForMask?: boolean;
}

export interface RNNCallOptions extends CallOptions {
  /** The states before the first step. Default: zeros, or the last ones of a stateful layer. */
  readonly initialState?: Tensor | States;
}

/** `[output, ...states]` of a layer with `returnState`, else the output. */
export type RNNOutputs<S extends boolean> = S extends true ? [Tensor, ...Structure<Tensor>[]] : Tensor;

/**
 * Repeats a cell for each step of `(batch, steps, …)`. Masked steps leave the states as they are.
 * @see https://keras.io/api/layers/recurrent_layers/rnn/
 */
export class RNN<S extends boolean = false> extends Layer {
  static override readonly className: string = "RNN";
  static override readonly constructorArguments: readonly string[] = ["cell"];
  static override readonly callArguments: readonly string[] = [
    "sequences",
    "initial_state",
    "mask",
    "training=false",
  ];
  override supportsMasking = true;
  readonly cell: RNNCell;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly unroll: boolean;
  zeroOutputForMask: boolean;
  /** The states of a stateful layer. Not weights: they are neither saved nor counted, as in Keras. */
  #states: Structure<Variable>[] | undefined;

  /** @param cell a cell, or several to be stacked. @throws if it is none */
  constructor(cell: RNNCell | readonly RNNCell[], options: RNNOptions<S> = {}) {
    const one = Array.isArray(cell) ? new StackedRNNCells(cell as readonly RNNCell[]) : cell;
    if (!isCell(one)) {
      throw new Error(
        `The RNN cell should be a layer with a \`stateSize\` (single integer or list of integers, one integer per RNN state). Received: cell=${String(cell)}`,
      );
    }
    super(options);
    this.cell = one;
    this.returnSequences = options.returnSequences ?? false;
    this.returnState = options.returnState ?? false;
    this.goBackwards = options.goBackwards ?? false;
    this.stateful = options.stateful ?? false;
    this.unroll = options.unroll ?? false;
    this.zeroOutputForMask = options.zeroOutputForMask ?? false;
  }

  override build(inputShape: LayerShape): void {
    const [batch, , ...step] = inputShape as PartialShape;
    this.cell.build([batch, ...step]);
    if (!this.stateful) return;
    if (batch === null) {
      throw new Error(
        `When using \`stateful: true\` in layer '${this.name}', the batch size must be static: Input(shape, { batchSize }). Found dynamic batch size: shape=${formatShape(inputShape as PartialShape)}`,
      );
    }
    this.#states = this.#initialStates(batch).map((state) =>
      mapStructure<Tensor, Variable>(
        state,
        (zeros) =>
          new Variable(zeros, { name: "rnn_state", path: `${this.name}/rnn_state`, trainable: false }),
      ),
    );
  }

  override checkInput(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    if (shape.length < 3) throw wrongRank(shape, "ndim=3 (batch, steps, features)", this.name);
    const first = this.#states && leaves<Variable>(this.#states)[0];
    if (first && shape[0] !== null && shape[0] !== first.shape[0]) {
      throw new Error(
        `If an RNN is stateful, the batch size of the input sequences must be the same as the batch size of the initial state. Layer '${this.name}' expected batch size: ${first.shape[0]}. Received batch size: ${shape[0]}`,
      );
    }
  }

  #initialStates(batchSize: number): States {
    return eagerly(() => initialStateOf(this.cell, batchSize));
  }

  /** The contents of the states of a stateful layer. */
  get states(): States | undefined {
    return this.#states?.map((state) => mapStructure<Variable, Tensor>(state, ({ value }) => value));
  }

  /** Starts again from zeros. @throws if the layer is not stateful */
  resetState(): void {
    if (!this.stateful) throw new Error(`Layer '${this.name}' must be stateful to have a state to reset.`);
    for (const variable of leaves<Variable>(this.#states ?? [])) variable.assign(variable.value.mul(0));
  }

  override call(x: Tensor, options: RNNCallOptions): RNNOutputs<S> {
    const { training, initialState } = options;
    const [batch] = x.shape;
    const given = initialState ?? this.states ?? initialStateOf(this.cell, batch);
    const states = (Array.isArray(given) ? given : [given]) as States;
    const expected = initialStateOf(this.cell, batch);
    if (states.length !== expected.length) {
      throw new Error(
        `Layer '${this.name}' has ${expected.length} states. Received: initialState with ${states.length} tensors.`,
      );
    }
    const mask = leaves<Tensor | undefined>(options.mask)[0];
    const [output, last] = this.#loop(x, states, mask, training);
    if (this.stateful) {
      const values = leaves<Tensor>(last);
      for (const [i, variable] of leaves<Variable>(this.#states ?? []).entries()) variable.assign(values[i]);
    }
    return (this.returnState ? [output, ...last] : output) as RNNOutputs<S>;
  }

  #loop(
    x: Tensor,
    initial: States,
    mask: Tensor | undefined,
    training: boolean,
  ): [output: Tensor, states: States] {
    const swap = (t: Tensor) => t.transpose([1, 0, ...t.shape.slice(2).map((_, i) => i + 2)]);
    const { slices, step, lastOutput } = steppingOf(this.cell, swap(x), training);
    const last = this.returnSequences || (mask && this.zeroOutputForMask) ? undefined : lastOutput;
    type Slices = readonly [Tensor, Tensor | null];
    const steps = mask ? swap(mask.astype("bool")).reshape([x.shape[1], x.shape[0], 1]) : null;
    const [states, outputs] = scan<readonly Tensor[], Slices, Tensor | null>(
      (flat, [slice, present]) => {
        const before = packAs(initial as Structure<Tensor>, flat) as States;
        const [output, after] = step(slice, before);
        const next = leaves<Tensor>(after);
        const kept = present ? next.map((state, i) => where(present, state, flat[i])) : next;
        return [kept, last ? null : this.#output(output, before, present)];
      },
      leaves<Tensor>(initial),
      [slices, steps],
      { reverse: this.goBackwards },
    );
    const final = packAs(initial as Structure<Tensor>, states) as States;
    if (last || !outputs) return [(last as (states: States) => Tensor)(final), final];
    if (!this.returnSequences) return [outputs.at(this.goBackwards ? 0 : -1), final];
    return [swap(this.goBackwards ? flip(outputs, 0) : outputs), final];
  }

  /** What a step gives: at masked ones zeros, or what the step before gave. */
  #output(output: Tensor, before: States, present: Tensor | null): Tensor {
    if (!present) return output;
    if (this.zeroOutputForMask) return where(present, output, 0);
    const last = this.cell instanceof StackedRNNCells ? before[before.length - 1] : before[0];
    return where(present, output, leaves<Tensor>(last as Structure<Tensor>)[0]);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const [batch, steps] = inputShape as PartialShape;
    const size = outputSizeOf(this.cell);
    const output = this.returnSequences ? [batch, steps, size] : [batch, size];
    if (!this.returnState) return output;
    const { stateSize } = this.cell;
    const shape = (state: StateSize): LayerShape =>
      typeof state === "number" ? [batch, state] : state.map(shape);
    return [output, ...(typeof stateSize === "number" ? [stateSize] : stateSize).map(shape)];
  }

  override computeMask(
    _inputs: unknown,
    mask: Structure<Tensor | undefined> | undefined,
  ): Structure<Tensor | undefined> | undefined {
    return this.returnSequences ? leaves<Tensor | undefined>(mask)[0] : undefined;
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      return_sequences: this.returnSequences,
      return_state: this.returnState,
      go_backwards: this.goBackwards,
      stateful: this.stateful,
      unroll: this.unroll,
      zero_output_for_mask: this.zeroOutputForMask,
      cell: serializeObject(this.cell),
    };
  }

  static override fromConfig(config: Config, registry?: Registry<Layer>): Layer {
    // LSTM and its like make their cell themselves
    const cell = config.cell && nested(config.cell, registry);
    // biome-ignore lint/complexity/noThisInStatic: the class that the configuration names, which inherits this method
    return super.fromConfig({ ...config, cell });
  }
}
