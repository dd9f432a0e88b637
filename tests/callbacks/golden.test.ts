import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callbacks, Input, layers, ops, optimizers, Sequential, tensor, utils } from "keratin";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { platform } from "#platform";
import { camelCaseKeys } from "../../src/utils/serialization.js";
import { golden } from "../parity/golden.js";

interface Driven {
  readonly text: string;
  readonly rates: readonly number[];
  readonly epochs: number;
  readonly weight: number;
}
interface Monitored extends Driven {
  readonly options: { readonly monitor: string };
  readonly values: readonly number[];
}
interface Checkpoint {
  readonly options: { readonly filepath: string; readonly monitor: string };
  readonly values: readonly number[];
  readonly text: string;
  readonly saved: readonly string[];
}
interface Hooks {
  readonly stop_in: string | null;
  readonly fit: readonly string[];
  readonly others: readonly string[];
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly epochs: readonly number[];
  readonly weights: readonly (readonly number[])[];
}
interface Training {
  readonly use_ema: boolean;
  readonly text: string;
  readonly csv_lines: number;
  readonly rows: readonly (readonly string[])[];
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly weights: readonly (readonly number[])[];
}
const cases = golden<{
  readonly early_stopping: readonly Monitored[];
  readonly reduce_lr: readonly Monitored[];
  readonly scheduler: Driven;
  readonly checkpoint: readonly Checkpoint[];
  readonly hooks: readonly Hooks[];
  readonly training: readonly Training[];
}>("callbacks");

