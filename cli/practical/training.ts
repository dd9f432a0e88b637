import { createHash } from "node:crypto";
import { type Model, Sequential, type Tensor, utils } from "keratin";
import type { Interruption } from "./interruption.js";
import type { PracticalModel } from "./models.js";
import type { PracticalOptions } from "./practical.js";
import type { ModelReport } from "./report.js";
import {
  commonestMistake,
  confusionMatrix,
  explainParameters,
  formatConfusion,
  heading,
  thousands,
  wrapped,
} from "./text.js";

/** Images from 0 to 1, `(n, 28, 28)`, and their labels. */
export interface Digits {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** What came of a model. */
export interface Trained {
  readonly model: Model;
  readonly report: ModelReport;
  /** For the test images, `(n, 10)`. */
  readonly probabilities: Tensor;
}

/** Samples that training uses, as `fit` splits them. */
export function trainingSamples(count: number, validationSplit: number): number {
  return validationSplit === 0 ? count : Math.floor(count * (1 - validationSplit));
}

/**
 * Builds, trains and tests one model, and says what happens.
 * @throws Interrupted after Ctrl-C
 */
export async function trainModel(
  definition: PracticalModel,
  options: PracticalOptions,
  { train, test }: { readonly train: Digits; readonly test: Digits },
  say: (text: string) => void,
  interruption: Interruption,
): Promise<Trained> {
  const { epochs, batchSize, validationSplit, json } = options;
  const verbose = json ? 0 : options.verbose;
  // every model starts from the seed, so that it comes out the same whichever models run before it
  utils.clearSession();
  utils.setRandomSeed(options.seed);
  say(`${heading(definition.name)}\n\n${wrapped(definition.description)}\n`);
  const model = new Sequential(definition.build());
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  model.summary({ printFn: json ? () => {} : undefined });
  say(
    `\nWhy so many parameters?\n${model.layers.map((layer) => `  ${explainParameters(layer)}`).join("\n")}`,
  );

  const samples = trainingSamples(train.x.shape[0], validationSplit);
  const steps = Math.ceil(samples / batchSize);
  say(
    `\nTraining on ${thousands(samples)} images, ${thousands(batchSize)} in a step: ${thousands(steps)} steps an epoch.\n`,
  );
  const shaped = (x: Tensor) => (definition.channels ? x.reshape([x.shape[0], 28, 28, 1]) : x);
  const [{ history }, fit] = await timed(() =>
    interruption.during(model, () =>
      model.fit(shaped(train.x), train.y, { epochs, batchSize, validationSplit, verbose }),
    ),
  );
  interruption.check();

  say(`\nPredicting the ${thousands(test.x.shape[0])} test images, which it has never seen.\n`);
  const [probabilities, predict] = await timed(() => model.predict(shaped(test.x), { batchSize, verbose }));
  interruption.check();
  const confusion = confusionMatrix(probabilities.argmax(-1).data, test.y.data);
  const { loss, accuracy } = await model.evaluate(shaped(test.x), test.y, {
    batchSize,
    verbose: 0,
    returnDict: true,
  });
  interruption.check();
  say(
    `\n${formatConfusion(confusion)}\n\n${commonestMistake(confusion)}\n\nAccuracy: ${accuracy.toFixed(4)}\n`,
  );

  const report: ModelReport = {
    name: definition.name,
    parameters: model.countParams(),
    trainableParameters: model.trainableVariables.reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    ),
    history,
    test: { loss, accuracy },
    confusion,
    weightsSha256: weightsSha256(model),
    seconds: { fit, predict },
    microsecondsPerStep: (fit * 1e6) / (steps * epochs),
  };
  return { model, report, probabilities };
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await work();
  return [result, (performance.now() - start) / 1000];
}

/** Of the little-endian bytes of all weights, in order. */
function weightsSha256(model: Model): string {
  const hash = createHash("sha256");
  for (const { value } of model.weights)
    hash.update(new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength));
  return hash.digest("hex");
}
