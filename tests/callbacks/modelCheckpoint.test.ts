import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callbacks, Input, layers, models, optimizers, Sequential, tensor, utils } from "keratin";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keratin-checkpoint-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const x = tensor(
  Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * i)),
  [20, 3],
);
const y = x.sum(1).reshape([20, 1]);

function newModel(): Sequential {
  utils.clearSession();
  utils.setRandomSeed(2);
  const model = new Sequential([
    Input([3]),
    new layers.Dense(4, { activation: "relu" }),
    new layers.Dense(1),
  ]);
  model.compile({ optimizer: new optimizers.Adam({ learningRate: 0.05 }), loss: "mse" });
  return model;
}

describe("ModelCheckpoint", () => {
  it("writes models that open again, with names from epoch and figures", async () => {
    const path = join(folder, "runs", "{epoch:02d}-{loss:.3f}.keras");
    const model = newModel();
    const { history } = await model.fit(x, y, {
      epochs: 3,
      batchSize: 5,
      verbose: 0,
      callbacks: [new callbacks.ModelCheckpoint(path)],
    });
    const files = readdirSync(join(folder, "runs")).sort();
    expect(files).toEqual(history.loss.map((loss, i) => `0${i + 1}-${loss.toFixed(3)}.keras`));
    const loaded = await models.loadModel(join(folder, "runs", files[2]));
    expect((await loaded.predict(x, { verbose: 0 })).data).toEqual(
      (await model.predict(x, { verbose: 0 })).data,
    );
    // and training goes on as the model's own
    const options = { batchSize: 5, shuffle: false, verbose: 0 } as const;
    await model.fit(x, y, options);
    await loaded.fit(x, y, options);
    expect(loaded.getWeights().map((w) => [...w.data])).toEqual(model.getWeights().map((w) => [...w.data]));
  });

  it("keeps the weights of the best epoch only, with saveBestOnly and saveWeightsOnly", async () => {
    const path = join(folder, "best.weights.h5");
    const model = newModel();
    const weights: number[][][] = [];
    const { history } = await model.fit(x, y, {
      epochs: 6,
      verbose: 0,
      callbacks: [
        // the learning rate explodes, so that an epoch in the middle is the best
        new callbacks.LearningRateScheduler((epoch) => (epoch > 2 ? 3 : 0.01)),
        new callbacks.ModelCheckpoint(path, {
          monitor: "loss",
          saveBestOnly: true,
          saveWeightsOnly: true,
        }),
        new callbacks.LambdaCallback({
          onEpochEnd: () => void weights.push(model.getWeights().map((w) => [...w.data])),
        }),
      ],
    });
    const best = history.loss.indexOf(Math.min(...history.loss));
    expect(best).toBeLessThan(5);
    const other = newModel();
    await other.loadWeights(path);
    expect(other.getWeights().map((w) => [...w.data])).toEqual(weights[best]);
  });

  it("writes every so many steps, also across epochs", async () => {
    const path = join(folder, "{epoch}-{batch:03d}.keras");
    await newModel().fit(x, y, {
      epochs: 3,
      batchSize: 4,
      verbose: 0,
      callbacks: [new callbacks.ModelCheckpoint(path, { saveFreq: 4 })],
    });
    expect(readdirSync(folder).sort()).toEqual(["1-004.keras", "2-003.keras", "3-002.keras"]);
  });

  it("says which name in the path is unknown, and why a file cannot be written", async () => {
    const fit = (path: string) =>
      newModel().fit(x, y, { verbose: 0, callbacks: [new callbacks.ModelCheckpoint(join(folder, path))] });
    await expect(fit("{val_loss:.2f}.keras")).rejects.toThrow(
      /Failed to format this callback filepath: ".*\{val_loss:\.2f\}\.keras"\. Reason: 'val_loss'\. Available are: epoch, loss\./,
    );
    await fit("a.keras");
    await expect(fit("a.keras/b.keras")).rejects.toThrow(/a\.keras/);
    expect(existsSync(join(folder, "a.keras"))).toBe(true);
  });

  it("warns when the figure is not there, and saves all the same", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    await newModel().fit(x, y, {
      verbose: 0,
      callbacks: [new callbacks.ModelCheckpoint(join(folder, "m.keras"), { saveBestOnly: true })],
    });
    expect(warn).toHaveBeenCalledWith("Can save best model only with val_loss available.");
    expect(readdirSync(folder)).toEqual(["m.keras"]);
  });
});
