import { createHash } from "node:crypto";
import { datasets, Sequential, setBackend, type Tensor, utils } from "keratin";
import type { FigureData, Mistake, Picture } from "./html.js";
import { practicalModels } from "./models.js";
import { type ModelReport, prepareFolder, type Report, writeReport } from "./report.js";
import {
  confusionMatrix,
  drawDigit,
  explainParameters,
  formatConfusion,
  labelCounts,
  structure,
  table,
} from "./text.js";

export interface PracticalOptions {
  readonly models: readonly string[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly validationSplit: number;
  readonly seed: number;
  readonly data?: string;
  readonly out: string;
  readonly verbose: 0 | 1 | 2;
  readonly backend: "wasm" | "reference";
  readonly json: boolean;
}

/** Thrown when the user stopped the run. */
export class Interrupted extends Error {}

class Tiles {
  readonly mistakes: Record<string, readonly Mistake[]> = {};
  readonly filters: Record<string, readonly Picture[]> = {};
}

/** Walks through the practical and writes its report. */
export async function runPractical(options: PracticalOptions, version: string): Promise<Report> {
  const say = options.json ? () => {} : (text: string) => void process.stdout.write(`${text}\n`);
  await prepareFolder(options.out);
  setBackend(options.backend);
  utils.setRandomSeed(options.seed);

  say("Supervised learning: deep learning\n\n1. The data\n");
  const { train, test, source } = await datasets.mnist.loadData({ path: options.data });
  say(`MNIST from ${source}\n`);
  say(
    [
      "train",
      structure("x", train.x),
      structure("y", train.y),
      "test",
      structure("x", test.x),
      structure("y", test.y),
    ].join("\n"),
  );
  say(`\nPixels go from ${train.x.min().item()} to ${train.x.max().item()}.\n\nHow often each digit occurs:`);
  const counts = labelCounts(train.y.data);
  say(
    table([
      ["digit", ...counts.map((_, i) => String(i))],
      ["count", ...counts.map(String)],
    ]),
  );
  const unicode =
    process.platform !== "win32"
      ? /utf-?8/i.test(process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || "UTF-8")
      : true;
  say(`\nThe first training image, a ${train.y.data[0]}:\n${drawDigit(train.x.at(0).data, unicode)}\n`);
  say("Divided by 255, all pixels lie between 0 and 1: learning goes better with small numbers.\n");
  const images = { train: train.x.div(255), test: test.x.div(255) };

  const report: Report = {
    keratin: version,
    seed: options.seed,
    epochs: options.epochs,
    data: { source, train: train.x.shape[0], test: test.x.shape[0], labelCounts: counts },
    models: [],
  };
  const tiles = new Tiles();
  const figures: FigureData = { digit: train.x.at(0).data, ...tiles };
  await writeReport(options.out, report, figures);
  for (const name of options.models) {
    const finished = await trainOne(name, options, images, train.y, test.y, say, tiles);
    if (!finished) throw new Interrupted("stopped");
    report.models.push(finished);
    await writeReport(options.out, report, figures);
  }
  say("The models side by side\n");
  say(
    table([
      ["model", "parameters", "accuracy", "practical", "seconds", "µs/step"],
      ...report.models.map((m) => [
        m.name,
        m.parameters.toLocaleString("en-US"),
        m.test.accuracy.toFixed(4),
        practicalModels.find(({ name }) => name === m.name)?.published.toFixed(4) ?? "",
        m.seconds.fit.toFixed(1),
        m.microsecondsPerStep.toFixed(0),
      ]),
    ]),
  );
  say(`\nThe report is in ${options.out}/report.html`);
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return report;
}

async function trainOne(
  name: string,
  options: PracticalOptions,
  images: { readonly train: Tensor; readonly test: Tensor },
  trainLabels: Tensor,
  testLabels: Tensor,
  say: (text: string) => void,
  tiles: Tiles,
): Promise<ModelReport | undefined> {
  const definition = practicalModels.find((model) => model.name === name);
  if (!definition) throw new Error(`Unknown model ${name}.`);
  // every model starts from the seed, so that it comes out the same whichever models run before it
  utils.clearSession();
  utils.setRandomSeed(options.seed);
  say(`── ${name} ${"─".repeat(60 - name.length)}\n`);
  const model = new Sequential(definition.build());
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  if (!options.json) model.summary();
  say(`\nWhy so many?\n${model.layers.map((layer) => `  ${explainParameters(layer)}`).join("\n")}\n`);
  const shaped = (x: Tensor) => (definition.channels ? x.reshape([x.shape[0], 28, 28, 1]) : x);
  const verbose = options.json ? 0 : options.verbose;
  let interrupted = false;
  const stop = () => {
    if (interrupted) process.exit(130);
    interrupted = true;
    model.stopTraining = true;
  };
  process.on("SIGINT", stop);
  try {
    const start = performance.now();
    const { history } = await model.fit(shaped(images.train), trainLabels, {
      epochs: options.epochs,
      batchSize: options.batchSize,
      validationSplit: options.validationSplit,
      verbose,
    });
    const fit = (performance.now() - start) / 1000;
    if (interrupted) return undefined;
    const between = performance.now();
    const probabilities = await model.predict(shaped(images.test), { batchSize: options.batchSize, verbose });
    const predict = (performance.now() - between) / 1000;
    const predicted = probabilities.argmax(-1).data;
    const confusion = confusionMatrix(predicted, testLabels.data);
    const results = await model.evaluate(shaped(images.test), testLabels, {
      batchSize: options.batchSize,
      verbose: 0,
      returnDict: true,
    });
    if (interrupted) return undefined;
    say(`\n${formatConfusion(confusion)}\n\nAccuracy: ${results.accuracy.toFixed(4)}\n`);
    tiles.mistakes[name] = worstMistakes(probabilities, images.test, testLabels);
    tiles.filters[name] = firstLayer(model);
    const hash = createHash("sha256");
    for (const { value } of model.weights)
      hash.update(new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength));
    const samples = Math.floor(images.train.shape[0] * (1 - options.validationSplit));
    const steps = Math.ceil(samples / options.batchSize) * options.epochs;
    return {
      name,
      parameters: model.countParams(),
      trainableParameters: model.trainableVariables.reduce(
        (sum, v) => sum + v.shape.reduce((a, b) => a * b, 1),
        0,
      ),
      history,
      test: { loss: results.loss, accuracy: results.accuracy },
      confusion,
      weightsSha256: hash.digest("hex"),
      seconds: { fit, predict },
      microsecondsPerStep: (fit * 1e6) / steps,
    };
  } finally {
    process.off("SIGINT", stop);
  }
}

