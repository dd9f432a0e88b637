import type { Tensor } from "../../ops/tensor.js";
import type { Config } from "../../utils/serialization.js";

/**
 * A learning rate that changes from step to step. Given to an optimizer as `learningRate`, it is computed inside of the compiled
 * step. Subclasses define `call`.
 *
 * @see https://keras.io/api/optimizers/learning_rate_schedules/
 */
export abstract class LearningRateSchedule {
  static readonly className: string = "LearningRateSchedule";
  static readonly module: string | null = "keras.optimizers.schedules";

  /** @param step number of steps taken so far (0 at the first one), a float32 scalar */
  abstract call(step: Tensor): Tensor;

  getConfig(): Config {
    throw new Error(
      `Learning rate schedule '${(this.constructor as typeof LearningRateSchedule).className}' must override \`getConfig()\` in order to be serializable.`,
    );
  }
}
