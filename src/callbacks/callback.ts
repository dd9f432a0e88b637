import type { Layer } from "../layers/layer.js";
import type { Figure } from "../metrics/figure.js";
import type { Metric } from "../metrics/metric.js";
import type { Structure } from "../ops/structure.js";
import type { Tensor } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";
import type { Optimizer } from "../optimizers/index.js";
import type { Json } from "../utils/serialization.js";

/**
 * Figures by name; running means over the epoch so far. All callbacks of a run share the object, so that one may add figures
 * for those after it, as `LearningRateScheduler` does for `History`.
 *
 * Numbers, unless a metric gives several figures (F1Score with `average: null`): such a program says `Logs<Figure>`.
 */
export type Logs<F extends Figure = number> = Record<string, F>;

/** What `onPredictBatchEnd` is given. */
export interface PredictLogs {
  /** The model's outputs for the batch. */
  readonly outputs: Structure<Tensor>;
}

/** Where a run of `fit` stands. */
export interface TrainingPosition {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** Steps of this epoch that are done. */
  readonly step: number;
  /** Steps of this pass over the samples that are done; differs from `step` where `stepsPerEpoch` is given. */
  readonly passStep: number;
  /** Where the shuffling stream stood before this pass was shuffled; null if samples come in their order. */
  readonly shuffleState: Uint32Array | null;
  /** Whether `stopTraining` was set. */
  readonly stopped: boolean;
}

/** What callbacks may use of a model. */
export interface CallbackModel {
  readonly name: string;
  /** Set to true to end training after the current step. */
  stopTraining: boolean;
  readonly layers: readonly Layer[];
  readonly optimizer: Optimizer | undefined;
  /** The loss tracker, then the compiled metrics. */
  readonly metrics: readonly Metric[];
  readonly weights: Variable[];
  /** `weights` and the states of random generators. */
  readonly variables: Variable[];
  getWeights(): Tensor[];
  setWeights(values: readonly Tensor[]): void;
  /** The configuration as JSON. */
  toJSON(): string;
  /** Writes a `.keras` file. */
  save(path: string): Promise<void>;
  /** Writes a `.weights.h5` file. */
  saveWeights(path: string): Promise<void>;
  /** In hooks of `fit`: where training stands, and from where it would go on. */
  readonly trainingPosition: TrainingPosition;
  /** In `onTrainBegin`: makes `fit` start there instead of at `initialEpoch`. */
  resumeTraining(position: TrainingPosition): void;
}

/** What a run consists of. */
export interface CallbackParams {
  readonly epochs: number;
  /** Steps in an epoch; null if unknown. */
  readonly steps: number | null;
  readonly verbose: 0 | 1 | 2;
}

/** What a callback remembers between hooks: plain values and tensors. */
export type CallbackState = { readonly [name: string]: Json | Tensor | readonly Tensor[] };

/** The kinds of steps. */
export type Phase = "train" | "test" | "predict";

/**
 * Is told what happens while a model is trained, evaluated or predicts. Override what is needed.
 *
 * A callback with a batch method sees every step (and reads the figures back after each); without one many steps run in
 * one call.
 *
 * @see https://keras.io/api/callbacks/base_callback/
 */
export class Callback {
  static readonly className: string = "Callback";
  /** The model, once training has started. */
  model!: CallbackModel;
  params!: CallbackParams;

  setModel(model: CallbackModel): void {
    this.model = model;
  }
  setParams(params: CallbackParams): void {
    this.params = params;
  }
  /** Is given all callbacks of the run, in the order in which they are called. */
  setCallbacks(_callbacks: readonly Callback[]): void {}
  /** Whether it is called after all other callbacks, wherever it stands. */
  get runsLast(): boolean {
    return false;
  }

  onTrainBegin(_logs?: Logs): void | Promise<void> {}
  onTrainEnd(_logs?: Logs): void | Promise<void> {}
  onEpochBegin(_epoch: number, _logs?: Logs): void | Promise<void> {}
  onEpochEnd(_epoch: number, _logs?: Logs): void | Promise<void> {}
  onTrainBatchBegin(_batch: number, _logs?: Logs): void | Promise<void> {}
  onTrainBatchEnd(_batch: number, _logs?: Logs): void | Promise<void> {}
  onTestBegin(_logs?: Logs): void | Promise<void> {}
  onTestEnd(_logs?: Logs): void | Promise<void> {}
  onTestBatchBegin(_batch: number, _logs?: Logs): void | Promise<void> {}
  onTestBatchEnd(_batch: number, _logs?: Logs): void | Promise<void> {}
  onPredictBegin(_logs?: Logs): void | Promise<void> {}
  onPredictEnd(_logs?: Logs): void | Promise<void> {}
  onPredictBatchBegin(_batch: number, _logs?: Logs): void | Promise<void> {}
  onPredictBatchEnd(_batch: number, _logs?: PredictLogs): void | Promise<void> {}

  /**
   * How many steps, from `batch` on, may run in one call before this callback hears of them. Default: one if it has batch
   * methods for this phase, else any number.
   */
  stepsUntilCall(phase: Phase, _batch: number): number {
    return hasBatchMethods(this, phase) ? 1 : Number.POSITIVE_INFINITY;
  }

  /** What a later run needs so that this callback goes on as if there had been no break; null (the default) if nothing. */
  getState(): CallbackState | null {
    return null;
  }
  /** Takes up what `getState` gave; called after `onTrainBegin`. */
  setState(_state: CallbackState): void {}
}

type Hook = { [K in keyof Callback]: K extends `on${string}` ? K : never }[keyof Callback];
type IndexedHook = "onEpochBegin" | "onEpochEnd" | Extract<Hook, `${string}Batch${string}`>;

const batchMethods = {
  train: ["onTrainBatchBegin", "onTrainBatchEnd"],
  test: ["onTestBatchBegin", "onTestBatchEnd"],
  predict: ["onPredictBatchBegin", "onPredictBatchEnd"],
} as const;

function hasBatchMethods(callback: Callback, phase: Phase): boolean {
  return batchMethods[phase].some((hook) => callback[hook] !== Callback.prototype[hook]);
}

/** Several callbacks as one, in order. */
export class CallbackList {
  readonly callbacks: readonly Callback[];

  constructor(callbacks: readonly Callback[]) {
    this.callbacks = [...callbacks].sort((a, b) => Number(a.runsLast) - Number(b.runsLast));
  }

  start(model: CallbackModel, params: CallbackParams): void {
    for (const callback of this.callbacks) {
      callback.setModel(model);
      callback.setParams(params);
      callback.setCallbacks(this.callbacks);
    }
  }

  /** Whether any callback has batch methods for this phase. */
  hearsBatches(phase: Phase): boolean {
    return this.callbacks.some((callback) => hasBatchMethods(callback, phase));
  }

  /** How many steps, from `batch` on, may run before a callback has to hear of them. */
  stepsUntilCall(phase: Phase, batch: number): number {
    return Math.min(...this.callbacks.map((callback) => callback.stepsUntilCall(phase, batch)));
  }

  async call(hook: IndexedHook, index: number, logs?: Logs | PredictLogs): Promise<void>;
  async call(hook: Exclude<Hook, IndexedHook>, logs?: Logs): Promise<void>;
  async call(hook: Hook, ...args: unknown[]): Promise<void> {
    for (const callback of this.callbacks) {
      const result = (callback[hook] as (...given: unknown[]) => void | Promise<void>)(...args);
      // nothing to wait for is the usual case, and waiting would cost a turn of the event loop at every step
      if (result) await result;
    }
  }
}
