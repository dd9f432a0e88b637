import { platform } from "#platform";
import type { Figure } from "../../metrics/figure.js";
import { Callback, type CallbackState, type Logs, type Phase } from "../callback.js";
import { EventFile } from "./eventFile.js";
import { histogramSummary, imageSummary, modelSummary, scalarSummary } from "./summaries.js";

export interface TensorBoardOptions {
  /** Epochs between two histograms of the weights; 0 (the default): none. */
  readonly histogramFreq?: number;
  /** Whether the layers are written, for the graph of the model. Default true. */
  readonly writeGraph?: boolean;
  /** Whether weights are also written as pictures, where histograms are. Default false. */
  readonly writeImages?: boolean;
  /** Whether the speed of training is written. Default false. */
  readonly writeStepsPerSecond?: boolean;
  /** `"epoch"` (the default): figures of epochs only; `"batch"` or a number: also after each step, or every so many. */
  readonly updateFreq?: "epoch" | "batch" | number;
}

/** So many events of single steps are written at a time. */
const EVENTS_PER_FLUSH = 100;

/**
 * Writes event files for TensorBoard (`tensorboard --logdir logs`): figures of epochs and steps, the learning rate, histograms
 * and pictures of weights, the graph of layers. Training is in the folder `train`, validation in `validation`.
 *
 * @see https://keras.io/api/callbacks/tensorboard/
 */
export class TensorBoard extends Callback {
  static override readonly className = "TensorBoard";
  readonly logDir: string;
  readonly histogramFreq: number;
  readonly writeGraph: boolean;
  readonly writeImages: boolean;
  readonly writeStepsPerSecond: boolean;
  readonly updateFreq: "epoch" | number;
  #train!: EventFile;
  #validation!: EventFile;
  /** Steps since training began. */
  #trainSteps = 0;
  #lastBatch = -1;
  #stepsAtEpoch = 0;
  #epochStart = 0;
  #callStart = 0;

  /** @param logDir the folder, which no other callback should use. Default `"logs"` */
  constructor(logDir = "logs", options: TensorBoardOptions = {}) {
    super();
    this.logDir = logDir;
    const { histogramFreq = 0, updateFreq = "epoch" } = options;
    if (!(Number.isInteger(histogramFreq) && histogramFreq >= 0)) {
      throw new Error(
        `TensorBoard: Expected \`histogramFreq\` to be an integer of at least 0. Received: histogramFreq=${String(histogramFreq)}`,
      );
    }
    if (
      updateFreq !== "epoch" &&
      updateFreq !== "batch" &&
      !(Number.isInteger(updateFreq) && updateFreq > 0)
    ) {
      throw new Error(
        `TensorBoard: Expected \`updateFreq\` to be "epoch", "batch" or a positive integer. Received: updateFreq=${String(updateFreq)}`,
      );
    }
    this.histogramFreq = histogramFreq;
    this.updateFreq = updateFreq === "batch" ? 1 : updateFreq;
    this.writeGraph = options.writeGraph ?? true;
    this.writeImages = options.writeImages ?? false;
    this.writeStepsPerSecond = options.writeStepsPerSecond ?? false;
  }

  override setModel(model: Callback["model"]): void {
    super.setModel(model);
    this.#train = new EventFile(platform.joinPath(this.logDir, "train"));
    this.#validation = new EventFile(platform.joinPath(this.logDir, "validation"));
    if (!this.writeGraph) return;
    try {
      this.#train.add({ wallTime: platform.now(), step: 0, summary: modelSummary(model.toJSON()) });
    } catch (error) {
      console.warn(`Model failed to serialize as JSON. Ignoring... ${String(error)}`);
    }
  }

  override stepsUntilCall(phase: Phase): number {
    if (phase !== "train" || this.updateFreq === "epoch") return Number.POSITIVE_INFINITY;
    return this.updateFreq - (this.#trainSteps % this.updateFreq);
  }

  readonly #leftOut = new Set<string>();
  #scalars(file: EventFile, step: number, figures: Readonly<Logs<Figure>>): void {
    for (const [name, value] of Object.entries(figures)) {
      if (typeof value === "number")
        file.add({ wallTime: platform.now(), step, summary: scalarSummary(name, value) });
      else if (!this.#leftOut.has(name)) {
        this.#leftOut.add(name);
        console.warn(`TensorBoard: '${name}' gives several figures, and a scalar is one: it is left out.`);
      }
    }
  }

  override onTrainBegin(): void {
    this.#trainSteps = 0;
  }

  override onTrainEnd(): Promise<void> {
    return this.#flush();
  }

  override onEpochBegin(): void {
    this.#lastBatch = -1;
    this.#stepsAtEpoch = this.#trainSteps;
    this.#epochStart = platform.now();
  }

  override onTrainBatchBegin(): void {
    this.#callStart = platform.now();
  }

  override onTrainBatchEnd(batch: number, logs: Logs = {}): void | Promise<void> {
    const steps = batch - this.#lastBatch;
    this.#lastBatch = batch;
    this.#trainSteps += steps;
    if (this.updateFreq === "epoch" || this.#trainSteps % this.updateFreq !== 0) return;
    if (this.writeStepsPerSecond) {
      const speed = steps / (platform.now() - this.#callStart);
      this.#scalars(this.#train, this.#trainSteps, { batch_steps_per_second: speed });
    }
    this.#scalars(this.#train, this.#trainSteps, prefixed("batch_", logs));
    if (this.#train.pending >= EVENTS_PER_FLUSH) return this.#train.flush();
  }

  override onTestEnd(logs: Logs = {}): Promise<void> {
    const { optimizer } = this.model;
    if (optimizer) {
      const figures = Object.fromEntries(
        Object.entries(logs).map(([name, value]) => [`evaluation_${name}_vs_iterations`, value]),
      );
      this.#scalars(this.#validation, optimizer.iterations.value.item(), figures);
    }
    return this.#flush();
  }

  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    const train: Record<string, number> = {};
    const validation: Record<string, number> = {};
    for (const [name, value] of Object.entries(logs)) {
      if (name.startsWith("val_")) validation[name.slice("val_".length)] = value;
      else train[name] = value;
    }
    if (this.model.optimizer) train.learning_rate = this.model.optimizer.learningRate;
    if (this.writeStepsPerSecond)
      train.steps_per_second = (this.#trainSteps - this.#stepsAtEpoch) / (platform.now() - this.#epochStart);
    this.#scalars(this.#train, epoch, prefixed("epoch_", train));
    this.#scalars(this.#validation, epoch, prefixed("epoch_", validation));
    if (this.histogramFreq > 0 && epoch % this.histogramFreq === 0) await this.#addWeights(epoch);
    await this.#flush();
  }

  async #addWeights(epoch: number): Promise<void> {
    for (const { path, value } of this.model.layers.flatMap((layer) => layer.weights)) {
      const wallTime = platform.now();
      this.#train.add({ wallTime, step: epoch, summary: histogramSummary(`${path}/histogram`, value) });
      const picture = this.writeImages && (await imageSummary(`${path}/image`, value));
      if (picture) this.#train.add({ wallTime, step: epoch, summary: picture });
    }
  }

  async #flush(): Promise<void> {
    await this.#train.flush();
    await this.#validation.flush();
  }

  override getState(): CallbackState {
    return { trainSteps: this.#trainSteps, lastBatch: this.#lastBatch };
  }

  override setState(state: CallbackState): void {
    this.#trainSteps = state.trainSteps as number;
    this.#lastBatch = state.lastBatch as number;
  }
}

function prefixed(prefix: string, figures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${prefix}${name}`, value]));
}
