import { beforeAll, describe, expect, it } from "vitest";
import { golden } from "./golden.js";
import {
  batchLosses,
  digests,
  expectRunOfKeras,
  FirstSteps,
  mnist,
  names,
  type Run,
  relative,
  seeded,
  train,
} from "./practical.js";

interface GoldenTraining {
  readonly models: Record<
    string,
    Record<string, { readonly batch_loss: number[]; readonly running_accuracy: number[] }>
  >;
}
/** Two epochs over the first 9,600 samples (tests/golden/make/seeds.py). */
interface GoldenSeeds {
  readonly models: Record<
    string,
    Record<string, Run & { readonly weights: { path: string; sha256: string }[] }>
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

/** Samples of the runs from other seeds. */
const SAMPLES = 9600;

describe("the same seed gives the same numbers as Keras on JAX", () => {
  const weights = golden<GoldenWeights>("weights");
  const training = golden<GoldenTraining>("train");
  const seeds = golden<GoldenSeeds>("seeds");
  let data: Awaited<ReturnType<typeof mnist>>;
  beforeAll(async () => {
    data = await mnist();
  });

  for (const name of names) {
    it(`${name}: initial weights bit for bit`, () => {
      const model = seeded(name, 45);
      const expected = weights.models[name]["45"];
      expect(model.layers.map((layer) => layer.name)).toEqual(expected.layers);
      expect(model.countParams()).toBe(expected.count_params);
      expect(digests(model)).toEqual(expected.variables.map(({ path, sha256 }) => ({ path, sha256 })));
    });

    it(`${name}: losses and accuracies of the first 20 batches`, async () => {
      const steps = new FirstSteps();
      // the order of the samples is that of all 48,000
      const options = { validationSplit: 0.2, verbose: 0, stepsPerEpoch: 20, callbacks: [steps] } as const;
      await seeded(name, 45).fit(data.trainX(name), data.trainY, options);
      const expected = training.models[name]["45"];
      for (const [i, loss] of batchLosses(steps.loss).entries()) {
        expect(relative(loss, expected.batch_loss[i])).toBeLessThan(1e-5);
        expect(steps.accuracy[i]).toBeCloseTo(expected.running_accuracy[i], 6);
      }
      expect(steps.loss.length).toBe(20);
    });

    for (const [seed, expected] of Object.entries(seeds.models[name])) {
      it(`${name}, seed ${seed}: initial weights, steps, two epochs and evaluation on 9,600 samples`, async () => {
        const model = seeded(name, Number(seed));
        expect(digests(model)).toEqual(expected.weights);
        expectRunOfKeras(name, seed, await train(model, name, data, SAMPLES), expected, SAMPLES);
      });
    }
  }
});
