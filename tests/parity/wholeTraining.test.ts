import { beforeAll, describe, expect, it } from "vitest";
import { type GoldenArray, golden } from "./golden.js";
import { expectRunOfKeras, mnist, names, type Run, seeded, train } from "./practical.js";

interface GoldenTraining {
  readonly models: Record<
    string,
    Record<string, Run & { readonly history_key_order: string[]; readonly predict_test_first20: GoldenArray }>
  >;
}

/** MNIST's training samples. */
const SAMPLES = 60_000;

describe("two epochs over all samples, seed 45", { timeout: 300_000 }, () => {
  const training = golden<GoldenTraining>("train");
  let data: Awaited<ReturnType<typeof mnist>>;
  beforeAll(async () => {
    data = await mnist();
  });

  for (const name of names) {
    it(name, async () => {
      const expected = training.models[name]["45"];
      const keras = { ...expected, running_loss: expected.running_loss.slice(0, 20) };
      const model = seeded(name, 45);
      const found = await train(model, name, data, SAMPLES);
      expect(Object.keys(found.history)).toEqual(expected.history_key_order);
      expectRunOfKeras(name, "45", found, keras, SAMPLES);
      // without a ReLU or a pool nothing is decided
      if (name !== "multinom") return;
      const predicted = await model.predict(data.testX(name).slice(0, 20), { verbose: 0 });
      for (const [i, p] of expected.predict_test_first20.data.entries()) {
        expect(Math.abs(predicted.data[i] - p)).toBeLessThan(1e-6);
      }
    });
  }
});
