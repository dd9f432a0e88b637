import { parseHTML } from "linkedom";
import { type ComparedModel, comparison, type Measure } from "../../figures/comparison.js";
import { confusionMatrix } from "../../figures/confusionMatrix.js";
import { curves } from "../../figures/curves.js";
import { digit } from "../../figures/digit.js";
import type { ChartOptions } from "../../figures/figure.js";
import { filters, type Kernel } from "../../figures/filters.js";
import { labelCounts } from "../../figures/labelCounts.js";
import { type Mistake, mostWrong } from "../../figures/mostWrong.js";
import { figureStyle } from "../../figures/style.js";
import { escape } from "../../figures/svg.js";
import { practicalModels } from "./models.js";
import type { ModelReport, Report } from "./report.js";

/** What the figures show that is not in the report's numbers. */
export interface FigureData {
  /** The first training digit, 784 numbers from 0 to 255. */
  readonly digit: ArrayLike<number>;
  /** By model: the test digits it is most wrong about. */
  readonly mistakes: Readonly<Record<string, readonly Mistake[]>>;
  /** By model: the first layer's weights. */
  readonly kernels: Readonly<Record<string, Kernel | undefined>>;
}

const MEASURES: readonly Measure[] = ["errors", "parameters", "seconds", "microsecondsPerStep"];

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

const css = `${figureStyle}
*{box-sizing:border-box}body{margin:0;background:var(--surface);color:var(--text);font:17px/1.55 system-ui,sans-serif}main{max-width:60rem;margin:auto;padding:1.5rem}
h1{font-size:1.9rem;line-height:1.2}h2{margin-top:2.5rem;border-top:1px solid var(--line);padding-top:1.2rem}.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:1rem 2rem}
figure{margin:1rem 0;max-width:34rem}.small{width:9rem}figcaption,.soft{color:var(--text-muted);font-size:.9rem}figcaption{margin-top:.4rem}
.scroll{overflow-x:auto}table{border-collapse:collapse}th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid var(--line)}th:first-child,td:first-child{text-align:left}details{margin:.6rem 0}summary{cursor:pointer}
@media print{h2{break-before:page}figure{break-inside:avoid}}`;

function modelSection(model: ModelReport, figures: FigureData, options: ChartOptions): string {
  const kernel = figures.kernels[model.name];
  const weights = kernel && filters(kernel, options);
  const mistakes = figures.mistakes[model.name] ?? [];
  return `<section><h2>${escape(model.name)}</h2>
<p>${model.parameters.toLocaleString("en-US")} parameters. Test accuracy <strong>${model.test.accuracy.toFixed(4)}</strong>: of 10,000 digits it never saw, it reads ${Math.round(model.test.accuracy * 10000).toLocaleString("en-US")} right. Training took ${model.seconds.fit.toFixed(1)} s.</p>
<div class="pair"><figure>${history(model, "loss", options)}<figcaption>Loss: how wrong the probabilities are. When the validation curve turns up while the training curve falls, the model learns its examples by heart.</figcaption></figure>
<figure>${history(model, "accuracy", options)}<figcaption>Accuracy: the share of digits read right.</figcaption></figure></div>
<figure>${confusionMatrix(model.confusion, model.name, options)}<figcaption>Each row is what the model said, each column what was written. The diagonal is right; everything else shows which digits it mixes up.</figcaption></figure>
${weights ? `<h3>What the first layer looks for</h3><figure>${weights}<figcaption>Blue cells speak for a pattern, orange ones against it.</figcaption></figure>` : ""}
${mistakes.length ? `<h3>Where it is most wrong</h3>${mostWrong(mistakes, options)}` : ""}
</section>`;
}

const exercises = [
  [
    "Why does multinom have 7,850 parameters?",
    "Each of the 10 outputs has one weight for each of the 784 pixels and one bias: 784 × 10 + 10 = 7,850.",
  ],
  [
    "Why can cnn be better than ffnn with a seventh of its parameters?",
    "A convolution uses the same 25 weights at every place of the image. It need not learn a stroke anew for every position.",
  ],
  [
    "How could the CNN be improved?",
    "More filters, a second convolution, dropout against learning by heart, more epochs: cnn_2 does some of it.",
  ],
];

/** The whole report as one page without scripts. */
export function reportHtml(report: Report, figures: FigureData): string {
  const published = new Map<string, number>(practicalModels.map((model) => [model.name, model.published]));
  const rows = report.models.map(
    (m) =>
      `<tr><td>${escape(m.name)}</td><td>${m.parameters.toLocaleString("en-US")}</td><td>${m.test.accuracy.toFixed(4)}</td><td>${published.get(m.name)?.toFixed(4) ?? ""}</td><td>${m.test.loss.toFixed(4)}</td><td>${m.seconds.fit.toFixed(1)}</td><td>${m.microsecondsPerStep.toFixed(0)}</td></tr>`,
  );
  const { document } = parseHTML("<!doctype html><body></body>");
  const options: ChartOptions = { document };
  const compared = report.models.map(
    (model): ComparedModel => ({
      name: model.name,
      parameters: model.parameters,
      accuracy: model.test.accuracy,
      published: published.get(model.name),
      seconds: model.seconds.fit,
      microsecondsPerStep: model.microsecondsPerStep,
    }),
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Supervised learning: deep learning</title><style>${css}</style></head><body><main>
<h1>Supervised learning: deep learning</h1>
<p class="soft">Keratin ${escape(report.keratin)}, seed ${report.seed}, ${report.epochs} epochs.</p>
<h2>The data</h2><p>${report.data.train.toLocaleString("en-US")} images to learn from and ${report.data.test.toLocaleString("en-US")} to be tested on, each 28 × 28 pixels from 0 (paper) to 255 (ink), with the digit that was meant.</p>
<div class="pair"><figure><div class="small">${digit(figures.digit, "the first training digit")}</div><figcaption>The first training image</figcaption></figure>
<figure>${labelCounts(report.data.labelCounts, options)}<figcaption>All digits occur about equally often, so guessing gives an accuracy of about 0.1.</figcaption></figure></div>
${report.models.map((model) => modelSection(model, figures, options)).join("\n")}
<section><h2>The models side by side</h2><div class="pair">${report.models.length ? MEASURES.map((measure) => `<figure>${comparison(compared, measure, options)}</figure>`).join("") : ""}</div>
<p class="soft">A mark across a bar is what the practical gives.</p>
<div class="scroll"><table><thead><tr><th>model</th><th>parameters</th><th>accuracy</th><th>practical</th><th>loss</th><th>seconds</th><th>µs per step</th></tr></thead><tbody>${rows.join("")}</tbody></table></div></section>
<section><h2>Exercises</h2>${exercises.map(([q, a]) => `<details><summary>${escape(q)}</summary><p>${escape(a)}</p></details>`).join("")}</section>
</main></body></html>`;
}