let printed = "";
let folder = "";
beforeEach(() => {
  printed = "";
  folder = mkdtempSync(join(tmpdir(), "keratin-callbacks-"));
  vi.spyOn(platform, "write").mockImplementation((text) => {
    printed += text;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** One weight, so that it can be told which epoch's weights a model holds; built and with metrics. */
async function smallModel(): Promise<Sequential> {
  utils.clearSession();
  utils.setRandomSeed(1);
  const model = new Sequential([Input([1]), new layers.Dense(1, { useBias: false })]);
  model.compile({
    optimizer: new optimizers.SGD({ learningRate: 0.1 }),
    loss: "mse",
    metrics: ["mae", "binary_accuracy"],
  });
  await model.evaluate(tensor([[0]]), tensor([[0]]), { verbose: 0 });
  return model;
}

async function drive(
  callback: callbacks.Callback,
  monitor: string,
  values: readonly number[],
): Promise<Driven> {
  const model = await smallModel();
  const rates: number[] = [];
  callback.setParams({ epochs: values.length, steps: 1, verbose: 0 });
  callback.setModel(model);
  model.stopTraining = false;
  await callback.onTrainBegin();
  for (const [epoch, value] of values.entries()) {
    model.setWeights([tensor([[epoch]])]);
    await callback.onEpochBegin(epoch);
    await callback.onEpochEnd(epoch, { [monitor]: value });
    rates.push((model.optimizer as optimizers.Optimizer).learningRate);
    if (model.stopTraining) break;
  }
  await callback.onTrainEnd();
  return { text: printed, rates, epochs: rates.length, weight: model.getWeights()[0].item() };
}

describe("callbacks that watch a figure decide and print as Keras's", () => {
  const options = (given: object) => camelCaseKeys(given as Record<string, unknown>);
  for (const [i, { options: given, values, ...expected }] of cases.early_stopping.entries()) {
    it(`EarlyStopping ${i}: ${JSON.stringify(given)}`, async () => {
      expect(await drive(new callbacks.EarlyStopping(options(given)), given.monitor, values)).toEqual(
        expected,
      );
    });
  }
  for (const [i, { options: given, values, ...expected }] of cases.reduce_lr.entries()) {
    it(`ReduceLROnPlateau ${i}: ${JSON.stringify(given)}`, async () => {
      expect(await drive(new callbacks.ReduceLROnPlateau(options(given)), given.monitor, values)).toEqual(
        expected,
      );
    });
  }
  for (const [i, { options: given, values, text, saved }] of cases.checkpoint.entries()) {
    it(`ModelCheckpoint ${i}: ${JSON.stringify(given)}`, async () => {
      const { filepath, ...others } = given;
      const model = await smallModel();
      const paths: string[] = [];
      for (const method of ["save", "saveWeights"] as const)
        vi.spyOn(model, method).mockImplementation(async (path) => void paths.push(path));
      const makeFolder = vi.spyOn(platform, "makeFolder").mockResolvedValue();
      const callback = new callbacks.ModelCheckpoint(filepath, options(others));
      callback.setModel(model);
      for (let epoch = 0; epoch < 4; epoch++) {
        callback.onEpochBegin(epoch);
        for (const batch of [0, 1])
          await callback.onTrainBatchEnd(batch, { [given.monitor]: values[2 * epoch + batch] });
        await callback.onEpochEnd(epoch, { [given.monitor]: values[2 * epoch] });
      }
      expect(printed).toBe(text);
      expect(paths).toEqual(saved);
      expect(makeFolder.mock.calls.flat()).toEqual(
        saved.filter((path) => path.includes("/")).map((path) => path.slice(0, path.lastIndexOf("/"))),
      );
    });
  }
  it("LearningRateScheduler", async () => {
    const schedule = (epoch: number, rate: number) => (epoch % 2 ? rate * 0.5 : rate + 0.01);
    const callback = new callbacks.LearningRateScheduler(schedule, { verbose: 1 });
    expect(await drive(callback, "loss", [0, 0, 0, 0, 0, 0])).toEqual(cases.scheduler);
  });
});

/** Notes every hook, and asks for the end of training in one of them. */
function recorder(stopIn: string | null): { callback: callbacks.Callback; lines: string[] } {
  const lines: string[] = [];
  const hooks: Record<string, (...args: unknown[]) => void> = {};
  for (const hook of Object.getOwnPropertyNames(callbacks.Callback.prototype).filter((n) =>
    n.startsWith("on"),
  )) {
    const name = hook
      .slice(2)
      .replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`)
      .toLowerCase();
    hooks[hook] = (...args) => {
      const index = typeof args[0] === "number" ? ` ${args[0]}` : "";
      lines.push(`${name}${index} ${Object.keys(args.at(-1) ?? {}).join(",")}`.trim());
      if (`${name}${index}` === stopIn) callback.model.stopTraining = true;
    };
  }
  const callback = new callbacks.LambdaCallback(hooks);
  return { callback, lines };
}

describe("hooks come in Keras's order, with Keras's figures", () => {
  for (const expected of cases.hooks) {
    it(`stop in ${expected.stop_in}`, async () => {
      utils.clearSession();
      utils.setRandomSeed(3);
      const model = new Sequential([Input([2]), new layers.Dense(1)]);
      model.compile({ optimizer: "sgd", loss: "mse", metrics: ["mae"] });
      const x = tensor(
        Float32Array.from({ length: 20 }, (_, i) => i / 20),
        [10, 2],
      );
      const y = x.sum(1).reshape([10, 1]);
      const { callback, lines } = recorder(expected.stop_in);
      const history = await model.fit(x, y, {
        batchSize: 4,
        epochs: 2,
        validationData: [x.slice(0, 5), y.slice(0, 5)],
        verbose: 0,
        callbacks: [callback],
      });
      expect(lines.splice(0)).toEqual(expected.fit);
      await model.evaluate(x, y, { batchSize: 4, verbose: 0, callbacks: [callback] });
      await model.predict(x, { batchSize: 4, verbose: 0, callbacks: [callback] });
      expect(lines).toEqual(expected.others);
      expect(history.epoch).toEqual(expected.epochs);
      expectClose(history.history, expected.history);
      expectClose(weightsOf(model), Object.fromEntries(expected.weights.entries()));
    });
  }
});

function weightsOf(model: Sequential): Record<string, number[]> {
  return Object.fromEntries(model.getWeights().map((weight, i) => [i, [...weight.data]]));
}

function expectClose(
  actual: Readonly<Record<string, readonly number[]>>,
  expected: Readonly<Record<string, readonly number[]>>,
): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    expect(actual[name]).toHaveLength(values.length);
    for (const [i, value] of values.entries())
      expect(Math.abs(actual[name][i] - value), `${name} ${i}`).toBeLessThan(1e-6);
  }
}

describe("whole runs", () => {
  for (const expected of cases.training) {
    it(`with several callbacks${expected.use_ema ? ", moving averages" : ""}`, async () => {
      utils.clearSession();
      utils.setRandomSeed(7);
      const model = new Sequential([
        Input([3]),
        new layers.Dense(4, { activation: "tanh" }),
        new layers.Dense(1),
      ]);
      model.compile({
        optimizer: new optimizers.SGD({ learningRate: 0.3, useEma: expected.use_ema, emaMomentum: 0.8 }),
        loss: "mse",
      });
      const x = tensor(
        Float32Array.from({ length: 60 }, (_, i) => -1 + (2 * i) / 59),
        [20, 3],
      );
      const y = ops.sin(x.sum(1)).reshape([20, 1]);
      const path = join(folder, "log.csv");
      const history = await model.fit(x, y, {
        batchSize: 8,
        epochs: 4,
        verbose: 0,
        validationData: [x.slice(0, 6), y.slice(0, 6)],
        validationFreq: 2,
        callbacks: [
          new callbacks.LearningRateScheduler((_, rate) => rate * 0.9, { verbose: 1 }),
          new callbacks.CSVLogger(path, { separator: ";" }),
          new callbacks.EarlyStopping({
            monitor: "loss",
            patience: 3,
            verbose: 1,
            restoreBestWeights: true,
          }),
          new callbacks.TerminateOnNaN(),
          ...(expected.use_ema ? [new callbacks.SwapEMAWeights({ swapOnEpoch: true })] : []),
        ],
      });
      expect(printed).toBe(expected.text);
      expectClose(history.history, expected.history);
      expectClose(weightsOf(model), Object.fromEntries(expected.weights.entries()));
      const text = readFileSync(path, "utf8");
      expect(text.split("\r\n")).toHaveLength(expected.csv_lines + 1);
      const rows = text
        .trimEnd()
        .split("\r\n")
        .map((row) => row.split(";"));
      expect(rows[0]).toEqual(expected.rows[0]);
      for (const [r, row] of expected.rows.slice(1).entries())
        for (const [c, field] of row.entries()) {
          const found = rows[r + 1][c];
          if (field === "NA" || c === 0) expect(found).toBe(field);
          else expect(Math.abs(Number(found) - Number(field))).toBeLessThan(1e-6);
        }
    });
  }
});
