import type { Explanation } from "../backends/explanation.js";
import type { TrainingPosition } from "../callbacks/callback.js";
import type { History } from "../callbacks/history.js";
import { Layer, type LayerInputs, type LayerOutputs } from "../layers/layer.js";
import type { Figure } from "../metrics/figure.js";
import type { Metric } from "../metrics/metric.js";
import { gradientsOf } from "../ops/compile.js";
import { add } from "../ops/elementwise.js";
import type { KerasTensor } from "../ops/kerasTensor.js";
import { withoutMask } from "../ops/mask.js";
import type { Concrete } from "../ops/operation.js";
import { leaves, mapStructure, type Structure } from "../ops/structure.js";
import type { Tensor } from "../ops/tensor.js";
import type { Optimizer } from "../optimizers/index.js";
import type { Json } from "../utils/serialization.js";
import type { Batch } from "./training/batch.js";
import type { BatchSource } from "./training/batchSource.js";
import { Compiled, type CompileOptions, needCompiled } from "./training/compiled.js";
import type { ArrayData } from "./training/data.js";
import type { StepLogs } from "./training/fit.js";
import type { Figures } from "./training/hosted.js";
import type { Inside, RunModel } from "./training/inside.js";
import type { EvaluateOptions, FitOptions, PredictOptions } from "./training/options.js";
import { isTensor, spreadOver } from "./training/outputs.js";
import type { Runner } from "./training/runner.js";
import type { BatchOptions, ExplainOptions, SingleRunner } from "./training/single.js";

/** What `computeLoss` is given: in a compiled step, symbolic tensors. */
export interface LossArguments extends Batch {
  readonly yPred: LayerOutputs;
}

/** What models have to do with training, evaluation and prediction. */
export abstract class Trainer<Outputs extends Structure<KerasTensor>> extends Layer {
  /** Set to true (by a callback, or from outside) to end training after the current step. */
  stopTraining = false;
  #compiled: Compiled | undefined;
  #runs: Runner | undefined;

  abstract override call(inputs: LayerInputs, options: { readonly training: boolean }): Concrete<Outputs>;

  /** The layers that give the outputs, which losses and metrics may be named after. */
  protected abstract get outputNames(): readonly string[] | undefined;
  /** The layers, in Keras's order. */
  abstract get layers(): readonly Layer[];
  /** Whether there is something to be called; a subclass with steps of its own may do without. */
  protected abstract get callable(): boolean;
  // what callbacks may use besides
  abstract toJSON(): string;
  abstract save(path: string): Promise<void>;
  abstract saveWeights(path: string): Promise<void>;

  get optimizer(): Optimizer | undefined {
    return this.#compiled?.optimizer;
  }

  /** Whether the model was told how it is trained. */
  get compiled(): boolean {
    return this.#compiled !== undefined;
  }

