import { add, divide, greater, multiply, sqrt, square, subtract, where } from "../ops/elementwise.js";
import type { Tensor } from "../ops/tensor.js";
import type { UpdateContext } from "./optimizer.js";
import { MomentOptimizer, type MomentOptions, type Slot } from "./optimizers.js";

export type LambOptions = MomentOptions;

/** Adam whose step is scaled by the weight's norm, for large batches (learning rate 0.001). https://arxiv.org/abs/1904.00962 */
export class Lamb extends MomentOptimizer {
  static override readonly className = "Lamb";

  protected update(
    weight: Tensor,
    gradient: Tensor,
    slot: Slot,
    { learningRate, step }: UpdateContext,
  ): Tensor {
    const first = this.momentum(slot, gradient);
    const second = this.velocity(slot, gradient);
    const mean = divide(first, this.correction(this.beta1, step));
    const root = add(sqrt(divide(second, this.correction(this.beta2, step))), this.epsilon);
    const update = divide(mean, root);
    const ofWeight = square(weight).sum().sqrt();
    const ofUpdate = square(update).sum().sqrt();
    const positive = greater(ofUpdate, 0);
    const quotient = divide(ofWeight, where(positive, ofUpdate, 1));
    const ratio = where(greater(ofWeight, 0), where(positive, quotient, 1), 1);
    return subtract(weight, multiply(multiply(ratio, learningRate), update));
  }
}
