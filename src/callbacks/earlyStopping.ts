import { platform } from "#platform";
import type { Tensor } from "../ops/tensor.js";
import type { CallbackState, Logs } from "./callback.js";
import { MonitorCallback, type MonitorOptions } from "./monitor.js";

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Smaller changes do not count as improvements. Default 0. */
  readonly minDelta?: number;
  /** Epochs without improvement to wait. Default 0. */
  readonly patience?: number;
  /** 1: says when training stops and which weights come back. Default 0. */
  readonly verbose?: 0 | 1;
  /** A value that must be beaten, else waiting goes on. Default none. */
  readonly baseline?: number | null;
  /** Whether the weights of the best epoch come back at the end. Default false. */
  readonly restoreBestWeights?: boolean;
  /** Epochs before watching starts. Default 0. */
  readonly startFromEpoch?: number;
}

/** Stops when a figure no longer improves. @see https://keras.io/api/callbacks/early_stopping/ */
export class EarlyStopping extends MonitorCallback {
  static override readonly className = "EarlyStopping";
  readonly patience: number;
  readonly verbose: 0 | 1;
  readonly baseline: number | null;
  readonly restoreBestWeights: boolean;
  readonly startFromEpoch: number;
  /** Epochs since the last improvement. */
  wait = 0;
  /** The epoch at which training stopped, from 0; 0 if it did not. */
  stoppedEpoch = 0;
  bestEpoch = 0;
  bestWeights: readonly Tensor[] | null = null;

  constructor(options: EarlyStoppingOptions = {}) {
    super(options, null, options.minDelta);
    this.patience = options.patience ?? 0;
    this.verbose = options.verbose ?? 0;
    this.baseline = options.baseline ?? null;
    this.restoreBestWeights = options.restoreBestWeights ?? false;
    this.startFromEpoch = options.startFromEpoch ?? 0;
  }

  override onTrainBegin(): void {
    this.wait = 0;
    this.stoppedEpoch = 0;
    this.best = null;
    this.bestWeights = null;
    this.bestEpoch = 0;
  }

  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    // so that a figure of unknown direction is refused at the first epoch
    void this.direction;
    const current = this.watched(logs);
    if (current === undefined) {
      console.warn(
        `Early stopping conditioned on metric \`${this.monitor}\` which is not available. Available metrics are: ${Object.keys(logs).join(",")}`,
      );
    }
    if (current === undefined || epoch < this.startFromEpoch) return;
    if (this.restoreBestWeights && !this.bestWeights) {
      this.bestWeights = this.model.getWeights();
      this.bestEpoch = epoch;
    }
    this.wait++;
    if (this.isImprovement(current, this.best)) {
      this.best = current;
      this.bestEpoch = epoch;
      if (this.restoreBestWeights) this.bestWeights = this.model.getWeights();
      if (this.baseline === null || this.isImprovement(current, this.baseline)) this.wait = 0;
      return;
    }
    if (this.wait >= this.patience && epoch > 0) {
      this.stoppedEpoch = epoch;
      this.model.stopTraining = true;
    }
  }

  override onTrainEnd(): void {
    const verbose = this.verbose > 0;
    if (this.stoppedEpoch > 0 && verbose) platform.write(`Epoch ${this.stoppedEpoch + 1}: early stopping\n`);
    if (!this.restoreBestWeights || !this.bestWeights) return;
    if (verbose) {
      platform.write(`Restoring model weights from the end of the best epoch: ${this.bestEpoch + 1}.\n`);
    }
    this.model.setWeights(this.bestWeights);
  }

  override getState(): CallbackState {
    const { wait, stoppedEpoch, best, bestEpoch, bestWeights } = this;
    return { wait, stoppedEpoch, best, bestEpoch, bestWeights };
  }

  override setState(state: CallbackState): void {
    this.wait = state.wait as number;
    this.stoppedEpoch = state.stoppedEpoch as number;
    this.best = state.best as number | null;
    this.bestEpoch = state.bestEpoch as number;
    this.bestWeights = state.bestWeights as readonly Tensor[] | null;
  }
}