  /** The loss tracker and the compiled metrics (none before the model has seen data), then those that the model owns. */
  override get metrics(): Metric[] {
    return [...(this.#compiled?.metrics ?? []), ...this.#ownMetrics];
  }

  /**
   * Says how the model is trained.
   * @throws if an identifier is unknown
   * @see https://keras.io/api/models/model_training_apis/#compile-method
   */
  compile(options: CompileOptions = {}): void {
    this.#compiled = new Compiled(options);
  }

  /** Keras's dictionary of what `compile` was given; empty if the model is not compiled. */
  getCompileConfig(): Json {
    return this.#compiled?.getConfig() ?? {};
  }

  #needCompiled(where: string): Compiled {
    return needCompiled(this.name, this.#compiled, where);
  }

  // ---- the steps, which subclasses may replace; they are traced and compiled

  /**
   * One training step: predictions, loss, gradients, update. A subclass's own step may be written with `valueAndGrad`:
   *
   * ```ts
   * override trainStep({ x, y }: Batch) {
   *   const weights = this.trainableVariables;
   *   const [loss, gradients] = valueAndGrad((_: Variable[]) => lossOf(y, this.apply(x, { training: true })))(weights);
   *   this.optimizer?.apply(gradients, weights);
   *   return { loss };
   * }
   * ```
   *
   * @returns figures for the logs by name; none: those of all metrics
   * @see https://keras.io/guides/custom_train_step_in_jax/
   */
  trainStep(batch: Batch): StepLogs {
    const yPred = this.run([batch.x], { training: true });
    const loss = this.computeLoss({ ...batch, yPred });
    const variables = this.trainableVariables;
    const gradients = gradientsOf(
      loss,
      variables.map((variable) => variable.value),
    );
    this.#track(loss, batch);
    // as in Keras on JAX, the metrics of a training step (but not of an evaluation) count masked values
    const unmasked = mapStructure<Tensor, Tensor>(yPred, withoutMask);
    const logs = this.computeMetrics({ ...batch, yPred: unmasked });
    this.#needCompiled("fit").optimizer.apply(gradients, variables);
    return logs;
  }

  /** One step of an evaluation. @returns as `trainStep` */
  testStep(batch: Batch): StepLogs {
    const yPred = this.run([batch.x], { training: false });
    this.#track(this.computeLoss({ ...batch, yPred }), batch);
    return this.computeMetrics({ ...batch, yPred });
  }

  /** The outputs for a batch. */
  predictStep(batch: Batch): LayerOutputs {
    return this.run([batch.x], { training: false });
  }

  /** The total loss of a batch: the outputs' weighted losses, what layers added, the penalties of weights. */
  computeLoss({ y, yPred, sampleWeight }: LossArguments): Tensor {
    const compiled = this.#needCompiled("computeLoss");
    const parts = this.#perOutput(y, yPred, sampleWeight);
    const loss = compiled.loss?.call(parts.y, parts.yPred, parts.sampleWeight);
    const all = [...(loss ? [loss] : []), ...this.losses];
    if (all.length === 0) {
      throw new Error(
        `Model '${this.name}' has nothing to make small: call model.compile({ loss: … }), or add a loss in a layer with addLoss.`,
      );
    }
    return all.reduce((sum, part) => add(sum, part));
  }

  /** Takes a batch into the metrics. @returns figures for the logs that no metric gives (by default none) */
  computeMetrics({ y, yPred, sampleWeight }: LossArguments): StepLogs {
    const parts = this.#perOutput(y, yPred, sampleWeight);
    this.#needCompiled("computeMetrics").update(parts.y, parts.yPred, parts.sampleWeight);
    return {};
  }

  #track(loss: Tensor, { x }: Batch): void {
    this.#needCompiled("fit").lossTracker.track(loss, leaves(x)[0].shape[0]);
  }

  /** Labels, outputs and weights of each output, in the outputs' order. */
  #perOutput(
    y: Structure<Tensor> | undefined,
    yPred: LayerOutputs,
    sampleWeight: Structure<Tensor> | undefined,
  ) {
    const { outputs } = this.#needCompiled("fit");
    const flat = leaves(yPred);
    if (!outputs) {
      const none = flat.map(() => null);
      return {
        y: y ? leaves(y) : none,
        yPred: flat,
        sampleWeight: sampleWeight ? leaves(sampleWeight) : none,
      };
    }
    const spread = (what: string, given: Structure<Tensor> | undefined): (Tensor | null)[] => {
      if (given === undefined) return flat.map(() => null);
      return spreadOver<Tensor>(what, outputs, given as Tensor, isTensor);
    };
    return { y: spread("y", y), yPred: flat, sampleWeight: spread("sampleWeight", sampleWeight) };
  }

  // ---- runs, whose code is loaded with the first of them

