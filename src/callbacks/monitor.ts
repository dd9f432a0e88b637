import { type Direction, directionOf } from "../metrics/direction.js";
import type { Figure } from "../metrics/figure.js";
import { Callback, type Logs } from "./callback.js";

export type MonitorMode = "auto" | "min" | "max";

export interface MonitorOptions {
  /** The figure to watch. Default `"val_loss"`. */
  readonly monitor?: string;
  /**
   * Whether smaller (`"min"`) or larger (`"max"`) is better. Default `"auto"`: what the metric itself says; the loss should
   * get smaller.
   */
  readonly mode?: MonitorMode;
}

/** Watches a figure for improvements. */
export abstract class MonitorCallback extends Callback {
  readonly monitor: string;
  readonly mode: MonitorMode;
  readonly minDelta: number;
  /** The best figure so far; null before the first. */
  best: number | null;
  #direction: Direction | undefined;

  constructor(options: MonitorOptions, best: number | null, minDelta = 0) {
    super();
    this.monitor = options.monitor ?? "val_loss";
    let mode = options.mode ?? "auto";
    if (mode !== "auto" && mode !== "min" && mode !== "max") {
      console.warn(
        `${(this.constructor as typeof Callback).className} mode '${String(mode)}' is unknown, fallback to auto mode.`,
      );
      mode = "auto";
    }
    this.mode = mode;
    this.best = best;
    this.minDelta = Math.abs(minDelta);
  }

  /** @throws if the mode is `"auto"` and nobody knows whether the figure should be large or small */
  protected get direction(): Direction {
    this.#direction ??= this.#findDirection();
    return this.#direction;
  }

  #findDirection(): Direction {
    if (this.mode !== "auto") return this.mode === "max" ? "up" : "down";
    const name = this.monitor.replace(/^val_/, "");
    const metric = this.model.metrics.find((candidate) => candidate.name === name);
    const direction = (metric && directionOf(metric)) ?? (name === "loss" ? "down" : undefined);
    if (direction) return direction;
    throw new Error(
      `${(this.constructor as typeof Callback).className} callback received monitor=${this.monitor}, but Keras isn't able to automatically determine whether that metric should be maximized or minimized. ` +
        "Pass `mode: 'max'` in order to monitor based on the highest metric value, or pass `mode: 'min'` in order to use the lowest value.",
    );
  }

  /**
   * The figure to watch; undefined if there is none.
   * @throws if it is several
   */
  protected watched(logs: Logs<Figure>): number | undefined {
    const figure = logs[this.monitor];
    if (figure === undefined || typeof figure === "number") return figure;
    throw new Error(
      `${(this.constructor as typeof Callback).className} callback received monitor=${this.monitor}, a metric that gives ${figure.length} figures, of which none is the one to watch. ` +
        'Monitor a metric that gives one, for instance F1Score({ average: "macro" }).',
    );
  }

  /** Whether a figure is better than another by more than `minDelta`; every figure is better than none. */
  protected isImprovement(value: number, reference: number | null): boolean {
    if (reference === null) return true;
    // compared as float32, as Keras does
    return this.direction === "up"
      ? Math.fround(value - this.minDelta) > Math.fround(reference)
      : Math.fround(value + this.minDelta) < Math.fround(reference);
  }
}
