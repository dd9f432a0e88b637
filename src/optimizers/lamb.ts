import { add, divide, greater, multiply, power, sqrt, square, subtract, where } from "../ops/elementwise.js";
import type { Tensor } from "../ops/tensor.js";
import { type Config, camelCaseKeys } from "../utils/serialization.js";
import { Optimizer, type UpdateContext } from "./optimizer.js";
import { assigned, type LearningRateOption, type Slot } from "./optimizers.js";

export interface LambOptions extends LearningRateOption {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-7. */
  readonly epsilon?: number;
}

/** Adam whose step is scaled by the weight's norm, for large batches (learning rate 0.001). https://arxiv.org/abs/1904.00962 */
export class Lamb extends Optimizer {
  static override readonly className = "Lamb";
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;

  constructor(options: LambOptions = {}) {
    super(options.learningRate ?? 0.001, options);
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.999;
    this.epsilon = options.epsilon ?? 1e-7;
  }

  protected slotGroups() {
    return [[{ name: "momentum" }, { name: "velocity" }]];
  }

  protected update(
    weight: Tensor,
    gradient: Tensor,
    slot: Slot,
    { learningRate, step }: UpdateContext,
  ): Tensor {
    const m = slot("momentum");
    const v = slot("velocity");
    const first = assigned(m, add(m, multiply(subtract(gradient, m), 1 - this.beta1)));
    const second = assigned(v, add(v, multiply(subtract(square(gradient), v), 1 - this.beta2)));
    const mean = divide(first, subtract(1, power(this.beta1, step)));
    const root = add(sqrt(divide(second, subtract(1, power(this.beta2, step)))), this.epsilon);
    const update = divide(mean, root);
    const ofWeight = square(weight).sum().sqrt();
    const ofUpdate = square(update).sum().sqrt();
    const positive = greater(ofUpdate, 0);
    const quotient = divide(ofWeight, where(positive, ofUpdate, 1));
    const ratio = where(greater(ofWeight, 0), where(positive, quotient, 1), 1);
    return subtract(weight, multiply(multiply(ratio, learningRate), update));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), beta_1: this.beta1, beta_2: this.beta2, epsilon: this.epsilon };
  }
  static fromConfig(config: Config): Lamb {
    return new Lamb(camelCaseKeys(config));
  }
}
