import type { Explanation } from "../backends/explanation.js";
import { Callback, CallbackList, type TrainingPosition } from "../callbacks/callback.js";
import { History } from "../callbacks/history.js";
import { ProgbarLogger } from "../callbacks/progbarLogger.js";
import { Layer, type LayerInputs, type LayerOutputs } from "../layers/layer.js";
import type { Metric } from "../metrics/index.js";
import { gradientsOf, runOnce } from "../ops/compile.js";
import { add } from "../ops/elementwise.js";
import { KerasTensor } from "../ops/kerasTensor.js";
import { withoutMask } from "../ops/mask.js";
import type { Concrete } from "../ops/operation.js";
import { outputSpec } from "../ops/outputSpec.js";
import { leaves, mapStructure, type Structure } from "../ops/structure.js";
import { Tensor } from "../ops/tensor.js";
import { flatten, type Tree } from "../ops/tree.js";
import type { Optimizer } from "../optimizers/index.js";
import type { Json } from "../utils/serialization.js";
import { type BatchSource, isBatchSource } from "./training/batchSource.js";
import { Compiled, type CompileOptions } from "./training/compiled.js";
import {
  type ArrayData,
  type ClassWeight,
  checkLabels,
  type Dataset,
  datasetFrom,
  integerArgument,
} from "./training/data.js";
import type { Feed, ResidentFeed } from "./training/feed.js";
import type { FitRun, Host, StepLogs, Validation } from "./training/fit.js";
import type { Loop } from "./training/loop.js";
import {
  checkOptions,
  type EvaluateOptions,
  evaluateOptions,
  type FitOptions,
  type PredictOptions,
  predictOptions,
  type Verbosity,
  verbosity,
} from "./training/options.js";
import type { Order } from "./training/order.js";
import { outputsOf, spreadOver } from "./training/outputs.js";
import type { Batch } from "./training/store.js";
import type { StreamFeed } from "./training/stream.js";

/** What `computeLoss` is given: in a compiled step, symbolic tensors. */
export interface LossArguments extends Batch {
  readonly yPred: LayerOutputs;
}

/** The figures that `evaluate` gives: the loss alone, or the loss and the metrics. */
type Figures = number | number[];

interface BatchOptions {
  readonly sampleWeight?: ArrayData | null;
  readonly classWeight?: ClassWeight | null;
  /** Whether figures come by name. Default false. */
  readonly returnDict?: boolean;
}

/** What models have to do with training, evaluation and prediction. */
export abstract class Trainer<Outputs extends Structure<KerasTensor>> extends Layer {
  /** Set to true (by a callback, or from outside) to end training after the current step. */
  stopTraining = false;
  #compiled: Compiled | undefined;
  #run: FitRun | undefined;

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

