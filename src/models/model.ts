import { platform } from "#platform";
import { Callback, CallbackList, type TrainingPosition } from "../callbacks/callback.js";
import { History } from "../callbacks/history.js";
import { ProgbarLogger } from "../callbacks/progbarLogger.js";
import { shapesOf, symbolsOf } from "../layers/callArguments.js";
import {
  type CallOptions,
  Layer,
  type LayerInputs,
  type LayerOptions,
  type LayerShape,
} from "../layers/layer.js";
import { serialize } from "../layers/serialize.js";
import { SparseCategoricalCrossentropy } from "../losses/losses.js";
import type { Metric } from "../metrics/index.js";
import { gradientsOf, runOnce } from "../ops/compile.js";
import { KerasTensor } from "../ops/kerasTensor.js";
import type { Concrete } from "../ops/operation.js";
import { outputSpec } from "../ops/outputSpec.js";
import { leaves, mapStructure, type Structure } from "../ops/structure.js";
import { Tensor, type TensorLike } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";
import type { Optimizer } from "../optimizers/index.js";
import { permutation, saveStreams } from "../random/streams.js";
import type { LoadWeightsOptions, SaveOptions } from "../saving/files.js";
import type { FileSource } from "../saving/source.js";
import { type PartialShape, sameShape, sizeOf } from "../tensor/shape.js";
import { type Config, camelCaseKeys, type Json } from "../utils/serialization.js";
import { graphConfig } from "./functional/config.js";
import { FunctionalGraph } from "./functional/graph.js";
import { standardizeInputs } from "./functional/inputs.js";
import { withInputsOfItsOwn } from "./functional/intermediate.js";
import { formatSummary, type ParameterTotal, type SummaryRow } from "./summary.js";
import { Compiled, type CompileOptions } from "./training/compiled.js";
import {
  type ClassWeight,
  checkLabels,
  type Dataset,
  datasetFrom,
  integerArgument,
} from "./training/data.js";
import { type Batch, EventLoopTurns, Loop } from "./training/loop.js";
import { checkOptions, type OptionNames } from "./training/options.js";

export type Verbosity = 0 | 1 | 2 | "auto";

interface RunOptions {
  /** Samples in a step. Default 32. */
  readonly batchSize?: number | null;
  /** 0: silent, 1 (or "auto", the default): a progress bar, 2: a line. */
  readonly verbose?: Verbosity;
  readonly callbacks?: readonly Callback[];
}

export interface FitOptions extends RunOptions {
  /** Default 1. */
  readonly epochs?: number;
  /** Share of the samples, from the end, that is kept for validation. Default 0. */
  readonly validationSplit?: number;
  /** `[x, y]` or `[x, y, sampleWeight]` for validation; wins over `validationSplit`. */
  readonly validationData?:
    | readonly [TensorLike, TensorLike]
    | readonly [TensorLike, TensorLike, TensorLike]
    | null;
  /** Whether samples come in a new order in each epoch. Default true. */
  readonly shuffle?: boolean;
  /** Factors for the losses of classes. */
  readonly classWeight?: ClassWeight | null;
  /** A factor for each sample's loss. */
  readonly sampleWeight?: TensorLike | null;
  /** The epoch to start at. Default 0. */
  readonly initialEpoch?: number;
  /** Steps in an epoch. Default: all samples once. */
  readonly stepsPerEpoch?: number | null;
  /** Default: `batchSize`. */
  readonly validationBatchSize?: number | null;
  /** Validation takes place in every so many epochs. Default 1. */
  readonly validationFreq?: number;
}

export interface EvaluateOptions extends RunOptions {
  readonly sampleWeight?: TensorLike | null;
  /** Whether figures come by name. Default false. */
  readonly returnDict?: boolean;
}

export type PredictOptions = RunOptions;

const runOptions: OptionNames<RunOptions> = { batchSize: true, verbose: true, callbacks: true };
const evaluateOptions: OptionNames<EvaluateOptions> = { ...runOptions, sampleWeight: true, returnDict: true };
const fitOptions: OptionNames<FitOptions> = {
  ...runOptions,
  epochs: true,
  validationSplit: true,
  validationData: true,
  shuffle: true,
  classWeight: true,
  sampleWeight: true,
  initialEpoch: true,
  stepsPerEpoch: true,
  validationBatchSize: true,
  validationFreq: true,
};

