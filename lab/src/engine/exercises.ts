import { layers, Model, Sequential } from "keratin";
import { loadData } from "./data.js";
import type { Verdict } from "./protocol.js";
import { imageShape, trainingOf } from "./registry.js";
import { valueOf } from "./scope.js";
import { quietEvaluate } from "./training.js";

// The checks of the exercises. Each looks at what the student's cell left behind and says the first thing that is missing, as the
// key of a sentence (text/en/exercises.ts) with its values.

type Values = Verdict["values"];
/** What a check throws as soon as it misses something. */
class Missing extends Error {
  constructor(
    readonly reason: string,
    readonly values: Values = {},
  ) {
    super(reason);
  }
}

function need(condition: boolean, reason: string, values: Values = {}): asserts condition {
  if (!condition) throw new Missing(reason, values);
}

/** What the student should count, from the sizes of the layers. */
const PARAMETERS = {
  multinomParameters: 784 * 10 + 10,
  ffnnParameters: 784 * 64 + 64 + 64 * 10 + 10,
  convParameters: 5 * 5 * 1 * 6 + 6,
} as const;

const CHECKS: Readonly<Record<string, () => Promise<Values>>> = {
  async parameters() {
    for (const [name, expected] of Object.entries(PARAMETERS)) {
      const given = valueOf(name);
      need(typeof given === "number", "undefinedNumber", { name });
      need(given === expected, given === 0 ? "stillZero" : "wrongNumber", { name, given });
    }
    return {};
  },
  ffnn: () => denseNetwork("myFfnn", [64], 0.95),
  dffnn: () => denseNetwork("myDffnn", [128, 64], 0.96),
  async compare() {
    const accuracies = valueOf("accuracies");
    need(typeof accuracies === "object" && accuracies !== null, "noAccuracies");
    const entries = Object.entries(accuracies as Record<string, unknown>);
    need(entries.length >= 2, "fewAccuracies", { count: entries.length });
    for (const [name, value] of entries) {
      need(typeof value === "number" && value >= 0 && value <= 1, "noAccuracy", {
        name,
        given: String(value),
      });
      const model = valueOf(name);
      need(model instanceof Model, "noModel", { name });
      const actual = await testAccuracy(model);
      need(Math.abs(actual - (value as number)) < 5e-4, "wrongAccuracy", { name, given: value as number });
    }
    const best = entries.reduce((a, b) => ((b[1] as number) > (a[1] as number) ? b : a))[0];
    const given = valueOf("best");
    need(typeof given === "string", "noBest");
    need(given === best, "wrongBest", { given });
    return { best };
  },
  async improve() {
    const model = sequential("improved");
    need(
      model.layers.some((layer) => layer instanceof layers.Conv2D),
      "noConvolution",
    );
    const training = trainingOf(model);
    need(training !== undefined, "notTrained", { name: "improved" });
    need(training.epochs <= 10, "tooManyEpochs", { epochs: training.epochs });
    const accuracy = await testAccuracy(model);
    need(accuracy >= 0.985, "accuracyBelow", { accuracy, wanted: 0.985, epochs: training.epochs });
    return { accuracy, epochs: training.epochs };
  },
};

export async function checkExercise(id: string): Promise<Verdict> {
  const check = CHECKS[id];
  if (!check) throw new Error(`There is no exercise ${id}.`);
  try {
    return { passed: true, reason: "passed", values: await check() };
  } catch (error) {
    if (error instanceof Missing) return { passed: false, reason: error.reason, values: error.values };
    throw error;
  }
}

async function denseNetwork(name: string, hidden: readonly number[], wanted: number): Promise<Values> {
  const model = sequential(name);
  const [first, ...rest] = model.layers;
  need(first instanceof layers.Flatten, "noFlatten", { name });
  need(
    rest.length === hidden.length + 1 && rest.every((layer) => layer instanceof layers.Dense),
    "wrongDenseCount",
    { name, wanted: hidden.length + 1, given: rest.filter((layer) => layer instanceof layers.Dense).length },
  );
  hidden.forEach((units, i) => {
    const config = rest[i].getConfig();
    need(config.units === units, "wrongUnits", { layer: i + 1, wanted: units, given: Number(config.units) });
    need(config.activation === "relu", "wrongActivation", {
      layer: i + 1,
      wanted: "relu",
      given: String(config.activation),
    });
  });
  const output = rest[hidden.length].getConfig();
  need(output.units === 10, "wrongOutputUnits", { given: Number(output.units) });
  need(output.activation === "softmax", "wrongOutputActivation", { given: String(output.activation) });
  need(model.optimizer !== undefined, "notCompiled", { name });
  const training = trainingOf(model);
  need(training !== undefined, "notTrained", { name });
  const accuracy = await testAccuracy(model);
  need(accuracy >= wanted, "accuracyBelow", { accuracy, wanted, epochs: training.epochs });
  return { accuracy, epochs: training.epochs };
}

function sequential(name: string): Sequential {
  const model = valueOf(name);
  need(model !== undefined, "noVariable", { name });
  need(model instanceof Sequential, "noSequential", { name });
  return model;
}

async function testAccuracy(model: Model): Promise<number> {
  const { test } = await loadData();
  const shape = imageShape(model);
  need(shape !== null, "noImages", { name: model.name });
  const x = test.x.div(255).reshape([test.x.shape[0], ...shape]);
  const results = await quietEvaluate(model, x, test.y);
  need("accuracy" in results, "noAccuracyMetric", { name: model.name });
  return results.accuracy;
}
