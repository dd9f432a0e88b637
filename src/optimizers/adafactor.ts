import { expandDims } from "../ops/arrays.js";
import {
  add,
  divide,
  maximum,
  minimum,
  multiply,
  power,
  sqrt,
  square,
  subtract,
} from "../ops/elementwise.js";
import type { Tensor } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";
import type { Config } from "../utils/serialization.js";
import { Optimizer, type SlotKind, type UpdateContext } from "./optimizer.js";
import { assigned, type LearningRateOption, type Slot } from "./optimizers.js";

export interface AdafactorOptions extends LearningRateOption {
  /** Default −0.8. */
  readonly beta2Decay?: number;
  /** Default 1e-30. */
  readonly epsilon1?: number;
  /** Default 1e-3. */
  readonly epsilon2?: number;
  /** Default 1. */
  readonly clipThreshold?: number;
  /** Whether the learning rate is at most `1 / √step`. Default true. */
  readonly relativeStep?: boolean;
}

const rootMeanSquare = (x: Tensor) => square(x).mean().sqrt();

/**
 * Steps scaled by the weight's size and by the moving mean square of its gradients, which for matrices is kept for rows and
 * columns only (learning rate 0.001). https://arxiv.org/abs/1804.04235
 */
export class Adafactor extends Optimizer {
  static override readonly className = "Adafactor";
  readonly beta2Decay: number;
  readonly epsilon1: number;
  readonly epsilon2: number;
  readonly clipThreshold: number;
  readonly relativeStep: boolean;

  constructor(options: AdafactorOptions = {}) {
    super(options.learningRate ?? 0.001, options);
    this.beta2Decay = options.beta2Decay ?? -0.8;
    this.epsilon1 = options.epsilon1 ?? 1e-30;
    this.epsilon2 = options.epsilon2 ?? 1e-3;
    this.clipThreshold = options.clipThreshold ?? 1;
    this.relativeStep = options.relativeStep ?? true;
  }

  protected slotGroups(): readonly (readonly SlotKind[])[] {
    // Keras keeps a number, named after the weight alone, where there are no rows and columns
    const none = ({ shape }: Variable) => shape.length < 2;
    const path = (weight: Variable) => (none(weight) ? weight.name : `${this.name}/${weight.name}`);
    const rows = (weight: Variable) => (none(weight) ? [] : weight.shape.slice(0, -1));
    const columns = (weight: Variable) =>
      none(weight) ? [] : [...weight.shape.slice(0, -2), weight.shape[weight.shape.length - 1]];
    return [
      [{ name: "row", shape: rows, path }, { name: "column", shape: columns, path }, { name: "velocity" }],
    ];
  }

  protected update(
    weight: Tensor,
    gradient: Tensor,
    slot: Slot,
    { learningRate, step }: UpdateContext,
  ): Tensor {
    const root = divide(1, sqrt(step));
    const rate =
      this.relativeStep && !this.scheduled
        ? minimum(minimum(learningRate, root), root)
        : minimum(learningRate, root);
    const alpha = multiply(maximum(rootMeanSquare(weight), this.epsilon2), rate);
    const squares = add(square(gradient), this.epsilon1);
    const beta = subtract(1, power(step, this.beta2Decay));
    const mean = (old: Variable, x: Tensor) =>
      assigned(old, add(multiply(beta, old), multiply(subtract(1, beta), x)));
    let velocity: Tensor;
    if (weight.rank < 2) {
      velocity = mean(slot("velocity"), squares);
    } else {
      const rows = mean(slot("row"), squares.mean(-1));
      const columns = mean(slot("column"), squares.mean(-2));
      const share = expandDims(divide(rows, rows.mean(-1, true)), -1);
      velocity = assigned(slot("velocity"), multiply(share, expandDims(columns, -2)));
    }
    const update = divide(gradient, sqrt(velocity));
    const limited = divide(update, maximum(divide(rootMeanSquare(update), this.clipThreshold), 1));
    return subtract(weight, multiply(alpha, limited));
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      beta_2_decay: this.beta2Decay,
      epsilon_1: this.epsilon1,
      epsilon_2: this.epsilon2,
      clip_threshold: this.clipThreshold,
      relative_step: this.relativeStep,
    };
  }
}
