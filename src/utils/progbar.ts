import { platform } from "#platform";
import { type Figure, meanFigure } from "./figure.js";
import { formatExponent, formatFixed } from "./pythonFormat.js";

/** What a {@link Progbar} shows: nothing (0), a moving bar (1), or one line at the end (2). */
export type ProgbarVerbosity = 0 | 1 | 2;

/** Options of {@link Progbar}. */
export interface ProgbarOptions {
  /** Width of the bar in characters. Default 20. */
  readonly width?: number;
  /** 0 silent, 1 bar, 2 one line when finished. Default 1. */
  readonly verbose?: ProgbarVerbosity;
  /** Least time in seconds between two updates that are shown. Default 0.05. */
  readonly interval?: number;
  /** Names whose values are shown as they are; all others are averaged over the steps. Default none. */
  readonly statefulMetrics?: Iterable<string>;
  /** Names whose values are averaged over the steps; all others are shown as they are. */
  readonly statelessMetrics?: Iterable<string>;
  /** What one unit of progress is called. Default `"step"`. */
  readonly unitName?: string;
  /** The time in seconds, from any fixed point. Default: the platform's clock. */
  readonly clock?: () => number;
  /** Receives the text. Default: standard output in Node, the console in browsers. */
  readonly write?: (text: string) => void;
  /**
   * Whether an update replaces the one before (backspaces and a carriage return) or starts a new line.
   * Default: as Keras, true everywhere but on Windows without a terminal.
   */
  readonly dynamicDisplay?: boolean;
}

