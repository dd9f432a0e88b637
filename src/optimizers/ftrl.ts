import { add, clip, divide, multiply, power, square, subtract } from "../ops/elementwise.js";
import type { Tensor } from "../ops/tensor.js";
import type { Config } from "../utils/serialization.js";
import { Optimizer, type SlotKind, type UpdateContext } from "./optimizer.js";
import type { LearningRateOption, Slot } from "./optimizers.js";

export interface FtrlOptions extends LearningRateOption {
  /** 0 for a fixed learning rate, negative for one that goes down. Default −0.5. */
  readonly learningRatePower?: number;
  /** Default 0.1. */
  readonly initialAccumulatorValue?: number;
  /** Default 0. */
  readonly l1RegularizationStrength?: number;
  /** Default 0. */
  readonly l2RegularizationStrength?: number;
  /** Default 0. */
  readonly l2ShrinkageRegularizationStrength?: number;
  /** Default 0. */
  readonly beta?: number;
}

/** Follow the regularized leader (learning rate 0.001). https://research.google.com/pubs/archive/41159.pdf */
export class Ftrl extends Optimizer {
  static override readonly className = "Ftrl";
  readonly learningRatePower: number;
  readonly initialAccumulatorValue: number;
  readonly l1RegularizationStrength: number;
  readonly l2RegularizationStrength: number;
  readonly l2ShrinkageRegularizationStrength: number;
  readonly beta: number;

  /** @throws if a strength or the initial value is negative, or the power positive */
  constructor(options: FtrlOptions = {}) {
    super(options.learningRate ?? 0.001, options);
    this.learningRatePower = options.learningRatePower ?? -0.5;
    this.initialAccumulatorValue = options.initialAccumulatorValue ?? 0.1;
    this.l1RegularizationStrength = options.l1RegularizationStrength ?? 0;
    this.l2RegularizationStrength = options.l2RegularizationStrength ?? 0;
    this.l2ShrinkageRegularizationStrength = options.l2ShrinkageRegularizationStrength ?? 0;
    this.beta = options.beta ?? 0;
    const config = this.getConfig();
    for (const name of [
      "initial_accumulator_value",
      "l1_regularization_strength",
      "l2_regularization_strength",
      "l2_shrinkage_regularization_strength",
    ]) {
      if (!((config[name] as number) >= 0))
        throw new Error(`\`${name}\` needs to be positive or zero. Received: ${name}=${config[name]}.`);
    }
    if (!(this.learningRatePower <= 0)) {
      throw new Error(
        `\`learning_rate_power\` needs to be negative or zero. Received: learning_rate_power=${this.learningRatePower}.`,
      );
    }
  }

  protected slotGroups(): readonly (readonly SlotKind[])[] {
    return [[{ name: "accumulator", initial: this.initialAccumulatorValue }, { name: "linear" }]];
  }

  protected update(weight: Tensor, gradient: Tensor, slot: Slot, { learningRate }: UpdateContext): Tensor {
    const [accumulator, linear] = [slot("accumulator"), slot("linear")];
    const exponent = -this.learningRatePower;
    const l1 = this.l1RegularizationStrength;
    const l2 = add(divide(this.beta, multiply(learningRate, 2)), this.l2RegularizationStrength);
    const used = add(gradient, multiply(weight, 2 * this.l2ShrinkageRegularizationStrength));
    const sum = add(accumulator, square(gradient));
    const rate = divide(subtract(power(sum, exponent), power(accumulator, exponent)), learningRate);
    const line = add(linear, subtract(used, multiply(rate, weight)));
    const quadratic = add(divide(power(sum, exponent), learningRate), multiply(l2, 2));
    accumulator.assign(sum);
    linear.assign(line);
    return divide(subtract(clip(line, -l1, l1), line), quadratic);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      learning_rate_power: this.learningRatePower,
      initial_accumulator_value: this.initialAccumulatorValue,
      l1_regularization_strength: this.l1RegularizationStrength,
      l2_regularization_strength: this.l2RegularizationStrength,
      l2_shrinkage_regularization_strength: this.l2ShrinkageRegularizationStrength,
      beta: this.beta,
    };
  }
}
