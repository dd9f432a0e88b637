import { platform } from "#platform";
import type { Figure } from "../metrics/figure.js";
import { formatFixed } from "../utils/pythonFormat.js";
import { formatTemplate, type TemplateValue, UnknownField } from "../utils/pythonTemplate.js";
import type { CallbackState, Logs, Phase } from "./callback.js";
import { makeFolderFor } from "./folder.js";
import { MonitorCallback, type MonitorOptions } from "./monitor.js";

export interface ModelCheckpointOptions extends MonitorOptions {
  /** 1: says when a model is saved. Default 0. */
  readonly verbose?: 0 | 1;
  /** Whether only models are saved that are better than all before. Default false. */
  readonly saveBestOnly?: boolean;
  /** Whether only weights are saved, with the optimizer's state (`.weights.h5`), instead of the model. Default false. */
  readonly saveWeightsOnly?: boolean;
  /** `"epoch"` (the default), or a number of steps between two files. */
  readonly saveFreq?: "epoch" | number;
  /** A figure that the first saved model must beat, with `saveBestOnly`. Default none. */
  readonly initialValueThreshold?: number | null;
}

/**
 * Saves the model in each epoch, or every so many steps, or when it is the best so far.
 *
 * ```ts
 * new ModelCheckpoint("runs/{epoch:02d}-{val_loss:.2f}.keras", { saveBestOnly: true })
 * ```
 *
 * Names in braces are filled in as Python's `str.format` does: `epoch` (from 1), `batch` (from 1, where files are written in the
 * middle of epochs) and the figures. Folders are made; each file is replaced as a whole.
 *
 * @see https://keras.io/api/callbacks/model_checkpoint/
 */
export class ModelCheckpoint extends MonitorCallback {
  static override readonly className = "ModelCheckpoint";
  readonly filepath: string;
  readonly verbose: 0 | 1;
  readonly saveBestOnly: boolean;
  readonly saveWeightsOnly: boolean;
  readonly saveFreq: "epoch" | number;
  #epoch = 0;
  #stepsSinceSaving = 0;
  #lastBatch: number | null = null;

  /** @throws if `filepath` has another ending than `.keras` (weights only: `.weights.h5`), or `saveFreq` is no frequency */
  constructor(filepath: string, options: ModelCheckpointOptions = {}) {
    super(options, options.initialValueThreshold ?? null);
    this.filepath = filepath;
    this.verbose = options.verbose ?? 0;
    this.saveBestOnly = options.saveBestOnly ?? false;
    this.saveWeightsOnly = options.saveWeightsOnly ?? false;
    this.saveFreq = options.saveFreq ?? "epoch";
    if (this.saveFreq !== "epoch" && !(Number.isInteger(this.saveFreq) && this.saveFreq > 0)) {
      throw new Error(
        `Unrecognized saveFreq: ${String(this.saveFreq)}. Expected saveFreq are "epoch" or positive integers.`,
      );
    }
    if (this.saveWeightsOnly && !filepath.endsWith(".weights.h5")) {
      throw new Error(
        `When using \`saveWeightsOnly: true\` in \`ModelCheckpoint\`, the filepath provided must end in \`.weights.h5\` (Keras weights format). Received: filepath=${filepath}`,
      );
    }
    if (!this.saveWeightsOnly && !filepath.endsWith(".keras")) {
      throw new Error(
        `The filepath provided must end in \`.keras\` (Keras model format). Received: filepath=${filepath}`,
      );
    }
  }

  override stepsUntilCall(phase: Phase): number {
    return phase === "train" && this.saveFreq !== "epoch"
      ? Math.max(1, this.saveFreq - this.#stepsSinceSaving)
      : Number.POSITIVE_INFINITY;
  }

  override onEpochBegin(epoch: number): void {
    this.#epoch = epoch;
  }

  override async onTrainBatchEnd(batch: number, logs: Logs = {}): Promise<void> {
    if (this.saveFreq === "epoch") return;
    // a smaller number than the last: a new epoch
    const from = this.#lastBatch === null || batch <= this.#lastBatch ? -1 : this.#lastBatch;
    this.#stepsSinceSaving += batch - from;
    this.#lastBatch = batch;
    if (this.#stepsSinceSaving < this.saveFreq) return;
    this.#stepsSinceSaving = 0;
    await this.#save(this.#epoch, batch, logs);
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    // so that a figure of unknown direction is refused at the first epoch
    void this.direction;
    if (this.saveFreq === "epoch") await this.#save(epoch, null, logs);
  }

  async #save(epoch: number, batch: number | null, logs: Logs): Promise<void> {
    const filepath = this.#pathFor(epoch, batch, logs);
    if (!this.#shouldSave(epoch, logs, filepath)) return;
    await makeFolderFor(filepath);
    if (this.saveWeightsOnly) await this.model.saveWeights(filepath);
    else await this.model.save(filepath);
    this.#say(epoch, `finished saving model to ${filepath}`);
  }

  #pathFor(epoch: number, batch: number | null, logs: Logs<Figure>): string {
    const values: Record<string, TemplateValue> = { epoch: { integer: epoch + 1 } };
    if (batch !== null) values.batch = { integer: batch + 1 };
    for (const [name, figure] of Object.entries(logs)) if (typeof figure === "number") values[name] = figure;
    try {
      return formatTemplate(this.filepath, values);
    } catch (error) {
      if (!(error instanceof UnknownField)) throw error;
      throw new Error(
        `Failed to format this callback filepath: "${this.filepath}". Reason: ${error.message}. Available are: ${Object.keys(values).join(", ")}.`,
      );
    }
  }

  #shouldSave(epoch: number, logs: Logs<Figure>, filepath: string): boolean {
    if (!this.saveBestOnly) {
      this.#say(epoch, `saving model to ${filepath}`);
      return true;
    }
    const { monitor, best } = this;
    const current: Figure | undefined = logs[monitor];
    if (current !== undefined && typeof current !== "number") {
      console.warn(
        `Can save best model only when \`monitor\` is a scalar value. Received: ${JSON.stringify(current)}. Falling back to \`saveBestOnly: false\`.`,
      );
      return true;
    }
    if (current === undefined) {
      console.warn(`Can save best model only with ${monitor} available.`);
      return true;
    }
    const before = best === null ? "None" : formatFixed(best, 5);
    if (!this.isImprovement(current, best)) {
      this.#say(epoch, `${monitor} did not improve from ${before}`);
      return false;
    }
    this.#say(
      epoch,
      `${monitor} improved from ${before} to ${formatFixed(current, 5)}, saving model to ${filepath}`,
    );
    this.best = current;
    return true;
  }

  #say(epoch: number, message: string): void {
    if (this.verbose > 0) platform.write(`\nEpoch ${epoch + 1}: ${message}\n`);
  }

  override getState(): CallbackState {
    return { best: this.best, stepsSinceSaving: this.#stepsSinceSaving, lastBatch: this.#lastBatch };
  }

  override setState(state: CallbackState): void {
    this.best = state.best as number | null;
    this.#stepsSinceSaving = state.stepsSinceSaving as number;
    this.#lastBatch = state.lastBatch as number | null;
  }
}