export interface SummaryOptions {
  /** Width of the table. Default 88, at most the terminal's width less 4. */
  readonly lineLength?: number;
  /** Whether to show which layers are trained. Default false. */
  readonly showTrainable?: boolean;
  /** Gets the text; default: it is printed. */
  readonly printFn?: (text: string) => void;
}

export interface ModelOptions<Outputs> extends LayerOptions {
  /** Symbolic tensors, made by `Input` or given by layers: one, or several in an array or dictionary. */
  readonly inputs?: Structure<KerasTensor>;
  /** What layers gave for them. */
  readonly outputs?: Outputs;
}

/**
 * Layers that can be trained, evaluated and asked for predictions. Made from symbolic tensors,
 *
 * ```ts
 * const inputs = Input([784]);
 * const hidden = new layers.Dense(64, { activation: "relu" }).apply(inputs);
 * const model = new Model({ inputs, outputs: new layers.Dense(10).apply(hidden) });
 * ```
 *
 * or as a subclass with layers in its properties and a `call` of its own:
 *
 * ```ts
 * class Classifier extends Model {
 *   hidden = new layers.Dense(64, { activation: "relu" });
 *   scores = new layers.Dense(10);
 *   override call(x: Tensor) {
 *     return this.scores.apply(this.hidden.apply(x));
 *   }
 * }
 * ```
 *
 * @see https://keras.io/api/models/model/
 */
export class Model<const Outputs extends Structure<KerasTensor> = KerasTensor> extends Layer {
  static override readonly className: string = "Functional";
  static override readonly module: string | null = "keras.src.models.functional";
  static override readonly callArguments: readonly string[] = ["inputs", "training", "mask"];
  /** Set to true (by a callback, or from outside) to end training after the current step. */
  stopTraining = false;
  #graph: FunctionalGraph | undefined;
  #compiled: Compiled | undefined;
  #position: Omit<TrainingPosition, "stopped"> = { epoch: 0, step: 0, passStep: 0, shuffleState: null };
  #resumesStopped = false;

  /** @throws if the outputs do not depend on the inputs alone, or two layers have one name */
  constructor(options: ModelOptions<Outputs> = {}) {
    super(options);
    const { inputs, outputs } = options;
    if (inputs && outputs) this.setGraph(...withInputsOfItsOwn(inputs, outputs));
    else if (inputs || outputs)
      throw new Error("A functional model needs both: new Model({ inputs, outputs }).");
  }

  /** What the model computes, as calls from symbolic inputs to outputs. */
  protected setGraph(inputs: Structure<KerasTensor>, outputs: Structure<KerasTensor>): void {
    this.#graph = new FunctionalGraph(inputs, outputs);
    this.built = true;
  }

  protected dropGraph(): void {
    this.#graph = undefined;
    this.built = false;
  }

  /** The calls that a functional or sequential model consists of; none of a subclass with its own `call`. */
  get graph(): FunctionalGraph | undefined {
    return this.#graph;
  }

  /** The symbolic inputs of a functional model. @throws if it is none */
  get inputs(): readonly KerasTensor[] {
    return this.#needGraph("inputs").flatInputs;
  }

  /** The symbolic outputs of a functional model. @throws if it is none */
  get outputs(): readonly KerasTensor[] {
    return this.#needGraph("outputs").flatOutputs;
  }

  override get input(): Structure<KerasTensor> {
    return this.#graph ? this.#graph.inputs : super.input;
  }

  override get output(): Structure<KerasTensor> {
    return this.#graph ? this.#graph.outputs : super.output;
  }

  #needGraph(what: string): FunctionalGraph {
    if (this.#graph) return this.#graph;
    throw new Error(`Model '${this.name}' has no defined ${what} yet.`);
  }

  /** The layers, in Keras's order. */
  get layers(): readonly Layer[] {
    return this.subLayers;
  }

