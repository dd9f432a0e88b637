import { parseHTML } from "linkedom";
import { type ComparedModel, comparison, type Measure } from "../../figures/comparison.js";
import { confusionMatrix } from "../../figures/confusionMatrix.js";
import { curves } from "../../figures/curves.js";
import { digit } from "../../figures/digit.js";
import type { ChartOptions } from "../../figures/figure.js";
import { filters, type Kernel } from "../../figures/filters.js";
import { labelCounts } from "../../figures/labelCounts.js";
import { type Mistake, mostWrong } from "../../figures/mostWrong.js";
import { escape } from "../../figures/svg.js";
import { comparisonExercises, dataExercises, type Exercise, modelExercises } from "./exercises.js";
import type { ModelReport, Report } from "./report.js";
import { reportStyle } from "./style.js";
import { commonestMistake, thousands } from "./text.js";

/** What the page shows that is not in the report's numbers. */
export interface FigureData {
  /** The first training digit, 784 numbers from 0 to 255. */
  readonly digit: ArrayLike<number>;
  /** The digit that was meant. */
  readonly label: number;
  readonly models: Readonly<Record<string, ModelFigures>>;
}

export interface ModelFigures {
  /** The test digits that the model is most wrong about. */
  readonly mistakes: readonly Mistake[];
  /** The first layer's weights, if it has any. */
  readonly kernel: Kernel | undefined;
  /** A line for each layer: why it has as many parameters. */
  readonly parameters: readonly string[];
  /** What kind of model it is. */
  readonly description: string;
  /** The accuracy that the practical gives, if it is one of its models. */
  readonly published: number | undefined;
}

const MEASURES: readonly Measure[] = ["errors", "parameters", "seconds", "microsecondsPerStep"];
/** As many pictures of dense units as can be told apart at a glance. */
const UNITS = 32;

const figure = (content: string, caption: string, className = "") =>
  `<figure${className ? ` class="${className}"` : ""}>${content}<figcaption>${escape(caption)}</figcaption></figure>`;

const folded = (exercises: readonly Exercise[]) =>
  exercises.length === 0
    ? ""
    : `<h3>Questions</h3>${exercises
        .map(
          ({ question, answer }) =>
            `<details><summary>${escape(question)}</summary><p>${escape(answer)}</p></details>`,
        )
        .join("")}`;

function history(model: ModelReport, quantity: "loss" | "accuracy", options: ChartOptions): string {
  const lines = [
    { name: "training", values: model.history[quantity] ?? [] },
    { name: "validation", values: model.history[`val_${quantity}`] ?? [] },
  ];
  return curves(
    { quantity, of: model.name, curves: lines.filter(({ values }) => values.length > 0) },
    options,
  );
}

/** What the validation loss says about learning by heart. */
function courseOfLoss({ history }: ModelReport): string {
  const losses = history.val_loss ?? [];
  if (losses.length < 2) return "";
  const best = losses.indexOf(Math.min(...losses)) + 1;
  return best === losses.length
    ? ` Here the validation loss was still falling in the last epoch: more epochs might help.`
    : ` Here the validation loss was lowest after epoch ${best} of ${losses.length}.`;
}

function dataSection(report: Report, figures: FigureData, options: ChartOptions): string {
  const { train, test, labelCounts: counts } = report.data;
  const picture = `<div class="small">${digit(figures.digit, "the first training digit")}</div>`;
  return `<section id="data"><h2>The data</h2>
<p>MNIST: ${thousands(train)} images to learn from and ${thousands(test)} to be tested on. Each is a grid of 28 × 28 pixels from 0 (paper) to 255 (ink), with the digit that was meant.</p>
<div class="pair">${figure(picture, `The first training image: a ${figures.label}.`)}
${figure(labelCounts(counts, options), "How often each digit occurs among the training images. They are about equally frequent, so that guessing gives an accuracy of about 0.1.")}</div>
${folded(dataExercises(report))}</section>`;
}

