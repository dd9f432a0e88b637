import { callbacks, type Model, Model as ModelClass, type metrics, type models, Tensor } from "keratin";

import { modelFile } from "./modelFile.js";
import type { LayerFigures, Progress, TrainingOutput } from "./outputs.js";
import { firstKernel, weightShapes } from "./pictures.js";
import { comesFrom, describeModel, nameOf, remember, trainingOf, weightsSha256 } from "./registry.js";
import { emit, emitProgress, post } from "./session.js";
import { threads } from "./threads.js";

type FitOptions = models.FitOptions;
type History = Awaited<ReturnType<Model["fit"]>>;
type Logs = Readonly<Record<string, number>>;

/** Least milliseconds between two messages about one run, and between two pictures of its weights. */
const PROGRESS_INTERVAL = 200;
const PICTURES_INTERVAL = 500;

/** Models that work now, so that they can be stopped. */
const working = new Set<Model>();
/** How each model was trained last, so that it can go on. */
const lastFit = new WeakMap<Model, { readonly data: readonly unknown[]; readonly options: FitOptions }>();

/** What the methods themselves do; the lab's own runs that nobody watches use these as well. */
const plain = {
  fit: ModelClass.prototype.fit as (...args: unknown[]) => Promise<History>,
  evaluate: ModelClass.prototype.evaluate as (...args: unknown[]) => Promise<unknown>,
  predict: ModelClass.prototype.predict as (...args: unknown[]) => Promise<unknown>,
};

/** Loss and metrics by name, without anything shown. */
export function quietEvaluate(model: Model, x: Tensor, y: Tensor): Promise<Record<string, number>> {
  const options = { verbose: 0, returnDict: true };
  return plain.evaluate.call(model, x, y, options) as Promise<Record<string, number>>;
}

/** What the options of all runs have in common. */
interface RunOptions {
  readonly verbose?: unknown;
  readonly callbacks?: readonly callbacks.Callback[];
}

/** The data of a call and its options: labels may be missing where batches come from an iterator. */
function splitArguments<O extends RunOptions>(
  [x, ...rest]: readonly unknown[],
  labelled: boolean,
): { readonly data: readonly unknown[]; readonly options: O } {
  const streams =
    typeof x === "function" ||
    (typeof x === "object" && x !== null && (Symbol.asyncIterator in x || "next" in x));
  const data = labelled && !streams ? [x, rest.shift()] : [x];
  return { data, options: (rest[0] ?? {}) as O };
}

const plainSummary = ModelClass.prototype.summary;

/** Ends whatever trains, after the current step. @returns whether something did */
export function stopTraining(): boolean {
  for (const model of working) model.stopTraining = true;
  return working.size > 0;
}

/** Tells the page where a run stands. Sees some of the batches only, so that many of them run in one call. */
class Reporter extends callbacks.Callback {
  readonly #model: Model;
  readonly #phase: "fit" | "evaluate" | "predict";
  readonly #before: Readonly<Record<string, readonly number[]>>;
  history: Record<string, number[]> = {};
  epochsDone = 0;
  #epoch = 0;
  #step = 0;
  #validating = false;
  #start = performance.now();
  /** When the first call of an epoch had come back: what it compiled is not the steps' time. */
  #warm = { step: 0, time: performance.now() };
  #perStep = 0;
  #told = 0;
  #pictured = 0;

  readonly #validates: boolean;

  /**
   * @param before the figures of earlier epochs, if training goes on
   * @param validates whether each epoch ends with a validation
   */
  constructor(
    model: Model,
    phase: "fit" | "evaluate" | "predict",
    before: Readonly<Record<string, readonly number[]>> = {},
    validates = false,
  ) {
    super();
    this.#model = model;
    this.#phase = phase;
    this.#before = before;
    this.#validates = validates;
  }

