import { platform } from "#platform";
import { floatRepr } from "../utils/pythonFormat.js";
import type { CallbackState, Logs } from "./callback.js";
import { learningRateOf } from "./learningRateScheduler.js";
import { MonitorCallback, type MonitorOptions } from "./monitor.js";

export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** The learning rate becomes `learningRate · factor`; below 1. Default 0.1. */
  readonly factor?: number;
  /** Epochs without improvement to wait. Default 10. */
  readonly patience?: number;
  /** 1: says when the learning rate changes. Default 0. */
  readonly verbose?: 0 | 1;
  /** Smaller changes do not count as improvements. Default 1e-4. */
  readonly minDelta?: number;
  /** Epochs to wait after a reduction before watching goes on. Default 0. */
  readonly cooldown?: number;
  /** The learning rate never gets below this. Default 0. */
  readonly minLr?: number;
}

/**
 * Makes the learning rate smaller when a figure no longer improves.
 * @see https://keras.io/api/callbacks/reduce_lr_on_plateau/
 */
export class ReduceLROnPlateau extends MonitorCallback {
  static override readonly className = "ReduceLROnPlateau";
  readonly factor: number;
  readonly patience: number;
  readonly verbose: 0 | 1;
  readonly cooldown: number;
  readonly minLr: number;
  /** Epochs of cooldown that are left. */
  cooldownCounter = 0;
  /** Epochs since the last improvement. */
  wait = 0;

  /** @throws if `factor` is not below 1 */
  constructor(options: ReduceLROnPlateauOptions = {}) {
    super(options, null, options.minDelta ?? 1e-4);
    this.factor = options.factor ?? 0.1;
    if (!(this.factor < 1)) {
      throw new Error(
        `ReduceLROnPlateau does not support a factor >= 1.0. Received factor=${String(this.factor)}`,
      );
    }
    this.patience = options.patience ?? 10;
    this.verbose = options.verbose ?? 0;
    this.cooldown = options.cooldown ?? 0;
    this.minLr = options.minLr ?? 0;
  }

  override onTrainBegin(): void {
    this.best = null;
    this.cooldownCounter = 0;
    this.wait = 0;
  }

  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    void this.direction;
    logs.learning_rate = learningRateOf(this.model);
    const current = this.watched(logs);
    if (current === undefined) {
      console.warn(
        `Learning rate reduction is conditioned on metric \`${this.monitor}\` which is not available. Available metrics are: ${Object.keys(logs).join(",")}.`,
      );
      return;
    }
    if (this.inCooldown) {
      this.cooldownCounter--;
      this.wait = 0;
    }
    if (this.isImprovement(current, this.best)) {
      this.best = current;
      this.wait = 0;
    } else if (!this.inCooldown) {
      this.wait++;
      if (this.wait >= this.patience && this.#reduce(epoch)) {
        this.cooldownCounter = this.cooldown;
        this.wait = 0;
      }
    }
  }

  get inCooldown(): boolean {
    return this.cooldownCounter > 0;
  }

  #reduce(epoch: number): boolean {
    const { optimizer } = this.model;
    const old = learningRateOf(this.model);
    if (!optimizer || !(old > Math.fround(this.minLr))) return false;
    const next = Math.max(old * this.factor, this.minLr);
    optimizer.learningRate = next;
    if (this.verbose > 0) {
      platform.write(
        `\nEpoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${floatRepr(next)}.\n`,
      );
    }
    return true;
  }

  override getState(): CallbackState {
    const { best, wait, cooldownCounter } = this;
    return { best, wait, cooldownCounter };
  }

  override setState(state: CallbackState): void {
    this.best = state.best as number | null;
    this.wait = state.wait as number;
    this.cooldownCounter = state.cooldownCounter as number;
  }
}