  /** The loss tracker and the compiled metrics (none before the model has seen data), then those that the model owns. */
  override get metrics(): Metric[] {
    return [...(this.#compiled?.metrics ?? []), ...super.metrics];
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
    if (this.#compiled) return this.#compiled;
    throw new Error(
      `You must call \`compile()\` before calling \`${where}()\` on model '${this.name}', for instance: model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] }).`,
    );
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

  // ---- what a run needs first

  /** Makes weights, losses, metrics and optimizer for data like these. @returns whether the metrics were made just now */
  #prepare(where: string, data: Dataset, training: boolean): boolean {
    const compiled = this.#needCompiled(where);
    const madeNow = !compiled.built;
    if (this.callable) {
      const outputs = outputsOf(this.#specFor(data.x), this.outputNames);
      const labels =
        data.y === undefined ? outputs.specs.map(() => null) : this.#labels(where, outputs, data.y);
      compiled.build(
        outputs,
        labels.map((t) => t && new KerasTensor([null, ...t.shape.slice(1)], t.dtype)),
      );
      for (const [i, classes] of compiled.classCounts().entries()) {
        const own = labels[i];
        if (own && classes !== null) checkLabels(where, own, classes);
      }
      if (data.y === undefined && compiled.loss?.parts.length)
        throw new Error(`${where}: labels \`y\` are needed. Received: y=undefined`);
    }
    if (training && this.trainStep === Trainer.prototype.trainStep)
      compiled.optimizer.build(this.trainableVariables);
    return madeNow;
  }

  #labels(where: string, outputs: ReturnType<typeof outputsOf>, y: Structure<Tensor>): (Tensor | null)[] {
    try {
      return spreadOver<Tensor>("y", outputs, y as Tensor, isTensor);
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`);
    }
  }

  /** The types of the outputs for data like these; makes the weights if need be. */
  #specFor(x: Structure<Tensor>): Structure<KerasTensor> {
    const symbols = mapStructure<Tensor, KerasTensor>(
      x,
      ({ shape, dtype }) => new KerasTensor([null, ...shape.slice(1)], dtype),
    );
    return outputSpec([symbols], (given) => this.run([given], {}));
  }

  readonly #host: Host = ((model: Trainer<Outputs>): Host => ({
    get stopTraining() {
      return model.stopTraining;
    },
    resetMetrics: () => model.resetMetrics(),
    figures: (last) => model.#figures(last),
  }))(this);

  /** Starts all metrics again. */
  resetMetrics(): void {
    for (const metric of this.metrics) metric.resetState();
  }

  /** The figures so far by name in alphabetical order: what the last step gave, or else those of all metrics. */
  #figures(last: StepLogs): Record<string, number> {
    const given = Object.entries(last);
    const figures =
      given.length > 0
        ? given.map(([name, value]): [string, number] => [name, numberOf(value)])
        : [
            ...(this.#compiled?.results() ?? []),
            ...super.metrics.map((metric): [string, number] => [metric.name, metric.result().item()]),
          ];
    return Object.fromEntries(figures.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  }

  /** The loss alone, or the loss and the metrics in Keras's order. */
  #listed(figures: Record<string, number>): Figures {
    const names = this.metrics.map(({ name }) => name);
    const first = names.filter((name) => name in figures);
    const others = Object.keys(figures).filter((name) => !names.includes(name));
    const values = [...first, ...others].map((name) => figures[name]);
    return values.length === 1 ? values[0] : values;
  }

  #callbacks(
    given: readonly Callback[] | undefined,
    verbose: Verbosity | undefined,
    params: { epochs: number; steps: number | null },
    history?: History,
  ): CallbackList {
    for (const callback of given ?? []) {
      if (!(callback instanceof Callback))
        throw new Error("Every element of `callbacks` must be an instance of callbacks.Callback.");
    }
    const level = verbosity(verbose);
    const bar =
      level !== 0 && !given?.some((callback) => callback instanceof ProgbarLogger)
        ? [new ProgbarLogger()]
        : [];
    const list = new CallbackList([...(given ?? []), ...(history ? [history] : []), ...bar]);
    list.start(this, { ...params, verbose: level });
    return list;
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
    const streamed = isBatchSource(x);
    const options = ((streamed ? (third ?? second) : third) ?? {}) as FitOptions;
    // a page that only predicts never loads this
    const { fitSettings } = await import("./training/fitSettings.js");
    const settings = fitSettings(options);
    const compiled = this.#needCompiled("fit");
    const { batchSize, shuffle, validationSplit } = settings;
    let feed: Feed;
    let order: Order | null = null;
    let heldOut: { feed: Feed; rows: number; from: number } | undefined;
    if (streamed) {
      const stream = await streamFeed("fit", x, options.classWeight);
      feed = stream;
      this.#prepare("fit", await stream.peek(), true);
    } else {
      const data = datasetFrom("fit", x, second as ArrayData, options.sampleWeight, options.classWeight);
      const split =
        options.validationData || validationSplit === 0
          ? data.rows
          : Math.floor(data.rows * (1 - validationSplit));
      if (split === 0) {
        throw new Error(
          `fit: Training data contains ${data.rows} samples, which is not sufficient to split it into a validation and training set as specified by \`validationSplit=${validationSplit}\`. Provide more data, or a different value.`,
        );
      }
      const madeNow = this.#prepare("fit", data, true);
      order = new (await import("./training/order.js")).Order(split, batchSize, shuffle);
      if (madeNow) order.discard();
      feed = await feedOf(data, split, batchSize);
      const rows = data.rows - split;
      if (rows > 0) {
        const { validationBatchSize } = settings;
        const rest =
          "shared" in feed
            ? (feed as ResidentFeed).shared(rows, validationBatchSize)
            : await feedOf(data, rows, validationBatchSize);
        heldOut = { feed: rest, rows, from: split };
      }
    }
    const feeds = [feed, ...(heldOut ? [heldOut.feed] : [])];
    try {
      let validation: Validation | undefined;
      if (options.validationData) {
        const given = await this.#validationFeed(options.validationData, settings.validationBatchSize);
        feeds.push(given.feed);
        validation = await this.#validation(given, settings.validationSteps);
      } else if (heldOut) validation = await this.#validation(heldOut, settings.validationSteps);
      const loop = await loopOver(feed, (batch) => this.trainStep(batch));
      const { FitRun: Run } = await import("./training/fit.js");
      const run = new Run(this.#host, loop, order, validation, settings);
      this.#run = run;
      const history = new History();
      const params = { epochs: settings.epochs, steps: run.steps };
      const list = this.#callbacks(options.callbacks, options.verbose, params, history);
      this.stopTraining = false;
      let logs: Record<string, number>;
      try {
        await list.call("onTrainBegin", {});
        logs = await run.run(list);
      } finally {
        compiled.optimizer.finalizeVariableValues();
      }
      await list.call("onTrainEnd", logs);
      return history;
    } finally {
      for (const one of feeds.reverse()) one.release();
    }
  }

  async #validation(
    { feed, rows, from }: { feed: Feed; rows: number | null; from: number },
    steps: number | null,
  ): Promise<Validation> {
    return { loop: await loopOver(feed, (batch) => this.testStep(batch)), rows, from, steps };
  }

  async #validationFeed(
    given: NonNullable<FitOptions["validationData"]>,
    batchSize: number,
  ): Promise<{ feed: Feed; rows: number | null; from: number }> {
    const where = "fit (validationData)";
    if (isBatchSource(given)) {
      const feed = await streamFeed(where, given, null);
      this.#prepare(where, await feed.peek(), false);
      return { feed, rows: null, from: 0 };
    }
    const [x, y, sampleWeight] = given;
    const data = datasetFrom(where, x, y, sampleWeight, null);
    this.#prepare(where, data, false);
    return { feed: await feedOf(data, data.rows, batchSize), rows: data.rows, from: 0 };
  }

