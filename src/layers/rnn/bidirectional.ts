import { concatenate, flip } from "../../ops/arrays.js";
import { add, divide, multiply } from "../../ops/elementwise.js";
import { leaves, type Structure } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import type { PartialShape } from "../../tensor/shape.js";
import { type Config, type Registry, serializeObject } from "../../utils/serialization.js";
import { oneOf } from "../arguments.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";
import { cloned, expectLayer, nested } from "../wrapper.js";
import type { States } from "./cell.js";
import type { RNN, RNNCallOptions, RNNOutputs } from "./rnn.js";

/** How the outputs of both directions become one; null: they stay two. */
export type MergeMode = "sum" | "mul" | "ave" | "concat" | null;

export interface BidirectionalOptions extends LayerOptions {
  /** Default `"concat"`. */
  readonly mergeMode?: MergeMode;
  /** The layer that goes backwards. Default: one like `layer`. */
  readonly backwardLayer?: RNN<boolean> | null;
}

/**
 * A recurrent layer in both directions.
 *
 * ```ts
 * new layers.Bidirectional(new layers.LSTM(32)); // (batch, steps, features) → (batch, 64)
 * ```
 *
 * @see https://keras.io/api/layers/recurrent_layers/bidirectional/
 */
export class Bidirectional<S extends boolean = false> extends Layer {
  static override readonly className = "Bidirectional";
  static override readonly constructorArguments = ["layer"];
  static override readonly callArguments = ["sequences", "initial_state", "mask", "training"];
  override supportsMasking = true;
  readonly forwardLayer: RNN<boolean>;
  readonly backwardLayer: RNN<boolean>;
  readonly mergeMode: MergeMode;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly stateful: boolean;

  /** @throws if the directions do not fit together */
  constructor(layer: RNN<S>, options: BidirectionalOptions = {}) {
    super(options);
    expectLayer(layer, this.name);
    const { mergeMode = "concat" } = options;
    this.mergeMode =
      mergeMode === null
        ? null
        : oneOf<NonNullable<MergeMode>>("merge_mode", mergeMode, ["sum", "mul", "ave", "concat"], this.name);
    const copy = (direction: "forward" | "backward", changes: Config): RNN<boolean> => {
      const name = layer.name.startsWith(`${direction}_`) ? layer.name : `${direction}_${layer.name}`;
      return cloned<RNN<boolean>>(layer as RNN<boolean>, { ...changes, name });
    };
    this.forwardLayer = copy("forward", {});
    this.backwardLayer = options.backwardLayer ?? copy("backward", { go_backwards: true });
    const [forward, backward] = [this.forwardLayer, this.backwardLayer];
    if (forward.goBackwards === backward.goBackwards) {
      throw new Error(
        `Forward layer and backward layer of '${this.name}' should have different \`go_backwards\` value. Received: forward_layer.go_backwards=${forward.goBackwards}, backward_layer.go_backwards=${backward.goBackwards}`,
      );
    }
    for (const attribute of ["stateful", "returnSequences", "returnState"] as const) {
      if (forward[attribute] === backward[attribute]) continue;
      throw new Error(
        `Forward layer and backward layer of '${this.name}' are expected to have the same value for attribute "${attribute}", got "${forward[attribute]}" for forward layer and "${backward[attribute]}" for backward layer`,
      );
    }
    // what is masked must not shift the other direction's outputs
    for (const direction of [forward, backward]) direction.zeroOutputForMask = direction.returnSequences;
    this.returnSequences = layer.returnSequences;
    this.returnState = layer.returnState;
    this.stateful = layer.stateful;
  }

  override build(inputShape: LayerShape): void {
    this.forwardLayer.build(inputShape);
    this.backwardLayer.build(inputShape);
  }

  /** Starts both directions again from zeros. @throws if the layer is not stateful */
  resetState(): void {
    this.forwardLayer.resetState();
    this.backwardLayer.resetState();
  }

  override call(x: Tensor, { training, mask, initialState }: RNNCallOptions): RNNOutputs<S> {
    const given = initialState === undefined ? [] : (initialState as States);
    const half = given.length / 2;
    const run = (layer: RNN<boolean>, states: States) => {
      const result = layer.apply(x, {
        training,
        mask,
        ...(states.length > 0 ? { initialState: states } : {}),
      }) as Tensor | [Tensor, ...Structure<Tensor>[]];
      return Array.isArray(result) ? result : [result];
    };
    const [y, ...states] = run(this.forwardLayer, given.slice(0, half));
    const [reversed, ...others] = run(this.backwardLayer, given.slice(half));
    const back = this.returnSequences ? flip(reversed as Tensor, 1) : (reversed as Tensor);
    const output = this.#merge(y as Tensor, back);
    const list = [...(Array.isArray(output) ? output : [output]), ...states, ...others];
    return (this.returnState || this.mergeMode === null ? list : output) as RNNOutputs<S>;
  }

  #merge(x: Tensor, y: Tensor): Tensor | Tensor[] {
    switch (this.mergeMode) {
      case "concat":
        return concatenate([x, y], -1);
      case "sum":
        return add(x, y);
      case "ave":
        return divide(add(x, y), 2);
      case "mul":
        return multiply(x, y);
      default:
        return [x, y];
    }
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const parts = (layer: RNN<boolean>) => {
      const shape = layer.computeOutputShape(inputShape);
      return (this.returnState ? shape : [shape]) as [PartialShape, ...LayerShape[]];
    };
    const [output, ...states] = parts(this.forwardLayer);
    const [reversed, ...others] = parts(this.backwardLayer);
    const size = (shape: PartialShape) => shape[shape.length - 1] as number;
    const merged =
      this.mergeMode === "concat" ? [...output.slice(0, -1), size(output) + size(reversed)] : output;
    const outputs = this.mergeMode === null ? [output, reversed] : [merged];
    return this.returnState || this.mergeMode === null ? [...outputs, ...states, ...others] : merged;
  }

  override computeMask(
    _inputs: unknown,
    mask: Structure<Tensor | undefined> | undefined,
  ): Structure<Tensor | undefined> | undefined {
    const own = this.returnSequences ? leaves<Tensor | undefined>(mask)[0] : undefined;
    return this.mergeMode === null && own ? [own, own] : own;
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      merge_mode: this.mergeMode,
      layer: serializeObject(this.forwardLayer),
      backward_layer: serializeObject(this.backwardLayer),
    };
  }

  static override fromConfig(config: Config, registry?: Registry<Layer>): Layer {
    const { layer, backward_layer: backward } = config;
    // biome-ignore lint/complexity/noThisInStatic: the class that the configuration names, which inherits this method
    return super.fromConfig({
      ...config,
      layer: nested(layer, registry),
      backward_layer: backward && nested(backward, registry),
    });
  }
}
