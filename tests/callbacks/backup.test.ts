import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callbacks, Input, layers, optimizers, Sequential, type Tensor, tensor, utils } from "keratin";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decodeSafeTensors } from "../../src/callbacks/backup/safetensors.js";
import { decodeState } from "../../src/callbacks/backup/trainingState.js";

let folder = "";
let backup = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keratin-backup-"));
  backup = join(folder, "backup");
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const FILE = "training_state.safetensors";
const samples = 30;
const x = tensor(
  Float32Array.from({ length: samples * 4 }, (_, i) => Math.sin(i * i)),
  [samples, 4],
);
const y = x.sum(1).reshape([samples, 1]);

function newModel(units = 5): Sequential {
  const model = new Sequential([
    Input([4]),
    new layers.Dense(units, { activation: "tanh" }),
    new layers.BatchNormalization(),
    new layers.Dropout(0.25),
    new layers.Dense(1),
  ]);
  model.compile({
    optimizer: new optimizers.Nadam({ learningRate: 0.02, useEma: true, emaMomentum: 0.9 }),
    loss: "mse",
    metrics: ["mae"],
  });
  return model;
}

/** Fails in a hook, when it is called for the n-th time. */
class Failing extends callbacks.Callback {
  calls = 0;
  steps = 0;
  constructor(
    readonly hook: "onTrainBatchEnd" | "onTrainBatchBegin" | "onEpochEnd" | "onEpochBegin" | "onTestEnd",
    readonly at: number,
  ) {
    super();
  }
  #hook(name: Failing["hook"]): void {
    if (name === "onTrainBatchEnd") this.steps++;
    if (name === this.hook && this.calls++ === this.at) throw new Error("the power is gone");
  }
  override onTrainBatchBegin = () => this.#hook("onTrainBatchBegin");
  override onTrainBatchEnd = () => this.#hook("onTrainBatchEnd");
  override onEpochBegin = () => this.#hook("onEpochBegin");
  override onEpochEnd = () => this.#hook("onEpochEnd");
  override onTestEnd = () => this.#hook("onTestEnd");
}

interface Setting {
  readonly saveFreq: "epoch" | number;
  readonly stepsPerEpoch: number | null;
  readonly shuffle: boolean;
}

/** Trains as a program does that is started once more: everything begins with the seed. */
async function train(setting: Setting | undefined, failing?: Failing, epochs = 3) {
  utils.clearSession();
  utils.setRandomSeed(8);
  const model = newModel();
  const history = await model.fit(x, y, {
    epochs,
    batchSize: 5,
    validationSplit: 0.2,
    stepsPerEpoch: setting?.stepsPerEpoch,
    shuffle: setting?.shuffle,
    verbose: 0,
    callbacks: [
      ...(setting ? [new callbacks.BackupAndRestore(backup, { saveFreq: setting.saveFreq })] : []),
      new callbacks.LearningRateScheduler((_, rate) => rate * 0.9),
      new callbacks.SwapEMAWeights({ swapOnEpoch: true }),
      new callbacks.ReduceLROnPlateau({ monitor: "loss", patience: 1 }),
      new callbacks.EarlyStopping({
        monitor: "val_loss",
        patience: 2,
        minDelta: 0.05,
        restoreBestWeights: true,
      }),
      ...(failing ? [failing] : []),
    ],
  });
  return { weights: model.getWeights().map((weight: Tensor) => [...weight.data]), history };
}

const settings: readonly Setting[] = [
  { saveFreq: 1, stepsPerEpoch: null, shuffle: true },
  { saveFreq: 3, stepsPerEpoch: null, shuffle: true },
  { saveFreq: "epoch", stepsPerEpoch: null, shuffle: true },
  { saveFreq: 1, stepsPerEpoch: 3, shuffle: true },
  { saveFreq: "epoch", stepsPerEpoch: 3, shuffle: true },
  { saveFreq: 2, stepsPerEpoch: 4, shuffle: false },
];

