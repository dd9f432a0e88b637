import type { Tensor } from "../ops/tensor.js";
import { Callback, type Logs } from "./callback.js";

/** Stops when the loss becomes NaN or infinite. @see https://keras.io/api/callbacks/terminate_on_nan/ */
export class TerminateOnNaN extends Callback {
  override onTrainBatchEnd(batch: number, logs: Logs = {}): void {
    if (logs.loss === undefined || Number.isFinite(logs.loss)) return;
    console.warn(`Batch ${batch}: Invalid loss, terminating training`);
    this.model.stopTraining = true;
  }
}

export interface EarlyStoppingOptions {
  /** The figure to watch. Default `"val_loss"`. */
  readonly monitor?: string;
  /** Smaller changes do not count. Default 0. */
  readonly minDelta?: number;
  /** Epochs without improvement to wait. Default 0. */
  readonly patience?: number;
  /** Default `"auto"`: larger is better for accuracies, smaller for everything else. */
  readonly mode?: "auto" | "min" | "max";
  /** A value that must be beaten. Default none. */
  readonly baseline?: number | null;
  /** Whether the weights of the best epoch come back. Default false. */
  readonly restoreBestWeights?: boolean;
  /** Epochs before watching starts. Default 0. */
  readonly startFromEpoch?: number;
}

/** Stops when a figure no longer improves. @see https://keras.io/api/callbacks/early_stopping/ */
export class EarlyStopping extends Callback {
  readonly #options: Required<EarlyStoppingOptions>;
  #best = Number.NaN;
  #wait = 0;
  #bestWeights: Tensor[] | undefined;
  /** The epoch at which training stopped; 0 if it did not. */
  stoppedEpoch = 0;

  constructor(options: EarlyStoppingOptions = {}) {
    super();
    this.#options = {
      monitor: "val_loss",
      minDelta: 0,
      patience: 0,
      mode: "auto",
      baseline: null,
      restoreBestWeights: false,
      startFromEpoch: 0,
      ...options,
    };
  }

  #improves(value: number, than: number): boolean {
    const { mode, monitor, minDelta } = this.#options;
    const larger = mode === "max" || (mode === "auto" && /acc|auc|precision|recall/i.test(monitor));
    if (Number.isNaN(than)) return !Number.isNaN(value);
    return larger ? value - Math.abs(minDelta) > than : value + Math.abs(minDelta) < than;
  }

  override onTrainBegin(): void {
    this.#wait = 0;
    this.stoppedEpoch = 0;
    this.#best = Number.NaN;
    this.#bestWeights = undefined;
  }

  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    const { monitor, startFromEpoch, baseline, patience, restoreBestWeights } = this.#options;
    const value = logs[monitor];
    if (value === undefined) {
      console.warn(
        `Early stopping conditioned on metric \`${monitor}\` which is not available. Available metrics are: ${Object.keys(logs).join(",")}`,
      );
      return;
    }
    if (epoch < startFromEpoch) return;
    if (restoreBestWeights && !this.#bestWeights) this.#bestWeights = this.model.getWeights();
    this.#wait++;
    if (this.#improves(value, this.#best)) {
      this.#best = value;
      if (restoreBestWeights) this.#bestWeights = this.model.getWeights();
      if (baseline === null || this.#improves(value, baseline)) this.#wait = 0;
      return;
    }
    if (this.#wait >= patience && epoch > 0) {
      this.stoppedEpoch = epoch;
      this.model.stopTraining = true;
    }
  }

  override onTrainEnd(): void {
    if (this.#bestWeights) this.model.setWeights(this.#bestWeights);
  }
}
