import type { CallbackList, TrainingPosition } from "../../callbacks/callback.js";
import type { Tree } from "../../ops/tree.js";
import type { FitSettings } from "./fitSettings.js";
import { EventLoopTurns, type Loop } from "./loop.js";
import { inOrder, type Order } from "./order.js";

/** What a step gives to the logs: figures by name; none where the metrics say it all. */
export type StepLogs = { readonly [name: string]: Tree };

/** What the loops need of a model. */
export interface Host {
  stopTraining: boolean;
  resetMetrics(): void;
  /** The figures so far, given what the last step gave. */
  figures(last: StepLogs): Record<string, number>;
}

/** Where training stands, apart from `stopTraining`. */
export type Position = Omit<TrainingPosition, "stopped">;

/** The batches of a validation, and which rows they take (null: those of the feed, as they lie). */
export interface Validation {
  readonly loop: Loop<StepLogs>;
  readonly rows: { readonly from: number; readonly count: number } | null;
  readonly steps: number | null;
}

/** Runs steps of a loop in one call, up to the first that a callback has to hear of. @returns how many; 0 at the end */
async function runSteps(
  host: Host,
  loop: Loop<StepLogs>,
  list: CallbackList,
  phase: "train" | "test",
  step: number,
  most: number,
  onRan?: (count: number) => void,
): Promise<{ count: number; last: StepLogs }> {
  const hears = list.hearsBatches(phase);
  const [begin, end] =
    phase === "train"
      ? (["onTrainBatchBegin", "onTrainBatchEnd"] as const)
      : (["onTestBatchBegin", "onTestBatchEnd"] as const);
  if (hears) await list.call(begin, step, {});
  const ran = await loop.run(Math.min(most, list.stepsUntilCall(phase, step)));
  if (!ran) return { count: 0, last: {} };
  onRan?.(ran.count);
  if (hears) await list.call(end, step + ran.count - 1, host.figures(ran.result));
  return { count: ran.count, last: ran.result };
}

/** Goes over a loop's batches once. @returns the figures */
export async function runTest(
  host: Host,
  { loop, rows, steps }: Validation,
  list: CallbackList,
  turns = new EventLoopTurns(),
): Promise<Record<string, number>> {
  host.resetMetrics();
  await loop.feed.start(rows && inOrder(rows.count, rows.from), 0);
  await list.call("onTestBegin", {});
  const total = steps ?? loop.feed.steps ?? Number.POSITIVE_INFINITY;
  let last: StepLogs = {};
  for (let step = 0; step < total; ) {
    const ran = await runSteps(host, loop, list, "test", step, total - step);
    if (ran.count === 0) break;
    step += ran.count;
    last = ran.last;
    await turns.turn();
  }
  const logs = host.figures(last);
  await list.call("onTestEnd", logs);
  return logs;
}

/** One run of `fit`. */
export class FitRun {
  position: Position;
  /** Whether the run that is resumed had been stopped. */
  stopped = false;

  /** @param order of the samples; null where the feed has one of its own */
  constructor(
    readonly host: Host,
    readonly loop: Loop<StepLogs>,
    readonly order: Order | null,
    readonly validation: Validation | undefined,
    readonly settings: FitSettings,
  ) {
    const { initialEpoch } = settings;
    this.position = { epoch: initialEpoch, step: 0, passStep: this.#stepsOfPass, shuffleState: null };
  }

  get #stepsOfPass(): number {
    return this.loop.feed.steps ?? Number.POSITIVE_INFINITY;
  }

  /** Steps of an epoch; null while unknown. */
  get steps(): number | null {
    return this.settings.stepsPerEpoch ?? this.loop.feed.steps;
  }

  /** @returns the last epoch's figures */
  async run(list: CallbackList): Promise<Record<string, number>> {
    const { host, validation } = this;
    const { epochs, validationFreq, stepsPerEpoch } = this.settings;
    const turns = new EventLoopTurns();
    let { epoch, step, passStep, shuffleState } = this.position;
    let { stopped } = this;
    let logs: Record<string, number> = {};
    let running = passStep < this.#stepsOfPass;
    if (running) await this.loop.feed.start(this.order?.pass(shuffleState) ?? null, passStep);
    // like Keras, looks at `stopTraining` only after a step and at the end of an epoch
    for (; epoch < epochs && !(stopped && step === 0); epoch++, step = 0) {
      host.resetMetrics();
      await list.call("onEpochBegin", epoch, {});
      if (stepsPerEpoch === null && step === 0) running = false;
      const total = this.steps ?? Number.POSITIVE_INFINITY;
      let last: StepLogs = {};
      while (step < total && !stopped) {
        if (!running) {
          shuffleState = this.order?.save() ?? null;
          await this.loop.feed.start(this.order?.pass() ?? null, 0);
          passStep = 0;
          running = true;
        }
        const ran = await runSteps(host, this.loop, list, "train", step, total - step, (count) => {
          this.position = { epoch, step: step + count, passStep: passStep + count, shuffleState };
        });
        if (ran.count === 0) {
          running = false;
          if (stepsPerEpoch === null) break;
          if (passStep === 0) throw new Error("fit: the generator gave no batch.");
          continue;
        }
        last = ran.last;
        step += ran.count;
        passStep += ran.count;
        if (passStep >= this.#stepsOfPass) running = false;
        stopped = host.stopTraining;
        await turns.turn();
      }
      logs = host.figures(last);
      if (validation && (epoch + 1) % validationFreq === 0) {
        const results = await runTest(host, validation, list, turns);
        for (const [name, value] of Object.entries(results)) logs[`val_${name}`] = value;
      }
      this.position = { epoch: epoch + 1, step: 0, passStep, shuffleState };
      await list.call("onEpochEnd", epoch, logs);
      stopped = host.stopTraining;
      await turns.turn();
    }
    return logs;
  }
}
