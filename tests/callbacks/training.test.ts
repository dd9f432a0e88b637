import fc from "fast-check";
import { callbacks, Input, layers, optimizers, Sequential, type Tensor, tensor, utils } from "keratin";
import { afterEach, describe, expect, it, vi } from "vitest";
import { wasmBackend } from "../../src/backends/wasm/wasmBackend.js";

afterEach(() => {
  vi.restoreAllMocks();
});

const samples = 26;
const x = tensor(
  Float32Array.from({ length: samples * 3 }, (_, i) => Math.sin(i * i)),
  [samples, 3],
);
const y = x.sum(1).reshape([samples, 1]);

function newModel(learningRate = 0.1): Sequential {
  utils.clearSession();
  utils.setRandomSeed(5);
  const model = new Sequential([
    Input([3]),
    new layers.Dense(4, { activation: "tanh" }),
    new layers.Dropout(0.2),
    new layers.Dense(1),
  ]);
  model.compile({
    optimizer: new optimizers.SGD({ learningRate, momentum: 0.9 }),
    loss: "mse",
    metrics: ["mae"],
  });
  return model;
}

const weightsOf = (model: { getWeights(): Tensor[] }) => model.getWeights().map((weight) => [...weight.data]);
const hooks = Object.getOwnPropertyNames(callbacks.Callback.prototype).filter((name) =>
  /^on(Train|Epoch|Test)/.test(name),
) as (keyof callbacks.LambdaCallbackOptions)[];

describe("errors in callbacks", () => {
  for (const hook of hooks) {
    it(`one in ${hook} ends fit with that error; the model can go on`, async () => {
      expect(hooks).toHaveLength(10);
      const model = newModel();
      const ended = vi.fn();
      const failing = new callbacks.LambdaCallback({
        [hook]: async () => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          throw new Error(`no more at ${hook}`);
        },
      });
      const options = { epochs: 2, batchSize: 8, validationSplit: 0.3, verbose: 0 } as const;
      await expect(
        model.fit(x, y, {
          ...options,
          callbacks: [failing, new callbacks.LambdaCallback({ onTrainEnd: ended })],
        }),
      ).rejects.toThrow(`no more at ${hook}`);
      expect(ended).not.toHaveBeenCalled();
      const { history } = await model.fit(x, y, options);
      expect(history.loss).toHaveLength(2);
      expect(history.loss.every(Number.isFinite)).toBe(true);
    });
  }

  it("the steps before the error have been taken, and no other", async () => {
    const whole: number[][][] = [];
    const record = new callbacks.LambdaCallback({ onTrainBatchEnd: () => void whole.push(weightsOf(model)) });
    let model = newModel();
    await model.fit(x, y, { batchSize: 5, verbose: 0, callbacks: [record] });
    for (const at of [0, 2, 5]) {
      model = newModel();
      const fails = new callbacks.LambdaCallback({
        onTrainBatchEnd: (batch) => {
          if (batch === at) throw new Error("stop");
        },
      });
      await expect(model.fit(x, y, { batchSize: 5, verbose: 0, callbacks: [fails] })).rejects.toThrow("stop");
      expect(weightsOf(model)).toEqual(whole[at]);
      expect(model.optimizer?.iterations.value.item()).toBe(at + 1);
    }
  });
});

