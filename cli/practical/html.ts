import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { practicalModels } from "./models.js";
import type { ModelReport, Report } from "./report.js";

/** Pictures that are not in the report's numbers. */
export interface FigureData {
  /** The first training digit, 784 numbers from 0 to 255. */
  readonly digit: ArrayLike<number>;
  /** By model: the test digits it is most wrong about. */
  readonly mistakes: Readonly<Record<string, readonly Mistake[]>>;
  /** By model: the first layer's weights as small pictures. */
  readonly filters: Readonly<Record<string, readonly Picture[]>>;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly values: ArrayLike<number>;
  readonly label: string;
}

export interface Mistake {
  readonly pixels: ArrayLike<number>;
  readonly truth: number;
  readonly predicted: number;
  readonly probability: number;
}

const escape = (text: string) =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] as string);

/** A chart as SVG text. */
function plot(label: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML("<!doctype html><body></body>");
  const figure = Plot.plot({
    ...options,
    document,
    figure: false,
  });
  const svg = figure as unknown as { setAttribute(name: string, value: string): void; outerHTML: string };
  svg.setAttribute("style", "background:none;color:currentColor;max-width:100%");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return svg.outerHTML;
}

/** Shades of a picture: few, so that cells of one shade in a row are one rectangle of one path. */
const SHADES = 12;

function picture({ width, height, values, label }: Picture): string {
  const most = Math.max(...Array.from(values, Math.abs), 1e-9);
  const shadeAt = (i: number) => Math.round((values[i] / most) * SHADES);
  const paths = new Map<number, string>();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; ) {
      const from = x;
      const shade = shadeAt(y * width + x);
      while (x < width && shadeAt(y * width + x) === shade) x++;
      if (shade !== 0) {
        const run = `M${from} ${y}h${x - from}v1h${from - x}z`;
        paths.set(shade, (paths.get(shade) ?? "") + run);
      }
    }
  }
  const shapes = [...paths].map(([shade, path]) => {
    const colour = shade > 0 ? "var(--more)" : "var(--less)";
    return `<path d="${path}" fill="${colour}" fill-opacity="${(Math.abs(shade) / SHADES).toFixed(2)}"/>`;
  });
  return `<figure class="tile"><svg role="img" aria-label="${escape(label)}" viewBox="0 0 ${width} ${height}" shape-rendering="crispEdges">${shapes.join("")}</svg><figcaption>${escape(label)}</figcaption></figure>`;
}

function curves(model: ModelReport, kind: "loss" | "accuracy"): string {
  const points = (["", "val_"] as const).flatMap((prefix) =>
    (model.history[`${prefix}${kind}`] ?? []).map((value, i) => ({
      epoch: i + 1,
      value,
      data: prefix ? "validation" : "training",
    })),
  );
  return plot(`${kind} of ${model.name} by epoch, training and validation`, {
    width: 420,
    height: 240,
    x: { label: "epoch", ticks: Math.min(10, points.length / 2), tickFormat: "d" },
    y: { label: kind, grid: true },
    color: { domain: ["training", "validation"], range: ["var(--first)", "var(--second)"] },
    marks: [
      // a line needs two epochs
      Plot.dot(points, { x: "epoch", y: "value", fill: "data", r: 2.5 }),
      Plot.lineY(points, { x: "epoch", y: "value", z: "data", stroke: "data", strokeWidth: 2 }),
      Plot.text(
        points,
        Plot.selectLast({
          x: "epoch",
          y: "value",
          z: "data",
          text: "data",
          dy: -8,
          textAnchor: "end",
          fill: "currentColor",
        }),
      ),
    ],
  });
}

function confusion(model: ModelReport): string {
  const cells = model.confusion.flatMap((row, predicted) =>
    row.map((count, truth) => ({ predicted, truth, count })),
  );
  const wrong = Math.max(1, ...cells.filter((c) => c.predicted !== c.truth).map((c) => c.count));
  return plot(`confusion matrix of ${model.name}: rows predicted, columns true digits`, {
    width: 480,
    height: 400,
    padding: 0.02,
    x: { label: "true digit", axis: "top", type: "band" },
    y: { label: "predicted", type: "band" },
    marks: [
      Plot.cell(cells, {
        x: "truth",
        y: "predicted",
        fill: (c) => (c.predicted === c.truth ? "var(--first)" : "var(--second)"),
        fillOpacity: (c) => (c.predicted === c.truth ? 0.25 : (0.6 * c.count) / wrong),
      }),
      Plot.text(cells, {
        x: "truth",
        y: "predicted",
        text: (c) => (c.count ? String(c.count) : ""),
        fill: "currentColor",
      }),
    ],
  });
}

function comparison(models: readonly ModelReport[]): string {
  return plot("test accuracy of the models", {
    width: 640,
    height: 60 + 34 * models.length,
    marginLeft: 80,
    marginRight: 50,
    x: { label: "wrong test digits of 10,000", grid: true },
    y: { label: null, domain: models.map((m) => m.name) },
    marks: [
      Plot.barX(models, {
        x: (m) => Math.round((1 - m.test.accuracy) * 10000),
        y: "name",
        fill: "var(--first)",
        fillOpacity: 0.6,
      }),
      Plot.text(models, {
        x: (m) => Math.round((1 - m.test.accuracy) * 10000),
        y: "name",
        text: (m) => m.test.accuracy.toFixed(4),
        dx: 6,
        textAnchor: "start",
        fill: "currentColor",
      }),
    ],
  });
}