  override get subLayers(): Layer[] {
    return [...new Set([...(this.#graph?.layers ?? []), ...super.subLayers])];
  }

  override call(inputs: LayerInputs, options: CallOptions): Concrete<Outputs> {
    const graph = this.#graph;
    if (!graph) {
      throw new Error(
        `Model '${this.name}' does not have a \`call\` method: define call(inputs, { training }), or make it from \`inputs\` and \`outputs\`.`,
      );
    }
    const values = standardizeInputs(this.name, graph, inputs);
    return graph.run<Tensor>(values, ({ operation }, args, given) =>
      operation.run(args, operation instanceof Layer ? { ...given, training: options.training } : given),
    ) as Concrete<Outputs>;
  }

  override build(inputShape: LayerShape): void {
    // a subclass makes what its layers need when it is called
    if (!this.#graph) shapesOf(this.computeOutputSpec([symbolsOf(inputShape)], {}));
  }

  protected override buildForCall(inputShape: LayerShape): void {
    if (Object.getPrototypeOf(this).build !== Model.prototype.build) this.build(inputShape);
  }

  override computeOutputSpec(
    args: readonly unknown[],
    options: Readonly<Record<string, unknown>>,
  ): Structure<KerasTensor> {
    const graph = this.#graph;
    if (!graph)
      return outputSpec([args[0], options], (x, rest) => this.run([x], rest as Record<string, unknown>));
    const given = leaves(args[0] as Structure<KerasTensor>);
    const same = given.every(({ shape }, i) => sameShape(shape, graph.flatInputs[i]?.shape));
    if (same)
      return mapStructure<KerasTensor, KerasTensor>(
        graph.outputs,
        ({ shape, dtype }) => new KerasTensor(shape, dtype),
      );
    return graph.run<KerasTensor>(given, ({ operation }, inner, rest) =>
      operation.computeOutputSpec(inner, rest),
    );
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return shapesOf(this.computeOutputSpec([symbolsOf(inputShape)], {}));
  }

  override saveableChildren(): ReturnType<Layer["saveableChildren"]> {
    const children = super.saveableChildren();
    children.push(["layers", this.layers]);
    if (this.optimizer) children.push(["optimizer", this.optimizer]);
    return children.sort(([a], [b]) => (a < b ? -1 : 1));
  }

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

  /** Keras's dictionary of what `compile` was given. */
  getCompileConfig(): Json {
    return this.#compiled?.getConfig() ?? {};
  }

  override getBuildConfig(): Config | undefined {
    // Keras builds functional models by calling them
    return Object.getPrototypeOf(this) === Model.prototype ? { input_shape: null } : super.getBuildConfig();
  }

  /**
   * Compiles the model with what `getCompileConfig` has given, and makes the optimizer's state if the model is built.
   * @throws if a class or function in it is unknown
   */
  compileFromConfig(config: Config): void {
    // an uncompiled model has said nothing
    if (Object.keys(config).length === 0) return;
    const given = ([name, value]: [string, Json]) => value !== null && COMPILE_OPTIONS.includes(name);
    this.compile(camelCaseKeys(Object.fromEntries(Object.entries(config).filter(given))) as CompileOptions);
    if (this.built) this.optimizer?.build(this.trainableVariables);
  }

  #needCompiled(where: string): Compiled {
    if (this.#compiled) return this.#compiled;
    throw new Error(
      `You must call \`compile()\` before calling \`${where}()\` on model '${this.name}', for instance: model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] }).`,
    );
  }

  /** Checks that samples fit, builds the model for them if need be. */
  #prepareFor(x: Tensor): PartialShape {
    const symbol = new KerasTensor([null, ...x.shape.slice(1)], x.dtype);
    const spec = outputSpec([symbol], (given) => this.run([given], {})) as KerasTensor;
    return spec.shape;
  }

  /** Makes metrics and optimizer for data like these. @returns whether the metrics were made just now */
  #buildCompiled(where: string, dataset: Dataset, training: boolean): boolean {
    const compiled = this.#needCompiled(where);
    const output = this.#prepareFor(dataset.x);
    if (!dataset.y) throw new Error(`${where}: labels \`y\` are needed. Received: y=undefined`);
    const classes = output[output.length - 1];
    if (compiled.loss instanceof SparseCategoricalCrossentropy && classes !== null)
      checkLabels(where, dataset.y, classes);
    if (training) compiled.optimizer.build(this.trainableVariables);
    const before = compiled.built;
    compiled.build(dataset.y, output);
    return !before;
  }

  // ---- one step, as part of a program

  #trainStep({ x, y, sampleWeight }: Batch): Tensor {
    const compiled = this.#compiled as Compiled;
    const yPred = this.run([x], { training: true }) as Tensor;
    const loss = compiled.computeLoss(y as Tensor, yPred, sampleWeight, this.losses);
    const variables = this.trainableVariables;
    const gradients = gradientsOf(
      loss,
      variables.map((variable) => variable.value),
    );
    compiled.track(loss, y as Tensor, yPred, sampleWeight);
    compiled.optimizer.apply(gradients, variables);
    return loss;
  }

  #testStep({ x, y, sampleWeight }: Batch): Tensor {
    const compiled = this.#compiled as Compiled;
    const yPred = this.run([x], { training: false }) as Tensor;
    const loss = compiled.computeLoss(y as Tensor, yPred, sampleWeight, this.losses);
    compiled.track(loss, y as Tensor, yPred, sampleWeight);
    return loss;
  }

  /**
   * Trains the model on samples `x` with labels `y`.
   *
   * Never holds up the event loop for more than about 20 ms, and reads figures back only when a progress bar or a callback
   * shows them.
   *
   * @param x `(samples, …)`
   * @param y `(samples,)` for integer labels, else `(samples, …)`
   * @returns the figures of each epoch, in `history.history`
   * @throws if the model is not compiled, data do not fit or are not finite, or an argument is out of range
   * @see https://keras.io/api/models/model_training_apis/#fit-method
   */
  async fit(x: TensorLike, y: TensorLike, options: FitOptions = {}): Promise<History> {
    checkOptions("fit", options, fitOptions);
    const { validationSplit = 0, shuffle = true, stepsPerEpoch = null } = options;
    const compiled = this.#needCompiled("fit");
    const epochs = integerArgument("fit", "epochs", options.epochs ?? 1, 1);
    const initialEpoch = integerArgument("fit", "initialEpoch", options.initialEpoch ?? 0, 0);
    const batchSize = integerArgument("fit", "batchSize", options.batchSize ?? 32, 1);
    const validationBatchSize = integerArgument(
      "fit",
      "validationBatchSize",
      options.validationBatchSize ?? batchSize,
      1,
    );
    const validationFreq = integerArgument("fit", "validationFreq", options.validationFreq ?? 1, 1);
    if (stepsPerEpoch !== null) integerArgument("fit", "stepsPerEpoch", stepsPerEpoch, 1);
    if (!(validationSplit >= 0 && validationSplit < 1)) {
      throw new Error(
        `fit: Expected \`validationSplit\` to be from 0 to below 1. Received: validationSplit=${String(validationSplit)}`,
      );
    }
    const dataset = datasetFrom("fit", x, y, options.sampleWeight, options.classWeight);
    const split =
      options.validationData || validationSplit === 0
        ? dataset.rows
        : Math.floor(dataset.rows * (1 - validationSplit));
    if (split === 0) {
      throw new Error(
        `fit: Training data contains ${dataset.rows} samples, which is not sufficient to split it into a validation and training set as specified by \`validationSplit=${validationSplit}\`. Provide more data, or a different value.`,
      );
    }
    const madeNow = this.#buildCompiled("fit", dataset, true);
    const separate = options.validationData && validationDataset(options.validationData);
    if (separate) this.#buildCompiled("fit (validationData)", separate, true);
    // Keras peeks at a batch to build its metrics, which costs it one shuffle
    if (madeNow && shuffle) permutation(split);

    const training = new Loop(dataset, split, batchSize, (batch) => this.#tracked(this.#trainStep(batch)));
    const validationRows = separate ? separate.rows : dataset.rows - split;
    const validation =
      validationRows > 0
        ? new Loop(
            separate || dataset,
            validationRows,
            validationBatchSize,
            (batch) => this.#tracked(this.#testStep(batch)),
            separate ? undefined : training,
          )
        : undefined;
    const steps = stepsPerEpoch ?? training.steps;
    const history = new History();
    const list = this.#callbacks(options, history, { epochs, steps, verbose: verbosity(options.verbose) });
    const turns = new EventLoopTurns();
    this.stopTraining = false;
    this.#resumesStopped = false;
    this.#position = { epoch: initialEpoch, step: 0, passStep: training.steps, shuffleState: null };
    let logs: Record<string, number> = {};
    try {
      await list.call("onTrainBegin", {});
      let { epoch, step, passStep, shuffleState } = this.#position;
      let stopped = this.#resumesStopped;
      if (passStep < training.steps)
        training.start(shuffleState ? permutation(split, shuffleState) : inOrder(split), passStep);
      // like Keras, looks at `stopTraining` only after a step and at the end of an epoch
      for (; epoch < epochs && !(stopped && step === 0); epoch++, step = 0) {
        compiled.resetMetrics();
        await list.call("onEpochBegin", epoch, {});
        if (stepsPerEpoch === null && step === 0) passStep = training.steps;
        while (step < steps && !stopped) {
          if (passStep >= training.steps) {
            shuffleState = shuffle ? saveStreams().numpy : null;
            training.start(shuffle ? permutation(split) : inOrder(split));
            passStep = 0;
          }
          const most = Math.min(training.steps, passStep + steps - step);
          const ran = await this.#runSteps(training, list, "train", passStep, most, step, turns, (count) => {
            this.#position = { epoch, step: step + count, passStep: passStep + count, shuffleState };
          });
          step += ran;
          passStep += ran;
          stopped = this.stopTraining;
        }
        logs = compiled.logs();
        if (validation && (epoch + 1) % validationFreq === 0) {
          validation.start(inOrder(validationRows, separate ? 0 : split));
          const results = await this.#evaluateLoop(validation, list, turns);
          for (const [name, value] of Object.entries(results)) logs[`val_${name}`] = value;
        }
        this.#position = { epoch: epoch + 1, step: 0, passStep, shuffleState };
        await list.call("onEpochEnd", epoch, logs);
        stopped = this.stopTraining;
        await turns.turn();
      }
    } finally {
      compiled.optimizer.finalizeVariableValues();
      training.release();
      validation?.release(Boolean(separate));
    }
    await list.call("onTrainEnd", logs);
    return history;
  }

