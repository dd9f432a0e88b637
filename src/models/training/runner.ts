import { Callback, CallbackList } from "../../callbacks/callback.js";
import { History } from "../../callbacks/history.js";
import { ProgbarLogger } from "../../callbacks/progbarLogger.js";
import type { Structure } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Tree } from "../../ops/tree.js";
import { type BatchSource, isBatchSource } from "./batchSource.js";
import { needCompiled } from "./compiled.js";
import { type ArrayData, datasetFrom, integerArgument, integerOrNull } from "./data.js";
import type { Feed } from "./feed.js";
import { FitRun, runTest, type StepLogs, type Validation } from "./fit.js";
import { fitSettings } from "./fitSettings.js";
import { type Figures, Hosted } from "./hosted.js";
import { Loop } from "./loop.js";
import {
  checkOptions,
  type EvaluateOptions,
  evaluateOptions,
  type FitOptions,
  type PredictOptions,
  predictOptions,
  type Verbosity,
  verbosity,
} from "./options.js";
import { Order } from "./order.js";
import { Pass } from "./pass.js";
import { runPredict } from "./predict.js";
import { feedOf } from "./resident.js";
import { StreamFeed } from "./stream.js";

/** Trains, evaluates, predicts. A page loads it with its first run. */
export class Runner extends Hosted {
  readonly #testing = new Pass<StepLogs>((batch) => this.model.testStep(batch));
  readonly #predicting = new Pass<Tree>((batch) => this.model.predictStep(batch) as Tree);

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
    list.start(this.model, { ...params, verbose: level });
    return list;
  }

  async fit(
    x: ArrayData | BatchSource,
    second?: ArrayData | FitOptions | null,
    third?: FitOptions,
  ): Promise<History> {
    const streamed = isBatchSource(x);
    const options = ((streamed ? (third ?? second) : third) ?? {}) as FitOptions;
    const settings = fitSettings(options);
    const compiled = needCompiled(this.model.name, this.inside.compiled, "fit");
    const { batchSize, shuffle, validationSplit } = settings;
    let feed: Feed;
    let order: Order | null = null;
    let heldOut: { feed: Feed; rows: Validation["rows"] } | undefined;
    if (streamed) {
      feed = await this.#streamed("fit", x, options.classWeight, true);
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
      const madeNow = this.prepare("fit", data, true);
      order = new Order(split, batchSize, shuffle);
      if (madeNow) order.discard();
      const training = feedOf(data, split, batchSize);
      feed = training;
      const count = data.rows - split;
      if (count > 0) {
        const rest = training.shared(count, settings.validationBatchSize);
        heldOut = { feed: rest, rows: { from: split, count } };
      }
    }
    const feeds = [feed, ...(heldOut ? [heldOut.feed] : [])];
    try {
      let validation: Validation | undefined;
      if (options.validationData) {
        const given = await this.#validationFeed(options.validationData, settings.validationBatchSize);
        feeds.push(given.feed);
        validation = this.#validation(given, settings.validationSteps);
      } else if (heldOut) validation = this.#validation(heldOut, settings.validationSteps);
      const loop = new Loop(feed, (batch) => this.model.trainStep(batch));
      const run = new FitRun(this, loop, order, validation, settings);
      this.inside.run = run;
      const history = new History();
      const params = { epochs: settings.epochs, steps: run.steps };
      const list = this.#callbacks(options.callbacks, options.verbose, params, history);
      this.model.stopTraining = false;
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

  #validation({ feed, rows }: { feed: Feed; rows: Validation["rows"] }, steps: number | null): Validation {
    return { loop: new Loop(feed, (batch) => this.model.testStep(batch)), rows, steps };
  }

  /** Batches that come one by one: the model is prepared for the first, the others are looked at as they come. */
  async #streamed(
    where: string,
    source: BatchSource,
    classWeight: FitOptions["classWeight"] | null,
    training: boolean,
  ): Promise<StreamFeed> {
    const feed = new StreamFeed(where, source, classWeight);
    this.prepare(where, await feed.peek(), training);
    feed.check = (batch) => this.checkBatch(where, batch);
    return feed;
  }

  async #validationFeed(
    given: NonNullable<FitOptions["validationData"]>,
    batchSize: number,
  ): Promise<{ feed: Feed; rows: Validation["rows"] }> {
    const where = "fit (validationData)";
    if (isBatchSource(given)) {
      return { feed: await this.#streamed(where, given, null, false), rows: null };
    }
    const [x, y, sampleWeight] = given;
    const data = datasetFrom(where, x, y, sampleWeight, null);
    this.prepare(where, data, false);
    return { feed: feedOf(data, data.rows, batchSize), rows: { from: 0, count: data.rows } };
  }

  async evaluate(
    x: ArrayData | BatchSource,
    second?: ArrayData | EvaluateOptions | null,
    third?: EvaluateOptions,
  ): Promise<Record<string, number> | Figures> {
    const streamed = isBatchSource(x);
    const options = ((streamed ? (third ?? second) : third) ?? {}) as EvaluateOptions;
    checkOptions("evaluate", options, evaluateOptions);
    needCompiled(this.model.name, this.inside.compiled, "evaluate");
    const batchSize = integerArgument("evaluate", "batchSize", options.batchSize ?? 32, 1);
    const steps = integerOrNull("evaluate", "steps", options.steps, 1);
    const run = async (loop: Loop<StepLogs>) => {
      const params = { epochs: 1, steps: steps ?? loop.feed.steps };
      const list = this.#callbacks(options.callbacks, options.verbose, params);
      const logs = await runTest(this, { loop, rows: null, steps }, list);
      return options.returnDict ? logs : this.listed(logs);
    };
    if (streamed) {
      return this.#testing.overStream(await this.#streamed("evaluate", x, null, false), run);
    }
    const data = datasetFrom("evaluate", x, second as ArrayData, options.sampleWeight, null, true);
    this.prepare("evaluate", data, false);
    return this.#testing.over(data, batchSize, run);
  }

  async predict(x: ArrayData | BatchSource, options: PredictOptions = {}): Promise<Structure<Tensor>> {
    checkOptions("predict", options, predictOptions);
    const batchSize = integerArgument("predict", "batchSize", options.batchSize ?? 32, 1);
    const steps = integerOrNull("predict", "steps", options.steps, 1);
    const run = (loop: Loop<Tree>) => {
      const params = { epochs: 1, steps: steps ?? loop.feed.steps };
      return runPredict(loop, steps, this.#callbacks(options.callbacks, options.verbose, params));
    };
    if (isBatchSource(x)) {
      const stream = new StreamFeed("predict", x, null);
      if (this.inside.callable) this.makeReady((await stream.peek()).x);
      return this.#predicting.overStream(stream, run);
    }
    const data = datasetFrom("predict", x, undefined, null, null, true);
    this.makeReady(data.x);
    return this.#predicting.over(data, batchSize, run);
  }
}