  /** It shows where a run stands and need not see every step. */
  override stepsUntilCall(): number {
    return Number.POSITIVE_INFINITY;
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  get microsecondsPerStep(): number {
    return this.#perStep * 1000;
  }

  #tell(step: number, logs: Logs, finished: boolean, phase: Progress["phase"] = this.#phase): void {
    const now = performance.now();
    if (!finished && now - this.#told < PROGRESS_INTERVAL) return;
    this.#told = now;
    const { epochs } = this.params;
    const steps = this.params.steps ?? 0;
    const pictured = this.#phase === "fit" && (finished || now - this.#pictured > PICTURES_INTERVAL);
    const kernel = (pictured && firstKernel(this.#model)) || undefined;
    if (kernel) this.#pictured = now;
    const left = Math.max(0, steps - step) + (this.#phase === "fit" ? (epochs - 1 - this.#epoch) * steps : 0);
    emitProgress({
      phase,
      model: nameOf(this.#model),
      epoch: this.#epoch,
      epochs,
      step,
      steps,
      microsecondsPerStep: this.#perStep * 1000,
      secondsLeft: (left * this.#perStep) / 1000,
      threads: threads(),
      logs: ofNumbers(logs),
      history: finished || step === steps ? merged(this.#before, this.history) : undefined,
      kernel,
      finished,
    });
  }

  #batch(batch: number, logs: Logs): void {
    const step = batch + 1;
    this.#step = step;
    if (this.#warm.step === 0) this.#warm = { step, time: performance.now() };
    else this.#perStep = (performance.now() - this.#warm.time) / (step - this.#warm.step);
    this.#tell(step, logs, false);
  }

  override onTrainBegin(): void {
    working.add(this.#model);
  }
  override onEpochBegin(epoch: number): void {
    this.#epoch = epoch;
    this.#warm = { step: 0, time: performance.now() };
  }
  override onTrainBatchEnd(batch: number, logs: Logs = {}): void {
    this.#batch(batch, logs);
  }
  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    // an epoch that was broken off has no figures of its own
    const whole = this.#step === this.params.steps && (!this.#validates || "val_loss" in logs);
    if (this.#model.stopTraining && !whole) return;
    for (const [name, value] of Object.entries(ofNumbers(logs))) {
      this.history[name] ??= [];
      this.history[name].push(value);
    }
    this.epochsDone = epoch + 1;
    this.#told = 0;
    this.#tell(this.params.steps ?? 0, logs, false);
  }
  override onTestBegin(): void {
    if (this.#phase === "fit") this.#validating = true;
    else this.#warm = { step: 0, time: performance.now() };
  }
  override onTestBatchEnd(batch: number, logs: Logs = {}): void {
    if (!this.#validating) this.#batch(batch, logs);
    else this.#tell(this.params.steps ?? 0, logs, false, "validate");
  }
  override onTestEnd(): void {
    this.#validating = false;
  }
  override onPredictBatchEnd(batch: number): void {
    this.#batch(batch, {});
  }

  finish(logs: Logs): void {
    working.delete(this.#model);
    this.#tell(this.params?.steps ?? 0, logs, true);
  }
}

/** Logs for curves and tables: of metrics that give several figures, their mean, as progress bars show it. */
function ofNumbers(logs: Readonly<Record<string, metrics.Figure>>): Logs {
  const meanOf = (figure: metrics.Figure): number =>
    typeof figure === "number"
      ? figure
      : figure.reduce<number>((sum, part) => sum + meanOf(part), 0) / figure.length;
  return Object.fromEntries(Object.entries(logs).map(([name, figure]) => [name, meanOf(figure)]));
}

/** From now on every model's work is shown on the page instead of printed. */
export function instrument(): void {
  const prototype = ModelClass.prototype as unknown as {
    fit(...args: unknown[]): Promise<History>;
    evaluate(...args: unknown[]): Promise<unknown>;
    predict(...args: unknown[]): Promise<unknown>;
    summary: Model["summary"];
  };
  prototype.fit = function (this: Model, ...args) {
    const { data, options } = splitArguments<FitOptions>(args, true);
    return shownFit(this, data, options, {});
  };
  prototype.evaluate = function (this: Model, ...args) {
    const { data, options } = splitArguments(args, true);
    return watched(this, "evaluate", options, (given) => plain.evaluate.call(this, ...data, given));
  };
  prototype.predict = async function (this: Model, ...args) {
    const { data, options } = splitArguments(args, false);
    const values = await watched(this, "predict", options, (given) =>
      plain.predict.call(this, ...data, given),
    );
    if (values instanceof Tensor) comesFrom(values, this);
    return values;
  };
  prototype.summary = function (this: Model, options = {}) {
    if (options.printFn) return plainSummary.call(this, options);
    let text = "";
    plainSummary.call(this, {
      ...options,
      printFn: (part) => {
        text += part.endsWith("\n") ? part : `${part}\n`;
      },
    });
    emit({
      kind: "summary",
      model: nameOf(this),
      text,
      layers: layerFigures(this),
      parameters: this.built ? this.countParams() : 0,
    });
  };
}

async function watched<T>(
  model: Model,
  phase: "evaluate" | "predict",
  options: RunOptions,
  run: (options: { verbose: 0; callbacks: readonly callbacks.Callback[] }) => Promise<T>,
): Promise<T> {
  const silent = options.verbose === 0;
  const reporter = new Reporter(model, phase);
  const result = await run({
    ...options,
    verbose: 0,
    callbacks: [...(options.callbacks ?? []), ...(silent ? [] : [reporter])],
  });
  if (!silent) reporter.finish({});
  return result;
}

async function shownFit(
  model: Model,
  data: readonly unknown[],
  options: FitOptions,
  before: Readonly<Record<string, number[]>>,
): Promise<History> {
  lastFit.set(model, { data, options });
  const reporter = new Reporter(
    model,
    "fit",
    before,
    Boolean(options.validationSplit || options.validationData) && (options.validationFreq ?? 1) === 1,
  );
  const epochs = options.epochs ?? 1;
  const earlier = trainingOf(model);
  const goesOn = Object.keys(before).length > 0;
  const output = (
    state: Pick<TrainingOutput, "running" | "stopped" | "history" | "epochsDone" | "weightsSha256">,
  ): TrainingOutput => ({
    kind: "training",
    model: nameOf(model),
    epochs,
    seconds: reporter.seconds + (goesOn ? (earlier?.seconds ?? 0) : 0),
    microsecondsPerStep: reporter.microsecondsPerStep,
    threads: threads(),
    parameters: model.built ? model.countParams() : 0,
    kernel: model.built ? firstKernel(model) : null,
    ...state,
  });
  const silent = options.verbose === 0;
  if (!silent)
    emit(output({ running: true, stopped: false, history: before, epochsDone: options.initialEpoch ?? 0 }));
  let history: History;
  try {
    history = await plain.fit.call(model, ...data, {
      ...options,
      verbose: 0,
      callbacks: [...(options.callbacks ?? []), reporter],
    });
  } finally {
    working.delete(model);
  }
  const epochsDone = Math.max(reporter.epochsDone, options.initialEpoch ?? 0);
  const sha = await weightsSha256(model);
  const whole = merged(before, reporter.history);
  const shown = output({
    running: false,
    stopped: epochsDone < epochs,
    history: whole,
    epochsDone,
    weightsSha256: sha,
  });
  remember(model, {
    history: whole,
    epochs: epochsDone,
    seconds: shown.seconds,
    microsecondsPerStep: shown.microsecondsPerStep,
    stopped: shown.stopped,
    weightsSha256: sha,
  });
  if (!silent) {
    reporter.finish({});
    emit(shown);
  }
  const name = nameOf(model);
  const file = await modelFile(model);
  post({ type: "trained", model: describeModel(name, model), file }, [file.buffer]);
  return history;
}

/** Goes on with a model whose training was stopped, from the next epoch. @throws if it was never trained here */
export async function resumeTraining(model: Model): Promise<void> {
  const last = lastFit.get(model);
  const training = trainingOf(model);
  if (!last || !training)
    throw new Error("This model was not trained since the page was opened. Run its cell again.");
  const { data, options } = last;
  await shownFit(model, data, { ...options, initialEpoch: training.epochs }, training.history);
}

function layerFigures(model: Model): LayerFigures[] {
  type Shape = readonly (number | null)[];
  let shape = (model.inputShape ?? []) as Shape;
  return model.layers
    .filter((layer) => layer.built)
    .map((layer) => {
      // a layer that needs no build knows no shape of its own
      const inputShape = (layer.inputShape as Shape | undefined) ?? shape;
      shape = layer.computeOutputShape(inputShape) as Shape;
      return {
        name: layer.name,
        className: (layer.constructor as unknown as { className: string }).className,
        inputShape: inputShape.slice(1),
        outputShape: shape.slice(1),
        parameters: layer.countParams(),
        weights: weightShapes(layer),
      };
    });
}

function merged(
  before: Readonly<Record<string, readonly number[]>>,
  after: Readonly<Record<string, readonly number[]>>,
): Record<string, number[]> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    Array.from(names, (name) => [name, [...(before[name] ?? []), ...(after[name] ?? [])]]),
  );
}
