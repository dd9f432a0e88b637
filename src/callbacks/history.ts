import type { Json } from "../utils/serialization.js";
import { Callback, type CallbackState, type Logs } from "./callback.js";

/** What `fit` returns: the figures of each epoch. @see https://keras.io/api/callbacks/ */
export class History extends Callback {
  static override readonly className = "History";
  /** By name: `accuracy`, `loss`, `val_accuracy`, `val_loss`, …, one number an epoch; nested arrays where a metric gives several. */
  history: Record<string, number[]> = {};
  epoch: number[] = [];

  override onTrainBegin(): void {
    this.epoch = [];
    this.history = {};
  }

  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    this.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) {
      this.history[name] ??= [];
      this.history[name].push(value);
    }
  }

  override getState(): CallbackState {
    return { epoch: this.epoch, history: this.history };
  }

  override setState({ epoch, history }: CallbackState): void {
    this.epoch = [...(epoch as number[])];
    this.history = structuredClone(history as Record<string, Json>) as Record<string, number[]>;
  }
}