  /** In hooks of `fit`: where training stands, and from where it would go on. */
  get trainingPosition(): TrainingPosition {
    const none = { epoch: 0, step: 0, passStep: 0, shuffleState: null };
    return { ...(this.#run?.position ?? none), stopped: this.stopTraining };
  }

  /** In `onTrainBegin`: makes `fit` start there instead of at `initialEpoch`. */
  resumeTraining({ stopped, ...position }: TrainingPosition): void {
    if (!this.#run) return;
    this.#run.position = position;
    this.#run.stopped = stopped;
  }

  // ---- evaluate and predict

  /**
   * The loss and the metrics on samples, or on batches.
   * @returns the loss if there are no metrics, else `[loss, …metrics]`; with `returnDict` an object by name
   * @see https://keras.io/api/models/model_training_apis/#evaluate-method
   */
  evaluate(
    x: ArrayData,
    y: ArrayData | null | undefined,
    options: EvaluateOptions & { readonly returnDict: true },
  ): Promise<Record<string, number>>;
  evaluate(
    x: ArrayData,
    y?: ArrayData | null,
    options?: EvaluateOptions & { readonly returnDict?: false },
  ): Promise<Figures>;
  evaluate(
    batches: BatchSource,
    options: EvaluateOptions & { readonly returnDict: true },
  ): Promise<Record<string, number>>;
  evaluate(batches: BatchSource, options?: EvaluateOptions): Promise<Figures>;
  async evaluate(
    x: ArrayData | BatchSource,
    second?: ArrayData | EvaluateOptions | null,
    third?: EvaluateOptions,
  ): Promise<Record<string, number> | Figures> {
    const streamed = isBatchSource(x);
    const options = ((streamed ? (third ?? second) : third) ?? {}) as EvaluateOptions;
    checkOptions("evaluate", options, evaluateOptions);
    this.#needCompiled("evaluate");
    const batchSize = integerArgument("evaluate", "batchSize", options.batchSize ?? 32, 1);
    let feed: Feed;
    let rows: number | null = null;
    if (streamed) {
      const stream = await streamFeed("evaluate", x, null);
      feed = stream;
      this.#prepare("evaluate", await stream.peek(), false);
    } else {
      const data = datasetFrom("evaluate", x, second as ArrayData, options.sampleWeight, null);
      this.#prepare("evaluate", data, false);
      feed = await feedOf(data, data.rows, batchSize);
      rows = data.rows;
    }
    try {
      const validation = await this.#validation(
        { feed, rows, from: 0 },
        stepsArgument("evaluate", options.steps),
      );
      const params = { epochs: 1, steps: validation.steps ?? feed.steps };
      const list = this.#callbacks(options.callbacks, options.verbose, params);
      const { runTest } = await import("./training/fit.js");
      const logs = await runTest(this.#host, validation, list);
      return options.returnDict ? logs : this.#listed(logs);
    } finally {
      feed.release();
    }
  }

  /**
   * The model's outputs for samples, or for batches.
   * @returns `(samples, …)`, in the structure of the outputs
   * @see https://keras.io/api/models/model_training_apis/#predict-method
   */
  async predict(x: ArrayData | BatchSource, options: PredictOptions = {}): Promise<Concrete<Outputs>> {
    checkOptions("predict", options, predictOptions);
    const batchSize = integerArgument("predict", "batchSize", options.batchSize ?? 32, 1);
    const steps = stepsArgument("predict", options.steps);
    let feed: Feed;
    let rows: number | null = null;
    if (isBatchSource(x)) {
      const stream = await streamFeed("predict", x, null);
      feed = stream;
      if (this.callable) this.#specFor((await stream.peek()).x);
    } else {
      const data = datasetFrom("predict", x, undefined, null, null);
      if (this.callable) this.#specFor(data.x);
      feed = await feedOf(data, data.rows, batchSize);
      rows = data.rows;
    }
    try {
      const list = this.#callbacks(options.callbacks, options.verbose, {
        epochs: 1,
        steps: steps ?? feed.steps,
      });
      const loop = await loopOver(feed, (batch) => this.predictStep(batch) as Tree);
      const { runPredict } = await import("./training/predict.js");
      return (await runPredict(loop, rows, steps, list)) as Concrete<Outputs>;
    } finally {
      feed.release();
    }
  }

  /**
   * What a step consists of: phases, kernels with what was fused into them, their predicted and measured times, the rates and
   * the memory. The step is a training step if the model is compiled, else one of `predict`; it is measured on example data,
   * and nothing of the model changes. `String(await model.explain())` is a table.
   *
   * @param options.x samples like those that the model will see; default: zeros for the model's inputs
   * @param options.y labels for them; default: zeros as the loss takes them
   * @param options.batchSize default 32
   * @throws if the model's inputs are not known and no samples are given
   */
  async explain(
    options: { readonly x?: ArrayData; readonly y?: ArrayData; readonly batchSize?: number } = {},
  ): Promise<Explanation> {
    const batchSize = integerArgument("explain", "batchSize", options.batchSize ?? 32, 1);
    const { explainStep, zeroRows } = await import("./training/explain.js");
    const x = options.x ?? mapStructure(this.#inputSpec(), (input) => zeroRows(input, batchSize));
    if (!this.#compiled) {
      const data = datasetFrom("explain", x, undefined, null, null);
      if (this.callable) this.#specFor(data.x);
      return explainStep(data, batchSize, (batch) => this.predictStep(batch) as Tree);
    }
    const samples = datasetFrom("explain", x, undefined, null, null);
    const labels = () =>
      mapStructure<KerasTensor, Tensor>(this.#specFor(samples.x), (output) => {
        const { loss } = this.getCompileConfig() as { readonly loss?: Json };
        const sparse = JSON.stringify(loss ?? "").match(/sparse_?categorical_?crossentropy/i) !== null;
        const like = sparse ? new KerasTensor(output.shape.slice(0, -1), "int32") : output;
        return zeroRows(like, samples.rows);
      });
    const data = datasetFrom("explain", x, options.y ?? labels(), null, null);
    this.#prepare("explain", data, true);
    return explainStep(data, batchSize, (batch) => this.trainStep(batch));
  }

  #inputSpec(): Structure<KerasTensor> {
    const { inputs } = this as { readonly inputs?: readonly KerasTensor[] };
    if (inputs?.length) return inputs.length === 1 ? inputs[0] : [...inputs];
    throw new Error(
      `explain: the inputs of model '${this.name}' are not known. Give samples: model.explain({ x, y }).`,
    );
  }