describe("a run that was stopped goes on to the same bits", () => {
  for (const setting of settings) {
    it(`stopped after each step: ${JSON.stringify(setting)}`, async () => {
      const whole = await train({ ...setting, saveFreq: "epoch" });
      const steps = setting.stepsPerEpoch ?? 5;
      for (let at = 0; at < whole.history.epoch.length * steps; at++) {
        await expect(train(setting, new Failing("onTrainBatchEnd", at))).rejects.toThrow("the power is gone");
        const counter = new Failing("onTrainBatchEnd", -1);
        const again = await train(setting, counter);
        expect(again.weights, `stopped after step ${at}`).toEqual(whole.weights);
        expect(again.history.history).toEqual(whole.history.history);
        expect(again.history.epoch).toEqual(whole.history.epoch);
        // the step in which it was stopped is not in the backup
        const interval = setting.saveFreq === "epoch" ? steps : setting.saveFreq;
        const total = whole.history.epoch.length * steps;
        expect(counter.steps, `steps after ${at}`).toBe(total - Math.floor(at / interval) * interval);
        expect(existsSync(backup)).toBe(false);
      }
    });
  }

  for (const hook of ["onEpochBegin", "onTrainBatchBegin", "onTestEnd", "onEpochEnd"] as const) {
    it(`stopped in ${hook}, two times`, async () => {
      const setting = { saveFreq: 2, stepsPerEpoch: null, shuffle: true } as const;
      const whole = await train(undefined);
      await expect(train(setting, new Failing(hook, 2))).rejects.toThrow("the power is gone");
      await expect(train(setting, new Failing(hook, 0))).rejects.toThrow("the power is gone");
      const again = await train(setting);
      expect(again.weights).toEqual(whole.weights);
      expect(again.history.history).toEqual(whole.history.history);
    });
  }

  it("also when early stopping had ended it, and only the last hook was missing", async () => {
    const setting = { saveFreq: "epoch", stepsPerEpoch: null, shuffle: true } as const;
    const whole = await train(setting, undefined, 30);
    expect(whole.history.epoch.length).toBeLessThan(30);
    class FailsAtEnd extends Failing {
      override onTrainEnd(): void {
        throw new Error("the power is gone");
      }
    }
    await expect(train(setting, new FailsAtEnd("onEpochEnd", -1), 30)).rejects.toThrow("the power is gone");
    const counter = new Failing("onTrainBatchEnd", -1);
    const again = await train(setting, counter, 30);
    expect(counter.steps).toBe(0);
    expect(again.weights).toEqual(whole.weights);
  });

  it("and for more epochs than were asked for at first", async () => {
    const setting = { saveFreq: "epoch", stepsPerEpoch: null, shuffle: true } as const;
    await expect(train(setting, new Failing("onEpochEnd", 1), 2)).rejects.toThrow();
    const again = await train(setting, undefined, 3);
    expect(again.history.epoch).toEqual([0, 1, 2]);
  });
});

it("a run on batches from a generator goes on to the same bits", async () => {
  // a generator of one's own starts anew with each process, so it has to depend on the epoch alone
  function* batches() {
    for (let from = 0; from < samples; from += 5) yield [x.slice(from, 5), y.slice(from, 5)] as const;
  }
  const fit = async (...given: callbacks.Callback[]) => {
    utils.clearSession();
    utils.setRandomSeed(8);
    const model = newModel();
    const { history } = await model.fit(batches, { epochs: 3, verbose: 0, callbacks: given });
    return { weights: model.getWeights().map((weight) => [...weight.data]), history };
  };
  const whole = await fit();
  for (let at = 1; at < 18; at += 4) {
    const options = { saveFreq: 2 };
    await expect(
      fit(new callbacks.BackupAndRestore(backup, options), new Failing("onTrainBatchEnd", at)),
    ).rejects.toThrow("the power is gone");
    const counter = new Failing("onTrainBatchEnd", -1);
    const again = await fit(new callbacks.BackupAndRestore(backup, options), counter);
    expect(again, `stopped after step ${at}`).toEqual(whole);
    expect(counter.steps).toBe(18 - Math.floor(at / 2) * 2);
  }
});

