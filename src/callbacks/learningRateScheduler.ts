import { platform } from "#platform";
import { floatRepr } from "../utils/pythonFormat.js";
import { Callback, type CallbackModel, type Logs } from "./callback.js";

export interface LearningRateSchedulerOptions {
  /** 1: says what the learning rate is set to. Default 0. */
  readonly verbose?: 0 | 1;
}

/** @throws if the model has no optimizer */
export function learningRateOf(model: CallbackModel): number {
  if (model.optimizer) return model.optimizer.learningRate;
  throw new Error(`Model '${model.name}' has no optimizer: call model.compile({ optimizer: … }).`);
}

/**
 * Sets the learning rate at the beginning of each epoch.
 * @see https://keras.io/api/callbacks/learning_rate_scheduler/
 */
export class LearningRateScheduler extends Callback {
  static override readonly className = "LearningRateScheduler";
  readonly schedule: (epoch: number, learningRate: number) => number;
  readonly verbose: 0 | 1;

  /** @param schedule the learning rate for an epoch (from 0), given that and the learning rate so far */
  constructor(
    schedule: (epoch: number, learningRate: number) => number,
    options: LearningRateSchedulerOptions = {},
  ) {
    super();
    this.schedule = schedule;
    this.verbose = options.verbose ?? 0;
  }

  /** @throws if the schedule gives no number */
  override onEpochBegin(epoch: number): void {
    const learningRate: unknown = this.schedule(epoch, learningRateOf(this.model));
    if (typeof learningRate !== "number" || Number.isNaN(learningRate)) {
      throw new Error(
        `The output of the \`schedule\` function should be a float. Got: ${String(learningRate)}`,
      );
    }
    if (this.model.optimizer) this.model.optimizer.learningRate = learningRate;
    if (this.verbose > 0) {
      platform.write(
        `\nEpoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${floatRepr(learningRate)}.\n`,
      );
    }
  }

  override onEpochEnd(_epoch: number, logs: Logs = {}): void {
    logs.learning_rate = learningRateOf(this.model);
  }
}