const css = `:root{color-scheme:light dark;--paper:#fff;--ink:#1b1b1f;--soft:#5a5a66;--line:#d9d9e0;--first:#2563a8;--second:#b3541e;--more:#1b1b1f;--less:#b3541e}
@media(prefers-color-scheme:dark){:root{--paper:#16161a;--ink:#ececf1;--soft:#a8a8b5;--line:#3a3a44;--first:#7fb2ec;--second:#f0a06a;--more:#ececf1;--less:#f0a06a}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.55 system-ui,sans-serif}main{max-width:60rem;margin:auto;padding:1.5rem}
h1{font-size:1.9rem;line-height:1.2}h2{margin-top:2.5rem;border-top:1px solid var(--line);padding-top:1.2rem}.pair{display:flex;flex-wrap:wrap;gap:1rem}.pair>figure{flex:1 1 24rem}
svg{max-width:100%;height:auto}figure{margin:1rem 0}figcaption,.soft{color:var(--soft);font-size:.9rem}.tiles{display:flex;flex-wrap:wrap;gap:.6rem}.tile{margin:0;width:5.2rem;text-align:center}.tile svg{width:100%;border:1px solid var(--line)}
.scroll{overflow-x:auto}table{border-collapse:collapse}th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid var(--line)}th:first-child,td:first-child{text-align:left}details{margin:.6rem 0}summary{cursor:pointer}
@media print{:root{--paper:#fff;--ink:#000;--soft:#444}h2{break-before:page}figure{break-inside:avoid}}`;

function modelSection(model: ModelReport, figures: FigureData): string {
  const filters = figures.filters[model.name] ?? [];
  const mistakes = figures.mistakes[model.name] ?? [];
  return `<section><h2>${escape(model.name)}</h2>
<p>${model.parameters.toLocaleString("en-US")} parameters. Test accuracy <strong>${model.test.accuracy.toFixed(4)}</strong>: of 10,000 digits it never saw, it reads ${Math.round(model.test.accuracy * 10000).toLocaleString("en-US")} right. Training took ${model.seconds.fit.toFixed(1)} s.</p>
<div class="pair"><figure>${curves(model, "loss")}<figcaption>Loss: how wrong the probabilities are. When the validation curve turns up while the training curve falls, the model learns its examples by heart.</figcaption></figure>
<figure>${curves(model, "accuracy")}<figcaption>Accuracy: the share of digits read right.</figcaption></figure></div>
<figure class="scroll">${confusion(model)}<figcaption>Each row is what the model said, each column what was written. The diagonal is right; everything else shows which digits it mixes up.</figcaption></figure>
${filters.length ? `<h3>What the first layer looks for</h3><div class="tiles">${filters.map(picture).join("")}</div><p class="soft">Dark cells speak for a pattern, orange ones against it.</p>` : ""}
${mistakes.length ? `<h3>Where it is most wrong</h3><div class="tiles">${mistakes.map((m) => picture({ width: 28, height: 28, values: m.pixels, label: `${m.truth}, read as ${m.predicted} (${Math.round(m.probability * 100)} %)` })).join("")}</div>` : ""}
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
  const counts = report.data.labelCounts.map((count, digit) => ({ digit, count }));
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Supervised learning: deep learning</title><style>${css}</style></head><body><main>
<h1>Supervised learning: deep learning</h1>
<p class="soft">Keratin ${escape(report.keratin)}, seed ${report.seed}, ${report.epochs} epochs.</p>
<h2>The data</h2><p>${report.data.train.toLocaleString("en-US")} images to learn from and ${report.data.test.toLocaleString("en-US")} to be tested on, each 28 × 28 pixels from 0 (paper) to 255 (ink), with the digit that was meant.</p>
<div class="pair"><div>${picture({ width: 28, height: 28, values: figures.digit, label: "The first training image" })}</div>
<figure>${plot("how often each digit occurs in the training data", { width: 460, height: 240, marginLeft: 50, x: { label: "digit", type: "band" }, y: { label: "images", grid: true }, marks: [Plot.barY(counts, { x: "digit", y: "count", fill: "var(--first)", fillOpacity: 0.6 })] })}<figcaption>All digits occur about equally often, so guessing gives an accuracy of about 0.1.</figcaption></figure></div>
${report.models.map((model) => modelSection(model, figures)).join("\n")}
<section><h2>The models side by side</h2><figure class="scroll">${report.models.length ? comparison(report.models) : ""}</figure>
<div class="scroll"><table><thead><tr><th>model</th><th>parameters</th><th>accuracy</th><th>practical</th><th>loss</th><th>seconds</th><th>µs per step</th></tr></thead><tbody>${rows.join("")}</tbody></table></div></section>
<section><h2>Exercises</h2>${exercises.map(([q, a]) => `<details><summary>${escape(q)}</summary><p>${escape(a)}</p></details>`).join("")}</section>
</main></body></html>`;
}
