import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { callbacks, type Model } from "keratin";
import { buildModel } from "./build.js";
import type { PracticalModel } from "./models.js";
import type { ModelReport, Report } from "./report.js";
import { weightsSha256 } from "./weights.js";

/** Where the state of a training that may be interrupted is kept. */
const backupFolder = (out: string) => join(out, ".backup");
export const modelFile = (out: string, name: string) => join(out, `${name}.keras`);

/** Seconds that training took, over all runs that it took. */
export class Stopwatch extends callbacks.Callback {
  #before = 0;
  #start = 0;

  override onTrainBegin(): void {
    this.#before = 0;
    this.#start = performance.now();
  }
  get seconds(): number {
    return this.#before + (performance.now() - this.#start) / 1000;
  }
  override getState() {
    return { seconds: this.seconds };
  }
  override setState(state: callbacks.CallbackState): void {
    this.#before = Number(state.seconds);
    this.#start = performance.now();
  }
}

/** Keeps what is needed to go on, after each epoch, until training has ended. */
export function backup(out: string, name: string): callbacks.Callback {
  return new callbacks.BackupAndRestore(join(backupFolder(out), name));
}

/** Takes away what would let an interrupted run go on. */
export async function forgetBackups(out: string): Promise<void> {
  await rm(backupFolder(out), { recursive: true, force: true });
}

/**
 * The models that an interrupted run has finished.
 * @throws if there is a report of another run, or one that cannot be read
 */
export async function finishedBefore(out: string, report: Report): Promise<readonly ModelReport[]> {
  const path = join(out, "report.json");
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return [];
  let before: Report;
  try {
    before = JSON.parse(text);
    if (!Array.isArray(before.models)) throw new Error("it has no models");
  } catch (error) {
    throw new Error(
      `--resume: ${path} cannot be read (${(error as Error).message}). Leave --resume out to start again.`,
    );
  }
  const settings = (of: Report) => ({
    "--seed": of.seed,
    "--epochs": of.epochs,
    "--batch-size": of.batchSize,
    "--validation-split": of.validationSplit,
    "--data": [of.data?.train, of.data?.test, of.data?.labelCounts].join(),
  });
  const [then, now] = [settings(before), settings(report)];
  for (const option of Object.keys(now) as (keyof typeof now)[]) {
    if (then[option] === now[option]) continue;
    const given = option === "--data" ? "other data" : `${option} ${then[option]}, not ${now[option]}`;
    throw new Error(
      `--resume: ${path} is of a run with ${given}. Give the options of that run, or leave --resume out to start again.`,
    );
  }
  return before.models;
}

/** A finished model with its weights; undefined if its file is not there or is not the report's. */
export async function restored(
  definition: PracticalModel,
  before: ModelReport,
  out: string,
  seed: number,
): Promise<Model | undefined> {
  const model = await buildModel(definition, seed);
  // the file has the optimizer's state too
  model.optimizer?.build(model.trainableVariables);
  try {
    await model.loadWeights(modelFile(out, definition.name));
  } catch {
    return undefined;
  }
  return weightsSha256(model) === before.weightsSha256 ? model : undefined;
}