describe("hooks of batches", () => {
  it("are awaited, one after another", async () => {
    const order: string[] = [];
    const slow = (name: string) =>
      new callbacks.LambdaCallback({
        onTrainBatchEnd: async (batch) => {
          await new Promise((resolve) => setTimeout(resolve, name === "a" ? 3 : 0));
          order.push(`${name}${batch}`);
        },
      });
    await newModel().fit(x, y, { batchSize: 13, verbose: 0, callbacks: [slow("a"), slow("b")] });
    expect(order).toEqual(["a0", "b0", "a1", "b1"]);
  });

  it("see the means over the epoch so far", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: samples }), async (batchSize) => {
        const model = newModel(0);
        model.layers[1].trainable = false;
        const seen: { batch: number; loss: number; mae: number }[] = [];
        // without dropout and with a learning rate of 0 every epoch sees the same model
        const plain = new Sequential([Input([3]), model.layers[0], model.layers[2]]);
        plain.compile({ optimizer: new optimizers.SGD({ learningRate: 0 }), loss: "mse", metrics: ["mae"] });
        await plain.fit(x, y, {
          batchSize,
          shuffle: false,
          verbose: 0,
          callbacks: [
            new callbacks.LambdaCallback({
              onTrainBatchEnd: (batch, logs = {}) =>
                void seen.push({ batch, loss: logs.loss, mae: logs.mae }),
            }),
          ],
        });
        expect(seen.map(({ batch }) => batch)).toEqual([...seen.keys()]);
        for (const { batch, loss, mae } of seen) {
          const count = Math.min(samples, (batch + 1) * batchSize);
          const error = (await plain.predict(x.slice(0, count), { verbose: 0 })).sub(y.slice(0, count));
          expect(loss).toBeCloseTo(error.mul(error).mean().item(), 5);
          expect(mae).toBeCloseTo(error.abs().mean().item(), 5);
        }
      }),
      { numRuns: 8 },
    );
  });

  it("see the weights as they are after the step, and may change them", async () => {
    const other = newModel();
    const model = newModel();
    let compared = 0;
    const compare = new callbacks.LambdaCallback({
      onTrainBatchEnd: async (batch) => {
        const rows = [batch * 8, Math.min(8, samples - batch * 8)] as const;
        await other.trainOnBatch(x.slice(...rows), y.slice(...rows));
        expect(weightsOf(model)).toEqual(weightsOf(other));
        compared++;
        // training goes on from what a callback puts there
        const halved = model.getWeights().map((weight) => weight.div(2));
        model.setWeights(halved);
        other.setWeights(halved);
      },
    });
    await model.fit(x, y, { batchSize: 8, shuffle: false, verbose: 0, callbacks: [compare] });
    expect(compared).toBe(4);
    expect(weightsOf(model)).toEqual(weightsOf(other));
  });

  it("change nothing by being there: the same bits however many steps run in a call", async () => {
    class Every extends callbacks.Callback {
      readonly heard: number[] = [];
      constructor(readonly steps: number) {
        super();
      }
      override stepsUntilCall(_phase: callbacks.Phase, batch: number): number {
        return this.steps - (batch % this.steps);
      }
      override onTrainBatchEnd(batch: number): void {
        this.heard.push(batch);
      }
    }
    const run = async (...given: callbacks.Callback[]) => {
      const model = newModel();
      const { history } = await model.fit(x, y, { epochs: 3, batchSize: 2, verbose: 0, callbacks: given });
      return { weights: weightsOf(model), history };
    };
    const expected = await run();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), async (steps) => {
        const callback = new Every(steps);
        expect(await run(callback)).toEqual(expected);
        // it hears of every batch that it asked for
        const wanted = [...Array(13).keys()].filter((batch) => (batch + 1) % steps === 0 || batch === 12);
        for (const batch of wanted) expect(callback.heard.filter((b) => b === batch)).toHaveLength(3);
      }),
      { numRuns: 10 },
    );
  });

  it("may use the model: predictions and evaluations in the middle leave the training alone", async () => {
    const run = async (...given: callbacks.Callback[]) => {
      const model = newModel();
      await model.fit(x, y, { epochs: 3, batchSize: 8, verbose: 0, callbacks: given });
      return weightsOf(model);
    };
    const curious = new callbacks.LambdaCallback({
      onTrainBatchBegin: async () => {
        await (curious.model as Sequential).predict(x, { verbose: 0 });
      },
      onEpochEnd: async () => {
        await (curious.model as Sequential).evaluate(x, y, { verbose: 0 });
      },
    });
    expect(await run(curious)).toEqual(await run());
  });
});