  /** In hooks of `fit`: where training stands, and from where it would go on. */
  get trainingPosition(): TrainingPosition {
    return { ...this.#position, stopped: this.stopTraining };
  }

  /** In `onTrainBegin`: makes `fit` start there instead of at `initialEpoch`. */
  resumeTraining({ stopped, ...position }: TrainingPosition): void {
    this.#position = position;
    this.#resumesStopped = stopped;
  }

  /** A step whose loss nobody reads. */
  #tracked(_loss: Tensor): null {
    return null;
  }

  /** Runs steps from `from` to at most `to` of a loop in one call, up to the first that a callback has to hear of. */
  async #runSteps(
    loop: Loop,
    list: CallbackList,
    phase: "train" | "test",
    from: number,
    to: number,
    shown: number,
    turns: EventLoopTurns,
    onRan?: (count: number) => void,
  ): Promise<number> {
    const hears = list.hearsBatches(phase);
    const [begin, end] =
      phase === "train"
        ? (["onTrainBatchBegin", "onTrainBatchEnd"] as const)
        : (["onTestBatchBegin", "onTestBatchEnd"] as const);
    if (hears) await list.call(begin, shown, {});
    const ran = loop.run(from, Math.min(to, from + list.stepsUntilCall(phase, shown)));
    onRan?.(ran);
    if (hears) await list.call(end, shown + ran - 1, (this.#compiled as Compiled).logs());
    await turns.turn();
    return ran;
  }

  async #evaluateLoop(
    loop: Loop,
    list: CallbackList,
    turns: EventLoopTurns,
  ): Promise<Record<string, number>> {
    const compiled = this.#compiled as Compiled;
    compiled.resetMetrics();
    await list.call("onTestBegin", {});
    for (let step = 0; step < loop.steps; )
      step += await this.#runSteps(loop, list, "test", step, loop.steps, step, turns);
    const logs = compiled.logs();
    await list.call("onTestEnd", logs);
    return logs;
  }

  #callbacks(
    options: RunOptions,
    history: History | undefined,
    params: { epochs: number; steps: number; verbose: 0 | 1 | 2 },
  ): CallbackList {
    const given = options.callbacks ?? [];
    for (const callback of given) {
      if (!(callback instanceof Callback))
        throw new Error("Every element of `callbacks` must be an instance of callbacks.Callback.");
    }
    const bar =
      params.verbose !== 0 && !given.some((callback) => callback instanceof ProgbarLogger)
        ? [new ProgbarLogger()]
        : [];
    const list = new CallbackList([...given, ...(history ? [history] : []), ...bar]);
    list.start(this, params);
    return list;
  }

  /**
   * The loss and the metrics on samples.
   * @returns the loss if there are no metrics, else `[loss, …metrics]`; with `returnDict` an object by name
   * @see https://keras.io/api/models/model_training_apis/#evaluate-method
   */
  evaluate(
    x: TensorLike,
    y: TensorLike,
    options: EvaluateOptions & { readonly returnDict: true },
  ): Promise<Record<string, number>>;
  evaluate(
    x: TensorLike,
    y: TensorLike,
    options?: EvaluateOptions & { readonly returnDict?: false },
  ): Promise<number | number[]>;
  async evaluate(
    x: TensorLike,
    y: TensorLike,
    options: EvaluateOptions = {},
  ): Promise<Record<string, number> | number | number[]> {
    checkOptions("evaluate", options, evaluateOptions);
    const compiled = this.#needCompiled("evaluate");
    const batchSize = integerArgument("evaluate", "batchSize", options.batchSize ?? 32, 1);
    const dataset = datasetFrom("evaluate", x, y, options.sampleWeight, null);
    this.#buildCompiled("evaluate", dataset, false);
    const loop = new Loop(dataset, dataset.rows, batchSize, (batch) => this.#tracked(this.#testStep(batch)));
    const list = this.#callbacks(options, undefined, {
      epochs: 1,
      steps: loop.steps,
      verbose: verbosity(options.verbose),
    });
    try {
      loop.start(inOrder(dataset.rows));
      const logs = await this.#evaluateLoop(loop, list, new EventLoopTurns());
      return options.returnDict ? logs : listed(logs, compiled);
    } finally {
      loop.release();
    }
  }

  /**
   * The model's outputs for samples.
   * @returns `(samples, …)`
   * @see https://keras.io/api/models/model_training_apis/#predict-method
   */
  async predict(x: TensorLike, options: PredictOptions = {}): Promise<Tensor> {
    checkOptions("predict", options, runOptions);
    const batchSize = integerArgument("predict", "batchSize", options.batchSize ?? 32, 1);
    const dataset = datasetFrom("predict", x, undefined, null, null);
    const output = this.#prepareFor(dataset.x).slice(1) as number[];
    const loop = new Loop(
      dataset,
      dataset.rows,
      batchSize,
      (batch) => this.run([batch.x], { training: false }) as Tensor,
    );
    const list = this.#callbacks(options, undefined, {
      epochs: 1,
      steps: loop.steps,
      verbose: verbosity(options.verbose),
    });
    const hears = list.hearsBatches("predict");
    const turns = new EventLoopTurns();
    let predictions: Float32Array | undefined;
    let shape: readonly number[] = output;
    try {
      loop.start(inOrder(dataset.rows));
      await list.call("onPredictBegin", {});
      for (let step = 0; step < loop.steps; step++) {
        if (hears) await list.call("onPredictBatchBegin", step, {});
        const batch = loop.runStep(step) as Tensor;
        shape = batch.shape.slice(1);
        predictions ??= new Float32Array(dataset.rows * sizeOf(shape));
        predictions.set(batch.data, step * batchSize * sizeOf(shape));
        if (hears) await list.call("onPredictBatchEnd", step, { outputs: batch });
        await turns.turn();
      }
      await list.call("onPredictEnd", {});
    } finally {
      loop.release();
    }
    return new Tensor(predictions as Float32Array, { shape: [dataset.rows, ...shape], dtype: "float32" });
  }

  /** One step on one batch. @returns as `evaluate` */
  async trainOnBatch(
    x: TensorLike,
    y: TensorLike,
    options: {
      sampleWeight?: TensorLike | null;
      classWeight?: ClassWeight | null;
      returnDict?: boolean;
    } = {},
  ): Promise<Record<string, number> | number | number[]> {
    const dataset = datasetFrom("trainOnBatch", x, y, options.sampleWeight, options.classWeight);
    this.#buildCompiled("trainOnBatch", dataset, true);
    return this.#onBatch(dataset, (batch) => this.#trainStep(batch), options.returnDict);
  }

  /** The loss and the metrics on one batch. @returns as `evaluate` */
  async testOnBatch(
    x: TensorLike,
    y: TensorLike,
    options: { sampleWeight?: TensorLike | null; returnDict?: boolean } = {},
  ): Promise<Record<string, number> | number | number[]> {
    const dataset = datasetFrom("testOnBatch", x, y, options.sampleWeight, null);
    this.#buildCompiled("testOnBatch", dataset, false);
    return this.#onBatch(dataset, (batch) => this.#testStep(batch), options.returnDict);
  }

  #onBatch(dataset: Dataset, step: (batch: Batch) => Tensor, returnDict = false) {
    const compiled = this.#compiled as Compiled;
    compiled.resetMetrics();
    const { x, y, sampleWeight } = dataset;
    runOnce([x, y as Tensor, ...(sampleWeight ? [sampleWeight] : [])], (xs, ys, ws) =>
      step({ x: xs, y: ys, sampleWeight: ws }),
    );
    const logs = compiled.logs();
    return returnDict ? logs : listed(logs, compiled);
  }

  /** The outputs for one batch. */
  async predictOnBatch(x: TensorLike): Promise<Tensor> {
    const dataset = datasetFrom("predictOnBatch", x, undefined, null, null);
    this.#prepareFor(dataset.x);
    return runOnce([dataset.x], (xs) => this.run([xs], { training: false }) as Tensor);
  }

  /**
   * Writes the model to a `.keras` file: configuration, weights, how it was compiled, the optimizer's state. Python Keras opens
   * it. There is always the old file or the new one, whenever the process is stopped. In a page, where there are no files,
   * `saving.toBytes(model)` gives the bytes.
   * @throws if the name does not end in `.keras`, `overwrite` is false and the file exists, or it cannot be written
   * @see https://keras.io/api/models/model_saving_apis/model_saving_and_loading/#save-method
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    const { saveModel } = await import("../saving/files.js");
    await saveModel(this, path, options);
  }

  /**
   * Writes the weights (and the optimizer's state, if the model is compiled) to a `.weights.h5` file.
   * @throws as `save`
   * @see https://keras.io/api/models/model_saving_apis/weights_saving_and_loading/#saveweights-method
   */
  async saveWeights(path: string, options: SaveOptions = {}): Promise<void> {
    const { saveWeights } = await import("../saving/files.js");
    await saveWeights(this, path, options);
  }

  /**
   * Takes the weights from a `.weights.h5`, `.keras` or `.h5` file.
   * @throws if the file is damaged or does not fit; then the model is as it was
   * @see https://keras.io/api/models/model_saving_apis/weights_saving_and_loading/#loadweights-method
   */
  async loadWeights(source: FileSource, options: LoadWeightsOptions = {}): Promise<void> {
    const { loadWeights } = await import("../saving/files.js");
    await loadWeights(this, source, options);
  }

  /** @throws if there is no such layer; the message lists the names */
  getLayer(nameOrIndex: string | number): Layer {
    const { layers } = this;
    const layer =
      typeof nameOrIndex === "number"
        ? layers.at(nameOrIndex)
        : layers.find(({ name }) => name === nameOrIndex);
    if (layer) return layer;
    throw new Error(
      `No such layer: ${JSON.stringify(nameOrIndex)}. Existing layers are: ${layers.map(({ name }) => name).join(", ")}.`,
    );
  }

  /** Prints the layers with their output shapes and parameters, as Keras does. */
  summary(options: SummaryOptions = {}): void {
    const toTerminal = !options.printFn && platform.isTerminal();
    const columns = Number(platform.environment("COLUMNS")) || platform.columns() || 80;
    const text = formatSummary({
      modelName: this.name,
      rows: this.summaryRows(),
      totals: { ...this.#totals() },
      kind: "sequential",
      columns,
      lineLength: options.lineLength,
      showTrainable: options.showTrainable,
      color: toTerminal,
    });
    (options.printFn ?? platform.write)(text);
  }

  /** What Keras writes of any layer; without what the model consists of. */
  protected ownConfig(): Config {
    return super.getConfig();
  }

  override getConfig(): Config {
    const graph = this.#graph;
    // a subclass has a constructor of its own, and says itself what that needs
    if (!graph || Object.getPrototypeOf(this) !== Model.prototype) return super.getConfig();
    return { name: this.name, trainable: this.trainable, ...graphConfig(graph, isFunctional) };
  }

  /**
   * The architecture as text; `models.modelFromJSON` makes a model of it.
   * @see https://keras.io/api/models/model_saving_apis/model_config_serialization/#tojson-method
   */
  toJSON(): string {
    return JSON.stringify(serialize(this));
  }

  protected summaryRows(): SummaryRow[] {
    return this.layers.map((layer) => ({
      name: layer.name,
      className: (layer.constructor as typeof Layer).className,
      outputShape: null,
      parameters: layer.built ? layer.countParams() : null,
      trainable: layer.weights.length > 0 ? layer.trainable : null,
    }));
  }

  #totals(): { trainable: ParameterTotal; nonTrainable: ParameterTotal; optimizer?: ParameterTotal } {
    const total = (variables: readonly Variable[]): ParameterTotal => {
      const parameters = variables.reduce((sum, variable) => sum + sizeOf(variable.shape), 0);
      return { parameters, bytes: parameters * 4 };
    };
    const trainable = this.trainableVariables;
    const nonTrainable = this.weights.filter((variable) => !trainable.includes(variable));
    const optimizer = this.#compiled?.optimizer;
    return {
      trainable: total(trainable),
      nonTrainable: total(nonTrainable),
      ...(optimizer?.built ? { optimizer: total(optimizer.variables) } : {}),
    };
  }
}