describe("the backup", () => {
  async function interrupted(options: callbacks.BackupAndRestoreOptions = {}, epochs = 3, at = 2) {
    utils.setRandomSeed(8);
    const model = newModel();
    await expect(
      model.fit(x, y, {
        epochs,
        batchSize: 5,
        verbose: 0,
        callbacks: [new callbacks.BackupAndRestore(backup, options), new Failing("onEpochEnd", at)],
      }),
    ).rejects.toThrow("the power is gone");
    return model;
  }
  const resume = (model: Sequential, options: callbacks.BackupAndRestoreOptions = {}, batchSize = 5) =>
    model.fit(x, y, {
      epochs: 3,
      batchSize,
      verbose: 0,
      callbacks: [new callbacks.BackupAndRestore(backup, options)],
    });

  it("is one safetensors file, and goes away at the end with its folder, but not with other files", async () => {
    await interrupted({}, 2, 1);
    expect(readdirSync(backup)).toEqual([FILE]);
    const { tensors } = decodeSafeTensors(readFileSync(join(backup, FILE)));
    expect([...tensors.keys()]).toContainEqual(expect.stringMatching(/^variable\.0\.sequential.*\/kernel$/));
    writeFileSync(join(backup, "notes.txt"), "mine");
    await resume(newModel());
    expect(readdirSync(backup)).toEqual(["notes.txt"]);
  });

  it("stays with deleteCheckpoint: false", async () => {
    await resume(newModel(), { deleteCheckpoint: false });
    const model = newModel();
    const { epoch } = await resume(model, { deleteCheckpoint: false });
    expect(epoch).toEqual([0, 1, 2]);
    expect(readdirSync(backup)).toEqual([FILE]);
  });

  it("of another model is refused, and the model stays as it is", async () => {
    await interrupted();
    const other = newModel(7);
    other.build([null, 4]);
    const before = other.getWeights().map((weight) => [...weight.data]);
    await expect(resume(other)).rejects.toThrow(
      /training cannot go on from .*training_state\.safetensors: its '.*kernel' has shape \(4, 5\) .* where model '.*' has '.*kernel' of shape \(4, 7\)/,
    );
    expect(other.getWeights().map((weight) => [...weight.data])).toEqual(before);
    const shallow = new Sequential([Input([4]), new layers.Dense(1)]);
    shallow.compile({ optimizer: "sgd", loss: "mse" });
    await expect(resume(shallow)).rejects.toThrow(/it has \d+ variables, and model '.*' .* has 6/);
  });

  it("from the middle of an epoch is refused for epochs of another length", async () => {
    utils.setRandomSeed(8);
    const options = { saveFreq: 1 } as const;
    await expect(
      newModel().fit(x, y, {
        batchSize: 5,
        verbose: 0,
        callbacks: [new callbacks.BackupAndRestore(backup, options), new Failing("onTrainBatchEnd", 3)],
      }),
    ).rejects.toThrow();
    await expect(resume(newModel(), options, 10)).rejects.toThrow(
      "it was made in the middle of an epoch of 6 steps, and an epoch has 3 now",
    );
  });

  it("that is damaged is refused wherever the damage is; with doubleCheckpoint the one before is taken", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    await interrupted({ doubleCheckpoint: true });
    expect(readdirSync(backup).sort()).toEqual([FILE, `${FILE}.bkp`]);
    const path = join(backup, FILE);
    const good = readFileSync(path);
    const older = readFileSync(`${path}.bkp`);
    const cut = (length: number) => good.subarray(0, length);
    const flipped = (at: number) => {
      const copy = Buffer.from(good);
      copy[at] ^= 1 << (at % 8);
      return copy;
    };
    for (let at = 0; at < good.length; at += 29) {
      expect(() => decodeState(cut(at)), `cut at ${at}`).toThrow();
      expect(() => decodeState(flipped(at)), `bit flipped at ${at}`).toThrow();
    }
    const damaged = [cut(0), cut(good.length - 1), flipped(2), flipped(good.length - 5)];
    const model = newModel();
    for (const bytes of damaged) {
      writeFileSync(path, bytes);
      writeFileSync(`${path}.bkp`, older);
      const { epoch } = await resume(model, { doubleCheckpoint: true });
      expect(epoch).toEqual([0, 1, 2]);
      expect(warn.mock.lastCall?.[0]).toMatch(/goes on from the backup before/);
      warn.mockClear();
      mkdirSync(backup, { recursive: true });
      writeFileSync(path, bytes);
      await expect(resume(model)).rejects.toThrow(/training cannot go on from .*\.safetensors: /);
      expect(readFileSync(path)).toEqual(Buffer.from(bytes));
    }
  });

  it("keeps what a callback of one's own remembers, tensors and special numbers too", async () => {
    class Remembering extends callbacks.Callback {
      memory: callbacks.CallbackState | undefined;
      override getState(): callbacks.CallbackState {
        return {
          numbers: [Number.NaN, Number.NEGATIVE_INFINITY, -0, 0.1],
          none: null,
          nested: { a: [Number.POSITIVE_INFINITY] },
          one: tensor([1, 2]),
          several: [tensor([[3]]), tensor([4], [1], "int32")],
        };
      }
      override setState(state: callbacks.CallbackState): void {
        this.memory = state;
      }
    }
    const fit = (callback: callbacks.Callback, ...others: callbacks.Callback[]) =>
      newModel().fit(x, y, {
        epochs: 2,
        verbose: 0,
        callbacks: [new callbacks.BackupAndRestore(backup), callback, ...others],
      });
    await expect(fit(new Remembering(), new Failing("onEpochEnd", 1))).rejects.toThrow();
    const callback = new Remembering();
    await fit(callback);
    expect(callback.memory).toEqual(new Remembering().getState());
    expect((callback.memory as { numbers: number[] }).numbers[2]).toBe(-0);
  });

  it("refuses bad arguments", () => {
    expect(() => new callbacks.BackupAndRestore("")).toThrow("Empty `backupDir`");
    for (const saveFreq of [0, -1, 1.5, Number.NaN, "batch" as "epoch"])
      expect(() => new callbacks.BackupAndRestore(backup, { saveFreq })).toThrow(
        "Invalid value for argument `saveFreq`",
      );
  });
});