describe("the learning rate", () => {
  it("changes without compiling anything, and takes effect at once", async () => {
    const model = newModel();
    const compile = vi.spyOn(wasmBackend, "compile");
    const compiled: number[] = [];
    const weights: number[][][] = [];
    await model.fit(x, y, {
      epochs: 4,
      batchSize: 8,
      verbose: 0,
      callbacks: [
        new callbacks.LearningRateScheduler((epoch) => (epoch === 2 ? 0 : 0.1 / (epoch + 1))),
        new callbacks.ReduceLROnPlateau({ monitor: "loss", patience: 1, minDelta: 100, factor: 0.5 }),
        new callbacks.LambdaCallback({
          onEpochEnd: () => {
            compiled.push(compile.mock.calls.length);
            weights.push(weightsOf(model));
          },
        }),
      ],
    });
    expect(compiled.slice(1)).toEqual([compiled[0], compiled[0], compiled[0]]);
    expect(weights[1]).not.toEqual(weights[0]);
    expect(model.optimizer?.learningRate).toBe(Math.fround(0.1 / 4 / 2));
  });

  it("of a schedule that gives no number is refused", async () => {
    const callback = new callbacks.LearningRateScheduler(() => "0.1" as unknown as number);
    await expect(newModel().fit(x, y, { verbose: 0, callbacks: [callback] })).rejects.toThrow(
      "The output of the `schedule` function should be a float. Got: 0.1",
    );
  });
});

describe("arguments", () => {
  it("that make no sense are refused", () => {
    expect(() => new callbacks.ReduceLROnPlateau({ factor: 1 })).toThrow("does not support a factor >= 1.0");
    expect(() => new callbacks.LambdaCallback({ onEpoch: () => {} } as object)).toThrow(
      "LambdaCallback: there is no hook `onEpoch`. Expected one of: onTrainBegin, ",
    );
    expect(() => new callbacks.ModelCheckpoint("m.h5")).toThrow("must end in `.keras`");
    expect(() => new callbacks.ModelCheckpoint("m.keras", { saveWeightsOnly: true })).toThrow(
      "must end in `.weights.h5`",
    );
    expect(() => new callbacks.ModelCheckpoint("m.keras", { saveFreq: 0 })).toThrow(
      "Unrecognized saveFreq: 0",
    );
  });

  it("a figure that nobody knows the direction of needs a mode", async () => {
    const model = newModel();
    model.compile({
      optimizer: "sgd",
      loss: "mse",
      metrics: [(a: Tensor, b: Tensor) => a.sub(b).abs().mean(-1)],
    });
    await expect(
      model.fit(x, y, { verbose: 0, callbacks: [new callbacks.EarlyStopping({ monitor: "unheard_of" })] }),
    ).rejects.toThrow(
      "EarlyStopping callback received monitor=unheard_of, but Keras isn't able to automatically determine",
    );
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    await newModel().fit(x, y, {
      verbose: 0,
      callbacks: [new callbacks.EarlyStopping({ monitor: "val_loss" })],
    });
    expect(warn).toHaveBeenCalledWith(
      "Early stopping conditioned on metric `val_loss` which is not available. Available metrics are: loss,mae",
    );
  });

  it("TerminateOnNaN ends training, or throws", async () => {
    const infinite = newModel(1e38);
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const { epoch } = await infinite.fit(x, y, {
      epochs: 9,
      batchSize: 2,
      verbose: 0,
      callbacks: [new callbacks.TerminateOnNaN()],
    });
    expect(epoch).toEqual([0]);
    await expect(
      newModel(1e38).fit(x, y, {
        epochs: 9,
        batchSize: 2,
        verbose: 0,
        callbacks: [new callbacks.TerminateOnNaN({ raiseError: true })],
      }),
    ).rejects.toThrow(/^NaN or Inf loss encountered at batch \d+\. Loss value: (NaN|Infinity)\./);
  });
});
