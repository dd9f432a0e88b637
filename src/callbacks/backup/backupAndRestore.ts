import { platform } from "#platform";
import { Callback, type Phase } from "../callback.js";
import { applyState, captureState, decodeState, encodeState, type TrainingState } from "./trainingState.js";

export interface BackupAndRestoreOptions {
  /** `"epoch"` (the default), or a number of steps between two backups. */
  readonly saveFreq?: "epoch" | number;
  /** Whether the backup before the last is kept too, for the case that the last cannot be read. Default false. */
  readonly doubleCheckpoint?: boolean;
  /** Whether the backup is deleted when training has ended. Default true. */
  readonly deleteCheckpoint?: boolean;
}

const FILE = "training_state.safetensors";

/**
 * Keeps the state of training in a folder, so that a run that was stopped at any moment, in whatever way, goes on when the
 * program is started again, and ends with the same bits as one that was never stopped: weights, optimizer, random streams,
 * metrics, epoch, step, the order of the samples, and what the other callbacks remember (their `getState`).
 *
 * Each backup is one file that is replaced as a whole. This callback is called after all others, wherever it stands among
 * them. Two things differ from Keras: one can go on in the middle of an epoch, and `History` has the epochs
 * from before the break too.
 *
 * If a callback throws (say, on Ctrl-C), the backup stays; when training ends by itself or through `stopTraining`, it is
 * deleted.
 *
 * @see https://keras.io/api/callbacks/backup_and_restore/
 */
export class BackupAndRestore extends Callback {
  static override readonly className = "BackupAndRestore";
  readonly backupDir: string;
  readonly saveFreq: "epoch" | number;
  readonly doubleCheckpoint: boolean;
  deleteCheckpoint: boolean;
  #others: readonly Callback[] = [];
  #stepsSinceBackup = 0;
  #lastStep = 0;
  /** What the first epoch starts from, if that is in the middle. */
  #pending: TrainingState | undefined;

  /** @throws if `backupDir` is empty, or `saveFreq` is neither `"epoch"` nor a positive integer */
  constructor(backupDir: string, options: BackupAndRestoreOptions = {}) {
    super();
    if (!backupDir) throw new Error("Empty `backupDir` argument passed.");
    const { saveFreq = "epoch" } = options;
    if (saveFreq !== "epoch" && !(Number.isInteger(saveFreq) && saveFreq > 0)) {
      throw new Error(
        `Invalid value for argument \`saveFreq\`. Received: saveFreq=${String(saveFreq)}. Expected either "epoch" or a positive integer.`,
      );
    }
    this.backupDir = backupDir;
    this.saveFreq = saveFreq;
    this.doubleCheckpoint = options.doubleCheckpoint ?? false;
    this.deleteCheckpoint = options.deleteCheckpoint ?? true;
  }

  /** So that a backup has what the other callbacks make of a step. */
  override get runsLast(): boolean {
    return true;
  }

  override setCallbacks(callbacks: readonly Callback[]): void {
    this.#others = callbacks.filter((callback) => callback !== this);
  }

  override stepsUntilCall(phase: Phase): number {
    return phase === "train" && this.saveFreq !== "epoch"
      ? Math.max(1, this.saveFreq - this.#stepsSinceBackup)
      : Number.POSITIVE_INFINITY;
  }

  get #path(): string {
    return platform.joinPath(this.backupDir, FILE);
  }

  /** @throws if the backup cannot be read, or is another model's */
  override async onTrainBegin(): Promise<void> {
    this.#stepsSinceBackup = 0;
    this.#lastStep = 0;
    this.#pending = undefined;
    const state = await this.#read();
    if (!state) return;
    const { position } = state;
    if (position.step > 0 && state.steps !== this.params.steps) {
      throw this.#refusal(
        this.#path,
        `it was made in the middle of an epoch of ${state.steps} steps, and an epoch has ${this.params.steps} now`,
      );
    }
    this.#apply(state);
    this.model.resumeTraining(position);
    this.#lastStep = position.step;
    if (position.step > 0) this.#pending = state;
  }

  override onEpochBegin(): void {
    if (!this.#pending) return;
    // the metrics were reset, and other callbacks have begun the epoch a second time
    this.#apply(this.#pending);
    this.#pending = undefined;
  }

  override async onTrainBatchEnd(batch: number): Promise<void> {
    if (this.saveFreq === "epoch") return;
    this.#stepsSinceBackup += batch + 1 - this.#lastStep;
    this.#lastStep = batch + 1;
    if (this.#stepsSinceBackup >= this.saveFreq) await this.#save();
  }

  override async onEpochEnd(): Promise<void> {
    this.#lastStep = 0;
    if (this.saveFreq === "epoch") await this.#save();
  }

  override async onTrainEnd(): Promise<void> {
    if (!this.deleteCheckpoint) return;
    // the older one first: it must not outlive the other
    await platform.removeFile(`${this.#path}.bkp`);
    await platform.removeFile(this.#path);
    await platform.removeEmptyFolder(this.backupDir);
  }

  async #save(): Promise<void> {
    this.#stepsSinceBackup = 0;
    const bytes = encodeState(captureState(this.model, this.#others, this.params.steps));
    await platform.makeFolder(this.backupDir);
    if (this.doubleCheckpoint && (await platform.fileExists(this.#path)))
      await platform.writeFileAtomic(`${this.#path}.bkp`, await platform.readFile(this.#path));
    await platform.writeFileAtomic(this.#path, bytes);
  }

  /** The last backup that can be read; undefined if there is none. */
  async #read(): Promise<TrainingState | undefined> {
    let failure: Error | undefined;
    for (const path of [this.#path, `${this.#path}.bkp`]) {
      if (!(await platform.fileExists(path))) continue;
      try {
        const state = decodeState(await platform.readFile(path));
        if (failure) console.warn(`${failure.message} It goes on from the backup before: ${path}.`);
        return state;
      } catch (error) {
        failure ??= this.#refusal(path, error instanceof Error ? error.message : String(error));
      }
    }
    if (failure) throw failure;
    return undefined;
  }

  #apply(state: TrainingState): void {
    try {
      applyState(state, this.model, this.#others);
    } catch (error) {
      throw this.#refusal(this.#path, error instanceof Error ? error.message : String(error));
    }
  }

  #refusal(path: string, reason: string): Error {
    return new Error(
      `BackupAndRestore: training cannot go on from ${path}: ${reason}. Start the run with the model and the arguments that the backup was made with, or delete the file to train from the beginning.`,
    );
  }
}
