import { isAbsolute, relative } from "node:path";
import { datasets, setBackend, setThreads, type Tensor } from "keratin";
import { unicodeOutput } from "../terminal.js";
import { userModel } from "../userModel/userModel.js";
import { imagesFor } from "./build.js";
import type { FigureData, ModelFigures } from "./html.js";
import { Interruption } from "./interruption.js";
import { type PracticalModel, practicalModels } from "./models.js";
import { firstKernel, worstMistakes } from "./pictures.js";
import { prepareFolder, type Report, writeReport } from "./report.js";
import { finishedBefore, forgetBackups, modelFile, restored } from "./resume.js";
import { drawDigit, explainParameters, labelCounts, structure, table, thousands, wrapped } from "./text.js";
import { type Digits, type Trained, trainingSamples, trainModel } from "./training.js";

export interface PracticalOptions {
  readonly models: readonly string[];
  /** Files with models of the user's own. */
  readonly model: readonly string[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly validationSplit: number;
  readonly seed: number;
  readonly data?: string;
  readonly out: string;
  readonly verbose: 0 | 1 | 2;
  readonly backend: "wasm" | "reference";
  readonly threads?: number;
  readonly json: boolean;
  /** Whether an interrupted run goes on. */
  readonly resume: boolean;
}

/**
 * Walks through the practical and writes its report.
 * @throws Interrupted after Ctrl-C; the report then holds what was finished
 */
export async function runPractical(options: PracticalOptions, version: string): Promise<Report> {
  const say = options.json ? () => {} : (text: string) => void process.stdout.write(`${text}\n`);
  setBackend(options.backend);
  if (options.threads !== undefined) setThreads(options.threads);
  const definitions = await definitionsOf(options);
  await prepareFolder(options.out);
  const interruption = new Interruption(
    `Stopped. ${options.out}/report.html holds what was finished; the same command with --resume goes on.`,
  );
  try {
    const report = await walk(definitions, options, version, say, interruption);
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    return report;
  } finally {
    interruption.end();
  }
}

/** The practical's models that were asked for, then the user's own. */
async function definitionsOf(options: PracticalOptions): Promise<PracticalModel[]> {
  const definitions = practicalModels.filter(({ name }) => options.models.includes(name));
  for (const path of options.model) {
    const own = await userModel(path, options.seed);
    if (definitions.some(({ name }) => name === own.name))
      throw new Error(`--model ${path}: there are two models called '${own.name}'. Rename one of the files.`);
    definitions.push(own);
  }
  return definitions;
}

async function walk(
  definitions: readonly PracticalModel[],
  options: PracticalOptions,
  version: string,
  say: (text: string) => void,
  interruption: Interruption,
): Promise<Report> {
  say("Supervised learning: deep learning\n\n1. The data\n");
  const { train, test, source } = await datasets.mnist.loadData({
    path: options.data,
    // standard output belongs to the report alone
    ...(options.json ? { write: (text: string) => void process.stderr.write(text) } : {}),
  });
  checkSplit(train.x.shape[0], options);
  const counts = labelCounts(train.y.data);
  describeData(train, test, source, counts, options, say);
  const digits = {
    train: { x: train.x.div(255), y: train.y },
    test: { x: test.x.div(255), y: test.y },
  };

  const report: Report = {
    keratin: version,
    seed: options.seed,
    epochs: options.epochs,
    batchSize: options.batchSize,
    validationSplit: options.validationSplit,
    data: { source, train: train.x.shape[0], test: test.x.shape[0], labelCounts: counts },
    models: [],
  };
  const pictures: Record<string, ModelFigures> = {};
  const figures: FigureData = { digit: train.x.at(0).data, label: train.y.data[0], models: pictures };
  const before = options.resume ? await finishedBefore(options.out, report) : [];
  if (!options.resume) await forgetBackups(options.out);
  const keep = async (definition: PracticalModel, trained: Trained) => {
    pictures[definition.name] = {
      description: definition.description,
      published: definition.published,
      mistakes: worstMistakes(trained.probabilities, digits.test),
      kernel: firstKernel(trained.model),
      parameters: trained.model.layers.map(explainParameters),
    };
    report.models.push(trained.report);
    await writeReport(options.out, report, figures);
  };
  // what was finished comes first, so that it stays in the report whenever this run is stopped
  for (const definition of definitions) {
    const known = before.find(({ name }) => name === definition.name);
    const model = known && (await restored(definition, known, options.out, options.seed));
    if (!known || !model) continue;
    const probabilities = (await model.predict(imagesFor(model, digits.test.x), { verbose: 0 })) as Tensor;
    await keep(definition, { model, report: known, probabilities });
    say(`${definition.name} was trained before. Accuracy: ${known.test.accuracy.toFixed(4)}\n`);
  }
  const done = new Set(report.models.map(({ name }) => name));
  if (done.size === 0) await writeReport(options.out, report, figures);
  say("2. The models\n");
  for (const definition of definitions.filter(({ name }) => !done.has(name))) {
    interruption.check();
    const trained = await trainModel(definition, options, digits, say, interruption);
    await keep(definition, trained);
    await trained.model.save(modelFile(options.out, definition.name));
  }
  await forgetBackups(options.out);
  say(
    `3. The models side by side\n\n${comparison(report, definitions)}\n\nThe report is in ${options.out}/report.html, the models are beside it.`,
  );
  return report;
}

/** @throws before anything is written, if the split leaves nothing to learn from */
function checkSplit(samples: number, { validationSplit }: PracticalOptions): void {
  if (trainingSamples(samples, validationSplit) > 0) return;
  throw new Error(
    `--validation-split ${validationSplit}: nothing of ${samples} training samples would be left to learn from. Choose a smaller share, such as 0.2.`,
  );
}

function describeData(
  train: Digits,
  test: Digits,
  source: string,
  counts: readonly number[],
  { validationSplit }: PracticalOptions,
  say: (text: string) => void,
): void {
  say(`MNIST, images of handwritten digits, from ${nearPath(source)}\n\n${structure(train, test)}\n`);
  say(
    wrapped(
      `Each image in x is a grid of 28 × 28 pixels, from ${extreme(train.x, "min")} (paper) to ${extreme(train.x, "max")} (ink). y says which digit it is.`,
    ),
  );
  const digits = counts.map((_, digit) => String(digit));
  say(
    `\nHow often each digit occurs in train$y:\n\n${table([
      ["digit", ...digits],
      ["count", ...counts.map(String)],
    ])}\n`,
  );
  const most = counts.indexOf(Math.max(...counts));
  const always = ((100 * counts[most]) / train.y.size).toFixed(1);
  say(
    wrapped(
      `Whoever always said ${most} would be right in ${always} % of the cases: a model has to beat that.`,
    ),
  );
  say(
    `\nThe first training image, a ${train.y.data[0]}:\n\n${drawDigit(train.x.at(0).data, unicodeOutput())}\n`,
  );
  const kept =
    validationSplit > 0
      ? ` The last ${Number((100 * validationSplit).toFixed(4))} % of the training images are kept for validation: no model learns from them, so they show how it does on images that are new to it.`
      : "";
  say(
    `${wrapped(`Learning goes better with small numbers, so all pixels are divided by 255 and lie between 0 and 1.${kept}`)}\n`,
  );
}

/** A path as seen from here, if it lies below. */
function nearPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === "" || near.startsWith("..") || isAbsolute(near) ? path : near;
}

function extreme(x: Tensor, which: "min" | "max"): string {
  return String(x[which]().item());
}

function comparison(report: Report, definitions: readonly PracticalModel[]): string {
  return table([
    ["model", "parameters", "accuracy", "practical", "seconds", "µs/step"],
    ...report.models.map((model) => [
      model.name,
      thousands(model.parameters),
      model.test.accuracy.toFixed(4),
      definitions.find(({ name }) => name === model.name)?.published?.toFixed(4) ?? "",
      model.seconds.fit.toFixed(1),
      model.microsecondsPerStep.toFixed(0),
    ]),
  ]);
}
