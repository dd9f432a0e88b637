import { add, multiply, sign, subtract } from "../ops/elementwise.js";
import type { Tensor } from "../ops/tensor.js";
import type { Config } from "../utils/serialization.js";
import { Optimizer, type UpdateContext } from "./optimizer.js";
import { assigned, type LearningRateOption, type Slot } from "./optimizers.js";

export interface LionOptions extends LearningRateOption {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.99. */
  readonly beta2?: number;
}

/** Steps of one size in the direction of the momentum's sign (learning rate 0.001). https://arxiv.org/abs/2302.06675 */
export class Lion extends Optimizer {
  static override readonly className = "Lion";
  readonly beta1: number;
  readonly beta2: number;

  /** @throws if `beta1` is not above 0 and at most 1 */
  constructor(options: LionOptions = {}) {
    super(options.learningRate ?? 0.001, options);
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.99;
    if (!(this.beta1 > 0 && this.beta1 <= 1)) {
      throw new Error(
        `Argument \`beta_1\` must be in the [0, 1] range. Otherwise, the optimizer degenerates to SignSGD. Received: beta_1=${this.beta1}.`,
      );
    }
  }

  protected slotGroups() {
    return [[{ name: "momentum" }]];
  }

  protected update(weight: Tensor, gradient: Tensor, slot: Slot, { learningRate }: UpdateContext): Tensor {
    const m = slot("momentum");
    const direction = sign(add(multiply(m, this.beta1), multiply(gradient, 1 - this.beta1)));
    const next = subtract(weight, multiply(learningRate, direction));
    assigned(m, add(multiply(m, this.beta2), multiply(gradient, 1 - this.beta2)));
    return next;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), beta_1: this.beta1, beta_2: this.beta2 };
  }
}