  // ---- single batches

  /** One training step on one batch. @returns as `evaluate` */
  trainOnBatch(
    x: ArrayData,
    y: ArrayData | null | undefined,
    options: BatchOptions & { readonly returnDict: true },
  ): Promise<Record<string, number>>;
  trainOnBatch(x: ArrayData, y?: ArrayData | null, options?: BatchOptions): Promise<Figures>;
  async trainOnBatch(
    x: ArrayData,
    y?: ArrayData | null,
    options: BatchOptions = {},
  ): Promise<Record<string, number> | Figures> {
    const data = datasetFrom("trainOnBatch", x, y, options.sampleWeight, options.classWeight);
    this.#prepare("trainOnBatch", data, true);
    return this.#onBatch(data, (batch) => this.trainStep(batch), options.returnDict);
  }

  /** The loss and the metrics on one batch. @returns as `evaluate` */
  testOnBatch(
    x: ArrayData,
    y: ArrayData | null | undefined,
    options: Omit<BatchOptions, "classWeight"> & { readonly returnDict: true },
  ): Promise<Record<string, number>>;
  testOnBatch(
    x: ArrayData,
    y?: ArrayData | null,
    options?: Omit<BatchOptions, "classWeight">,
  ): Promise<Figures>;
  async testOnBatch(
    x: ArrayData,
    y?: ArrayData | null,
    options: Omit<BatchOptions, "classWeight"> = {},
  ): Promise<Record<string, number> | Figures> {
    const data = datasetFrom("testOnBatch", x, y, options.sampleWeight, null);
    this.#prepare("testOnBatch", data, false);
    return this.#onBatch(data, (batch) => this.testStep(batch), options.returnDict);
  }