  readonly #inside: Inside = ((model: Trainer<Outputs>): Inside => ({
    model: model as RunModel,
    get compiled() {
      return model.#compiled;
    },
    get ownMetrics() {
      return model.#ownMetrics;
    },
    get outputNames() {
      return model.outputNames;
    },
    get callable() {
      return model.callable;
    },
    get usualStep() {
      return model.trainStep === Trainer.prototype.trainStep;
    },
    run: undefined,
  }))(this);

  get #ownMetrics(): readonly Metric[] {
    return super.metrics;
  }

  async #loadRuns() {
    const [runs] = await Promise.all([import("./training/runs.js"), this.#compiled?.load()]);
    return runs;
  }

  async #runner(): Promise<Runner> {
    const { Runner: Runs } = await this.#loadRuns();
    this.#runs ??= new Runs(this.#inside);
    return this.#runs;
  }

  async #singleRunner(): Promise<SingleRunner> {
    const { SingleRunner: Runs } = await this.#loadRuns();
    return new Runs(this.#inside);
  }

  /** Starts all metrics again. */
  resetMetrics(): void {
    for (const metric of this.metrics) metric.resetState();
  }

  // ---- fit

  /**
   * Trains the model on samples `x` with labels `y`, or on batches.
   *
   * Never holds up the event loop for more than about 20 ms, and reads figures back only when a progress bar or a callback
   * shows them. Data beyond 1.5 GB stay where they are and are copied in blocks of many steps.
   *
   * @param x `(samples, …)`; for several inputs an array or a dictionary of such
   * @param y `(samples,)` for integer labels, else `(samples, …)`; for several outputs an array or a dictionary of such
   * @returns the figures of each epoch, in `history.history`
   * @throws if the model is not compiled, data do not fit or are not finite, or an argument is out of range
   * @see https://keras.io/api/models/model_training_apis/#fit-method
   */
  fit(x: ArrayData, y?: ArrayData | null, options?: FitOptions): Promise<History>;
  /** @param batches a generator, an async iterable, or a function that gives one for each epoch: `[x, y]` or `[x, y, sampleWeight]` */
  fit(batches: BatchSource, options?: FitOptions): Promise<History>;
  async fit(
    x: ArrayData | BatchSource,
    second?: ArrayData | FitOptions | null,
    third?: FitOptions,
  ): Promise<History> {
    return (await this.#runner()).fit(x, second, third);
  }

  /** In hooks of `fit`: where training stands, and from where it would go on. */
  get trainingPosition(): TrainingPosition {
    const none = { epoch: 0, step: 0, passStep: 0, shuffleState: null };
    return { ...(this.#inside.run?.position ?? none), stopped: this.stopTraining };
  }

  /** In `onTrainBegin`: makes `fit` start there instead of at `initialEpoch`. */
  resumeTraining({ stopped, ...position }: TrainingPosition): void {
    if (!this.#inside.run) return;
    this.#inside.run.position = position;
    this.#inside.run.stopped = stopped;
  }

  // ---- evaluate and predict

  /**
   * The loss and the metrics on samples, or on batches.
   * @returns the loss if there are no metrics, else `[loss, …metrics]`; with `returnDict` an object by name. A figure is a number;
   * of metrics that give several (F1Score with `average: null`) an array, for which one says `evaluate<Figure>(…)`
   * @see https://keras.io/api/models/model_training_apis/#evaluate-method
   */
  evaluate<F extends Figure = number>(
    x: ArrayData,
    y: ArrayData | null | undefined,
    options: EvaluateOptions & { readonly returnDict: true },
  ): Promise<Record<string, F>>;
  evaluate<F extends Figure = number>(
    x: ArrayData,
    y?: ArrayData | null,
    options?: EvaluateOptions & { readonly returnDict?: false },
  ): Promise<Figures<F>>;
  evaluate<F extends Figure = number>(
    batches: BatchSource,
    options: EvaluateOptions & { readonly returnDict: true },
  ): Promise<Record<string, F>>;
  evaluate<F extends Figure = number>(batches: BatchSource, options?: EvaluateOptions): Promise<Figures<F>>;
  async evaluate(
    x: ArrayData | BatchSource,
    second?: ArrayData | EvaluateOptions | null,
    third?: EvaluateOptions,
  ): Promise<Record<string, number> | Figures> {
    return (await this.#runner()).evaluate(x, second, third);
  }

  /**
   * The model's outputs for samples, or for batches.
   * @returns `(samples, …)`, in the structure of the outputs
   * @see https://keras.io/api/models/model_training_apis/#predict-method
   */
  async predict(x: ArrayData | BatchSource, options: PredictOptions = {}): Promise<Concrete<Outputs>> {
    return (await this.#runner()).predict(x, options) as Promise<Concrete<Outputs>>;
  }

  /**
   * What a step consists of: phases, kernels with what was fused into them, their predicted and measured times, the rates and
   * the memory. The step is a training step if the model is compiled, else one of `predict`; it is measured on example data,
   * and nothing of the model changes. `String(await model.explain())` is a table.
   *
   * @param options.x samples like those that the model will see; default: numbers from 0 to 1, zeros for integers (kernels that
   * leave out zeros take less time on pictures than on these)
   * @param options.y labels for them; default: zeros as the loss takes them
   * @param options.batchSize default 32
   * @throws if the model's inputs are not known and no samples are given
   */
  async explain(options: ExplainOptions = {}): Promise<Explanation> {
    return (await this.#singleRunner()).explain(options);
  }

  // ---- single batches

  /** One training step on one batch. @returns as `evaluate` */
  trainOnBatch<F extends Figure = number>(
    x: ArrayData,
    y: ArrayData | null | undefined,
    options: BatchOptions & { readonly returnDict: true },
  ): Promise<Record<string, F>>;
  trainOnBatch<F extends Figure = number>(
    x: ArrayData,
    y?: ArrayData | null,
    options?: BatchOptions,
  ): Promise<Figures<F>>;
  async trainOnBatch(
    x: ArrayData,
    y?: ArrayData | null,
    options: BatchOptions = {},
  ): Promise<Record<string, number> | Figures> {
    return (await this.#singleRunner()).trainOnBatch(x, y, options);
  }

  /** The loss and the metrics on one batch. @returns as `evaluate` */
  testOnBatch<F extends Figure = number>(
    x: ArrayData,
    y: ArrayData | null | undefined,
    options: Omit<BatchOptions, "classWeight"> & { readonly returnDict: true },
  ): Promise<Record<string, F>>;
  testOnBatch<F extends Figure = number>(
    x: ArrayData,
    y?: ArrayData | null,
    options?: Omit<BatchOptions, "classWeight">,
  ): Promise<Figures<F>>;
  async testOnBatch(
    x: ArrayData,
    y?: ArrayData | null,
    options: Omit<BatchOptions, "classWeight"> = {},
  ): Promise<Record<string, number> | Figures> {
    return (await this.#singleRunner()).testOnBatch(x, y, options);
  }

  /** The outputs for one batch. */
  async predictOnBatch(x: ArrayData): Promise<Concrete<Outputs>> {
    return (await this.#singleRunner()).predictOnBatch(x) as Promise<Concrete<Outputs>>;
  }
}