/** Keras counts the calls of nested functional models from 1. */
function isFunctional(layer: Layer): boolean {
  return layer instanceof Model && Object.getPrototypeOf(layer) === Model.prototype;
}

/** What of Keras's compile configuration means something here; the rest is about how Python runs a step. */
const COMPILE_OPTIONS = ["optimizer", "loss", "loss_weights", "metrics", "weighted_metrics"];

function verbosity(verbose: Verbosity | undefined): 0 | 1 | 2 {
  const value = verbose ?? "auto";
  if (value === "auto") return 1;
  if (value === 0 || value === 1 || value === 2) return value;
  throw new Error(`Expected \`verbose\` to be 0, 1, 2 or "auto". Received: verbose=${String(value)}`);
}

function inOrder(count: number, from = 0): Int32Array {
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = from + i;
  return order;
}

function validationDataset([x, y, sampleWeight]: readonly TensorLike[]): Dataset {
  return datasetFrom("fit (validationData)", x, y, sampleWeight ?? null, null);
}

/** The loss alone, or the loss and the metrics in the order in which they were given. */
function listed(logs: Record<string, number>, compiled: Compiled): number | number[] {
  const values = compiled.metrics.map((metric) => logs[metric.name]);
  return values.length === 1 ? values[0] : values;
}