/** The 24 digits whose wrong answer the model is surest of. */
function worstMistakes(probabilities: Tensor, images: Tensor, labels: Tensor): Mistake[] {
  const { data } = probabilities;
  const mistakes: Mistake[] = [];
  const predicted = probabilities.argmax(-1).data;
  for (let i = 0; i < predicted.length; i++) {
    if (predicted[i] === labels.data[i]) continue;
    const pixels = images.at(i).data;
    mistakes.push({
      pixels,
      truth: labels.data[i],
      predicted: predicted[i],
      probability: data[i * 10 + predicted[i]],
    });
  }
  return mistakes.sort((a, b) => b.probability - a.probability).slice(0, 24);
}

/** The weights of the first layer that has any, as pictures. */
function firstLayer(model: Sequential): Picture[] {
  const kernel = model.weights[0];
  const { data } = kernel.value;
  const units = kernel.shape[kernel.shape.length - 1];
  const [width, height] = kernel.shape.length === 4 ? [kernel.shape[1], kernel.shape[0]] : [28, 28];
  if (width * height * units !== data.length) return [];
  return Array.from({ length: Math.min(units, 12) }, (_, unit) => ({
    width,
    height,
    values: Float32Array.from({ length: width * height }, (_, i) => data[i * units + unit]),
    label: kernel.shape.length === 4 ? `filter ${unit + 1}` : `unit ${unit}`,
  }));
}