const BOLD = "\x1b[1m";
const GREEN = "\x1b[32m";
const WHITE = "\x1b[37m";
const RESET = "\x1b[0m";
const ESCAPE_CODES = /\x1b\[\d+m/g;

/** A sum of values and the number of steps it stands for. */
interface RunningMean {
  sum: number;
  count: number;
}

/**
 * A progress bar, character for character Keras's.
 *
 * When neither `statefulMetrics` nor `statelessMetrics` is given, every value is averaged over the steps.
 * Batch logs of `fit` are averages already: the training loop passes `statelessMetrics: []`.
 *
 * @see https://keras.io/api/utils/python_utils/#progbar-class
 */
export class Progbar {
  /** Number of steps expected, or `null` while unknown. May be set as soon as it is known. */
  target: number | null;

  readonly #width: number;
  readonly #verbose: ProgbarVerbosity;
  readonly #interval: number;
  readonly #unitName: string;
  readonly #isAveraged: (name: string) => boolean;
  readonly #clock: () => number;
  readonly #write: (text: string) => void;
  readonly #dynamicDisplay: boolean;

  readonly #values = new Map<string, RunningMean>();
  readonly #start: number;
  #seenSoFar = 0;
  /** So that the first update is shown wherever the clock begins. */
  #lastUpdate = Number.NEGATIVE_INFINITY;
  #timeAfterFirstStep: number | null = null;
  #previousWidth = 0;

  /**
   * The clock starts here.
   *
   * @param target - Number of steps expected, `null` if unknown.
   * @param options - See {@link ProgbarOptions}.
   * @throws Error - When both `statefulMetrics` and `statelessMetrics` are given.
   */
  constructor(target: number | null, options: ProgbarOptions = {}) {
    if (options.statefulMetrics !== undefined && options.statelessMetrics !== undefined) {
      throw new Error(
        "Only one of `statefulMetrics` or `statelessMetrics` can be provided. `statefulMetrics` names the " +
          "values that are shown as they are and averages all others; `statelessMetrics` names the values " +
          "that are averaged and shows all others as they are.",
      );
    }
    this.target = target;
    this.#width = options.width ?? 20;
    this.#verbose = options.verbose ?? 1;
    this.#interval = options.interval ?? 0.05;
    this.#unitName = options.unitName ?? "step";
    if (options.statelessMetrics !== undefined) {
      const averaged = new Set(options.statelessMetrics);
      this.#isAveraged = (name) => averaged.has(name);
    } else {
      const asTheyAre = new Set(options.statefulMetrics ?? []);
      this.#isAveraged = (name) => !asTheyAre.has(name);
    }
    this.#clock = options.clock ?? (() => platform.now());
    this.#write = options.write ?? ((text) => platform.write(text));
    this.#dynamicDisplay = options.dynamicDisplay ?? (!platform.isWindows() || platform.isTerminal());
    this.#start = this.#clock();
  }

  /**
   * Tells the bar where the work stands and shows it, if enough time has passed since it was last shown.
   *
   * @param current - Steps done so far.
   * @param values - Names and values of the last step, shown in the order of their first appearance.
   * @param finalize - Whether this is the last update. Default: whether `current` has reached the target.
   */
  update(current: number, values: Iterable<readonly [string, Figure]> = [], finalize?: boolean): void {
    const last = finalize ?? (this.target !== null && current >= this.target);
    this.#record(current, values, last);
    const now = this.#clock();
    const timePerUnit = this.#estimateStepDuration(current, now);
    if (this.#verbose === 1) {
      if (now - this.#lastUpdate < this.#interval && !last) return;
      this.#write(this.#bar(current, now, timePerUnit, last));
    } else if (this.#verbose === 2 && last && this.target !== null && this.target > 0) {
      const seconds = formatFixed(now - this.#start, 0);
      const progress = `${this.#count(current, this.target)} - ${seconds}s`;
      // Keras compares the value itself here, not its magnitude: negative values get an exponent.
      const metrics = this.#metrics((value) => value > 1e-3);
      this.#write(`${progress} - ${this.#perUnit(timePerUnit)}${metrics}\n`);
    }
    this.#lastUpdate = now;
  }

  /**
   * Moves the bar on.
   *
   * @param steps - Steps done since the last update.
   * @param values - As in {@link Progbar.update}.
   */
  add(steps: number, values: Iterable<readonly [string, Figure]> = []): void {
    this.update(this.#seenSoFar + steps, values);
  }

  #record(current: number, values: Iterable<readonly [string, Figure]>, last: boolean): void {
    for (const [name, figure] of values) {
      const value = meanFigure(figure);
      const mean = this.#values.get(name);
      if (last || !this.#isAveraged(name)) {
        this.#values.set(name, { sum: value, count: 1 });
      } else {
        const steps = Math.max(current - this.#seenSoFar, 1);
        if (mean === undefined) {
          this.#values.set(name, { sum: value * steps, count: steps });
        } else {
          mean.sum += value * steps;
          mean.count += steps;
        }
      }
    }
    this.#seenSoFar = current;
  }

  /** Seconds per step, without the first one (which compiles) as soon as there are others. */
  #estimateStepDuration(current: number, now: number): number {
    if (current === 0) return 0;
    const duration =
      this.#timeAfterFirstStep !== null && current > 1
        ? (now - this.#timeAfterFirstStep) / (current - 1)
        : (now - this.#start) / current;
    if (current === 1) this.#timeAfterFirstStep = now;
    return duration;
  }

  #bar(current: number, now: number, timePerUnit: number, last: boolean): string {
    const target = this.target !== null && this.target > 0 ? this.target : null;
    let text: string;
    if (target === null) {
      text = `${String(Math.trunc(current)).padStart(7)}/Unknown`;
    } else {
      const done = Math.trunc(this.#width * (current / target));
      text = `${BOLD}${this.#count(current, target)}${RESET} `;
      if (done > 0) text += `${GREEN}${"━".repeat(done)}${RESET}`;
      text += `${WHITE}${"━".repeat(Math.max(0, this.#width - done))}${RESET}`;
    }
    const time =
      target === null || last
        ? `${formatFixed(now - this.#start, 0)}s`
        : remainingTime(timePerUnit * (target - current));
    const metrics = this.#metrics((value) => Math.abs(value) > 1e-3);
    text += ` ${BOLD}${time}${RESET} ${this.#perUnit(timePerUnit)}${metrics}`;

    const width = [...text.replace(ESCAPE_CODES, "")].length;
    const back = this.#dynamicDisplay ? `${"\b".repeat(this.#previousWidth)}\r` : "\n";
    const blanks = " ".repeat(Math.max(0, this.#previousWidth - width));
    this.#previousWidth = width;
    return `${back}${text}${blanks}${last ? "\n" : ""}`;
  }

  #count(current: number, target: number): string {
    const whole = String(Math.trunc(target));
    return `${String(Math.trunc(current)).padStart(whole.length)}/${whole}`;
  }

  #perUnit(seconds: number): string {
    if (seconds >= 1 || seconds === 0) return `${formatFixed(seconds, 0)}s/${this.#unitName}`;
    if (seconds >= 1e-3) return `${formatFixed(seconds * 1000, 0)}ms/${this.#unitName}`;
    return `${formatFixed(seconds * 1000000, 0)}us/${this.#unitName}`;
  }

  #metrics(isFixed: (value: number) => boolean): string {
    let text = "";
    for (const [name, { sum, count }] of this.#values) {
      const value = sum / Math.max(1, count);
      text += ` - ${name}: ${isFixed(value) ? formatFixed(value, 4) : formatExponent(value, 4)}`;
    }
    return text;
  }
}

function remainingTime(seconds: number): string {
  const twoDigits = (value: number): string => String(Math.trunc(value)).padStart(2, "0");
  if (seconds > 3600) {
    const minutes = Math.floor((seconds % 3600) / 60);
    return `${Math.floor(seconds / 3600)}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}`;
  }
  if (seconds > 60) return `${Math.floor(seconds / 60)}:${twoDigits(seconds % 60)}`;
  return `${Math.trunc(seconds)}s`;
}
