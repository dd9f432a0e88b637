import type { Model, Tensor } from "keratin";
import { buildModel, imagesFor } from "./build.js";
import type { Interruption } from "./interruption.js";
import type { PracticalModel } from "./models.js";
import type { PracticalOptions } from "./practical.js";
import type { ModelReport } from "./report.js";
import { backup, Stopwatch } from "./resume.js";
import {
  commonestMistake,
  confusionMatrix,
  explainParameters,
  formatConfusion,
  heading,
  thousands,
  wrapped,
} from "./text.js";
import { weightsSha256 } from "./weights.js";

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
  say(`${heading(definition.name)}\n\n${wrapped(definition.description)}\n`);
  const model = await buildModel(definition, options.seed);
  model.summary({ printFn: json ? () => {} : undefined });
  say(
    `\nWhy so many parameters?\n${model.layers.map((layer) => `  ${explainParameters(layer)}`).join("\n")}`,
  );
  const samples = trainingSamples(train.x.shape[0], validationSplit);
  const steps = Math.ceil(samples / batchSize);
  say(
    `\nTraining on ${thousands(samples)} images, ${thousands(batchSize)} in a step: ${thousands(steps)} steps an epoch.\n`,
  );
  const running = { batchSize, verbose: json ? 0 : options.verbose, callbacks: [interruption] } as const;
  const stopwatch = new Stopwatch();
  const { history } = await model.fit(imagesFor(model, train.x), train.y, {
    ...running,
    epochs,
    validationSplit,
    callbacks: [interruption, stopwatch, backup(options.out, definition.name)],
  });
  const fit = stopwatch.seconds;
  interruption.check();

  say(`\nPredicting the ${thousands(test.x.shape[0])} test images, which it has never seen.\n`);
  const images = imagesFor(model, test.x);
  const start = performance.now();
  const probabilities = (await model.predict(images, running)) as Tensor;
  const predict = (performance.now() - start) / 1000;
  const confusion = confusionMatrix(probabilities.argmax(-1).data, test.y.data);
  const results = await model.evaluate(images, test.y, { ...running, verbose: 0, returnDict: true });
  interruption.check();
  // a user's model may be compiled without this metric
  const accuracy = results.accuracy ?? confusion.reduce((sum, row, i) => sum + row[i], 0) / test.y.size;
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
    test: { loss: results.loss, accuracy },
    confusion,
    weightsSha256: weightsSha256(model),
    seconds: { fit, predict },
    microsecondsPerStep: (fit * 1e6) / (steps * epochs),
  };
  return { model, report, probabilities };
}