  #onBatch({ x, y, sampleWeight }: Dataset, step: (batch: Batch) => StepLogs, returnDict = false) {
    this.resetMetrics();
    const tree = flatten({ x, y, sampleWeight });
    const logs = runOnce(tree.tensors, (...symbols) => step(tree.rebuild(symbols) as unknown as Batch));
    const figures = this.#figures(logs as StepLogs);
    return returnDict ? figures : this.#listed(figures);
  }

  /** The outputs for one batch. */
  async predictOnBatch(x: ArrayData): Promise<Concrete<Outputs>> {
    const data = datasetFrom("predictOnBatch", x, undefined, null, null);
    const tree = flatten({ x: data.x, y: undefined, sampleWeight: undefined });
    return runOnce(
      tree.tensors,
      (...symbols) => this.predictStep(tree.rebuild(symbols) as unknown as Batch) as Tree,
    ) as Concrete<Outputs>;
  }
}

// what runs are made of is loaded with the first of them

async function feedOf(data: Dataset, rows: number, batchSize: number): Promise<Feed> {
  const { feedOf: feed } = await import("./training/feed.js");
  return feed(data, rows, batchSize);
}

async function loopOver<R extends Tree>(feed: Feed, step: (batch: Batch) => R): Promise<Loop<R>> {
  const { Loop: Steps } = await import("./training/loop.js");
  return new Steps<R>(feed, step);
}

/** Batches that come one by one; loaded when somebody has such. */
async function streamFeed(
  where: string,
  source: BatchSource,
  classWeight: ClassWeight | null | undefined,
): Promise<StreamFeed> {
  const { StreamFeed: Feed } = await import("./training/stream.js");
  return new Feed(where, source, classWeight);
}

function isTensor(value: unknown): boolean {
  return value instanceof Tensor;
}

function numberOf(value: Tree): number {
  return value instanceof Tensor ? value.item() : Number(value);
}

function stepsArgument(where: string, steps: number | null | undefined): number | null {
  return steps === undefined || steps === null ? null : integerArgument(where, "steps", steps, 1);
}
