import { platform } from "#platform";
import { Progbar, type ProgbarOptions } from "../utils/progbar.js";
import { Callback, type Logs } from "./callback.js";

/** Prints progress as Keras does. Added by itself unless `verbose` is 0. */
export class ProgbarLogger extends Callback {
  static override readonly className = "ProgbarLogger";
  readonly #options: ProgbarOptions;
  #progbar: Progbar | undefined;
  #seen = 0;
  #inFit = false;

  /** @param options for tests: clock, output and so on */
  constructor(options: ProgbarOptions = {}) {
    super();
    this.#options = options;
  }

  /** It shows where training stands and need not see every step. */
  override stepsUntilCall(): number {
    return Number.POSITIVE_INFINITY;
  }

  #start(): void {
    this.#seen = 0;
    const { steps, verbose } = this.params;
    this.#progbar = new Progbar(steps, { verbose, unitName: "step", statelessMetrics: [], ...this.#options });
  }

  #write(text: string): void {
    (this.#options.write ?? platform.write)(text);
  }

  #update(batch: number, logs: Logs): void {
    this.#seen = batch + 1;
    if (this.params.verbose === 1) this.#progbar?.update(this.#seen, Object.entries(logs), false);
  }

  #finish(logs: Logs): void {
    if (!this.#progbar) return;
    if (this.#progbar.target === null) this.#progbar.target = this.#seen;
    this.#progbar.update(this.#progbar.target, Object.entries(logs), true);
  }

  override onTrainBegin(): void {
    this.#inFit = true;
  }
  override onEpochBegin(epoch: number): void {
    const { verbose, epochs } = this.params;
    if (verbose && epochs > 1) this.#write(`Epoch ${epoch + 1}/${epochs}\n`);
    this.#start();
  }
  override onTrainBatchEnd(batch: number, logs: Logs = {}): void {
    this.#update(batch, logs);
  }
  override onEpochEnd(_epoch: number, logs: Logs = {}): void {
    this.#finish(logs);
  }
  override onTrainEnd(): void {
    this.#inFit = false;
  }
  override onTestBegin(): void {
    if (!this.#inFit) this.#start();
  }
  override onTestBatchEnd(batch: number, logs: Logs = {}): void {
    if (!this.#inFit) this.#update(batch, logs);
  }
  override onTestEnd(logs: Logs = {}): void {
    if (!this.#inFit) this.#finish(logs);
  }
  override onPredictBegin(): void {
    this.#start();
  }
  override onPredictBatchEnd(batch: number): void {
    this.#update(batch, {});
  }
  override onPredictEnd(): void {
    this.#finish({});
  }
}
