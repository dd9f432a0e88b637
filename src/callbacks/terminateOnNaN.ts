import { platform } from "#platform";
import { Callback, type Logs } from "./callback.js";

export interface TerminateOnNaNOptions {
  /** Whether to throw at once, so that no `onTrainEnd` runs, instead of ending training. Default false. */
  readonly raiseError?: boolean;
}

/** Stops when the loss becomes NaN or infinite. @see https://keras.io/api/callbacks/terminate_on_nan/ */
export class TerminateOnNaN extends Callback {
  static override readonly className = "TerminateOnNaN";
  readonly raiseError: boolean;

  constructor(options: TerminateOnNaNOptions = {}) {
    super();
    this.raiseError = options.raiseError ?? false;
  }

  override onTrainBatchEnd(batch: number, logs: Logs = {}): void {
    const { loss } = logs;
    if (loss === undefined || Number.isFinite(loss)) return;
    if (this.raiseError) {
      throw new Error(
        `NaN or Inf loss encountered at batch ${batch}. Loss value: ${loss}. Terminating training immediately.`,
      );
    }
    platform.write(`Batch ${batch}: Invalid loss, terminating training\n`);
    this.model.stopTraining = true;
  }
}