function modelSection(
  model: ModelReport,
  report: Report,
  { kernel, mistakes, parameters, description }: ModelFigures,
  options: ChartOptions,
): string {
  const right = model.confusion.reduce((sum, row, digit) => sum + row[digit], 0);
  const units = kernel?.shape.length === 2 ? kernel.shape[1] : 0;
  const weights =
    kernel && filters(kernel, { ...options, ...(units > 12 ? { limit: UNITS, columns: 8 } : {}) });
  const shown =
    units > UNITS
      ? `The first ${UNITS} of ${thousands(units)} units. `
      : units > 0
        ? "One image a unit. "
        : "";
  return `<section id="${escape(model.name)}"><h2>${escape(model.name)}</h2>
<p>${escape(description)}</p>
<p>Of the ${thousands(report.data.test)} test images, which it has never seen, it reads ${thousands(right)} right: an accuracy of <strong>${model.test.accuracy.toFixed(4)}</strong>. Training took ${model.seconds.fit.toFixed(1)} seconds.</p>
<h3>Why ${thousands(model.parameters)} parameters?</h3><ul class="lines">${parameters.map((line) => `<li>${escape(line)}</li>`).join("")}</ul>
<h3>Learning</h3>
<div class="pair">${figure(history(model, "loss", options), `Loss: how wrong the probabilities are. Where the validation curve turns up while the training curve falls, the model learns its examples by heart.${courseOfLoss(model)}`)}
${figure(history(model, "accuracy", options), "Accuracy: the share of digits read right. The training figures are means over an epoch in which the model still improves, so validation may lie above them at first.")}</div>
<div class="pair"><div><h3>What it mixes up</h3>
${figure(confusionMatrix(model.confusion, model.name, options), `Each row is what the model said, each column what was written. The diagonal is right; everything else shows which digits it mixes up. ${commonestMistake(model.confusion)}`)}</div>
${weights ? `<div><h3>What the first layer looks for</h3>${figure(weights, `${shown}Blue cells speak for a pattern, orange ones against it; the fainter, the less they matter.`)}</div>` : ""}</div>
${mistakes.length > 0 ? `<h3>Where it is most wrong</h3>${figure(mostWrong(mistakes, options), `The ${mistakes.length} test digits whose wrong answer it is surest of: what was written → what it says, and how probable it takes that to be.`, "wide")}` : ""}
${folded(modelExercises(model))}</section>`;
}

function comparisonSection(report: Report, figures: FigureData, options: ChartOptions): string {
  const { models } = report;
  const published = (name: string) => figures.models[name].published;
  if (models.length === 0) return `<section><p>No model has been finished yet.</p></section>`;
  const compared = models.map(
    (model): ComparedModel => ({
      name: model.name,
      parameters: model.parameters,
      accuracy: model.test.accuracy,
      published: published(model.name),
      seconds: model.seconds.fit,
      microsecondsPerStep: model.microsecondsPerStep,
    }),
  );
  const rows = models.map((m) => [
    m.name,
    thousands(m.parameters),
    m.test.accuracy.toFixed(4),
    published(m.name)?.toFixed(4) ?? "",
    m.test.loss.toFixed(4),
    m.seconds.fit.toFixed(1),
    m.microsecondsPerStep.toFixed(0),
  ]);
  const titles = ["model", "parameters", "accuracy", "practical", "loss", "seconds", "µs per step"];
  const cells = (tag: string, texts: readonly string[]) =>
    `<tr>${texts.map((text) => `<${tag}>${escape(text)}</${tag}>`).join("")}</tr>`;
  return `<section id="comparison"><h2>The models side by side</h2>
<p>Accuracy and loss are those of the test images. The practical's own figures, from other random numbers and ten epochs, stand beside ours; a mark across a bar is the practical's.</p>
<div class="scroll"><table><thead>${cells("th", titles)}</thead><tbody>${rows.map((row) => cells("td", row)).join("")}</tbody></table></div>
<div class="pair">${MEASURES.map((measure) => `<figure>${comparison(compared, measure, options)}</figure>`).join("")}</div>
${folded(comparisonExercises(report))}</section>`;
}

/** The whole report as one page without scripts, which needs nothing from elsewhere. */
export function reportHtml(report: Report, figures: FigureData): string {
  const { document } = parseHTML("<!doctype html><body></body>");
  const options: ChartOptions = { document };
  const { models, epochs } = report;
  const links = [
    ["data", "The data"],
    ...models.map(({ name }) => [name, name]),
    ["comparison", "Comparison"],
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><title>Supervised learning: deep learning</title><style>${reportStyle}</style></head><body><main>
<header><h1>Supervised learning: deep learning</h1>
<p class="soft">Keratin ${escape(report.keratin)}, seed ${report.seed}, ${epochs} ${epochs === 1 ? "epoch" : "epochs"}, ${thousands(report.batchSize)} images in a step, ${Number((100 * report.validationSplit).toFixed(4))} % of the training images kept for validation.</p>
<nav><ul>${links.map(([id, text]) => `<li><a href="#${escape(id)}">${escape(text)}</a></li>`).join("")}</ul></nav></header>
${dataSection(report, figures, options)}
${models.map((model) => modelSection(model, report, figures.models[model.name], options)).join("\n")}
${comparisonSection(report, figures, options)}
</main></body></html>
`;
}
