import type { Tensor } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";

/** Figures by name; running means over the epoch so far. */
export type Logs = Readonly<Record<string, number>>;

/** What callbacks may use of a model. */
export interface CallbackModel {
  readonly name: string;
  /** Set to true to end training after the current step. */
  stopTraining: boolean;
  readonly weights: Variable[];
  getWeights(): Tensor[];
  setWeights(values: readonly Tensor[]): void;
}

/** What a run consists of. */
export interface CallbackParams {
  readonly epochs: number;
  /** Steps in an epoch; null if unknown. */
  readonly steps: number | null;
  readonly verbose: 0 | 1 | 2;
}

/**
 * Is told what happens while a model is trained, evaluated or predicts. Override what is needed.
 *
 * A callback with a batch method sees every step (and reads the figures back after each); without one many steps run in
 * one call.
 *
 * @see https://keras.io/api/callbacks/base_callback/
 */
export class Callback {
  /** The model, once training has started. */
  model!: CallbackModel;
  params!: CallbackParams;

  setModel(model: CallbackModel): void {
    this.model = model;
  }
  setParams(params: CallbackParams): void {
    this.params = params;
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
  onPredictBatchEnd(_batch: number, _logs?: Logs): void | Promise<void> {}
}

export type Hook = Exclude<
  { [K in keyof Callback]: K extends `on${string}` ? K : never }[keyof Callback],
  undefined
>;
const batchHooks = {
  train: ["onTrainBatchBegin", "onTrainBatchEnd"],
  test: ["onTestBatchBegin", "onTestBatchEnd"],
  predict: ["onPredictBatchBegin", "onPredictBatchEnd"],
} as const;

/** Several callbacks as one, in order. */
export class CallbackList {
  constructor(readonly callbacks: readonly Callback[]) {}

  start(model: CallbackModel, params: CallbackParams): void {
    for (const callback of this.callbacks) {
      callback.setModel(model);
      callback.setParams(params);
    }
  }

  /** Whether a callback has to see every step; those that mark `samplesBatches` are content with some of them. */
  needsEveryBatch(phase: keyof typeof batchHooks): boolean {
    return this.callbacks.some(
      (callback) =>
        !("samplesBatches" in callback) &&
        batchHooks[phase].some((hook) => callback[hook] !== Callback.prototype[hook]),
    );
  }

  async call(
    hook: "onEpochBegin" | "onEpochEnd" | Extract<Hook, `${string}Batch${string}`>,
    index: number,
    logs?: Logs,
  ): Promise<void>;
  async call(
    hook: Exclude<Hook, "onEpochBegin" | "onEpochEnd" | `${string}Batch${string}`>,
    logs?: Logs,
  ): Promise<void>;
  async call(hook: Hook, ...args: unknown[]): Promise<void> {
    for (const callback of this.callbacks) {
      const result = (callback[hook] as (...given: unknown[]) => void | Promise<void>)(...args);
      // nothing to wait for is the usual case, and waiting would cost a turn of the event loop at every step
      if (result) await result;
    }
  }
}
