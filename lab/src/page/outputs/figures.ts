import { digit } from "../../../../figures/digit.js";
import { labelCounts } from "../../../../figures/labelCounts.js";
import type { Output } from "../../engine/outputs.js";
import { text } from "../../text/index.js";
import { comparison } from "../../widgets/comparison.js";
import { confusion } from "../../widgets/confusion.js";
import { featureMaps } from "../../widgets/featureMaps.js";
import { mostWrong } from "../../widgets/mostWrong.js";
import { parameterDrawing } from "../../widgets/parameterDrawing.js";
import { h, svgOf } from "../dom.js";
import { DigitChooser } from "./digitChooser.js";
import type { OutputHost } from "./outputList.js";

const t = text.shell;
type Drawn = Exclude<Output["kind"], "text" | "training">;
type OutputOf<K extends Output["kind"]> = Extract<Output, { kind: K }>;

/** How each kind of result is drawn. */
const drawings: {
  readonly [K in Drawn]: (holder: HTMLElement, output: OutputOf<K>, host: OutputHost) => void;
} = {
  summary(holder, { text: table, layers, model }) {
    holder.append(
      h("pre", { class: "summary-table", tabindex: 0, role: "group", "aria-label": t.summaryTable }, table),
    );
    if (layers.length === 0) return;
    const why = h("div", { class: "summary-why" }, h("p", { class: "why" }, t.whyParameters));
    holder.append(why);
    parameterDrawing(why, { model, layers });
  },
  digit(holder, { pixels, title }) {
    const caption = title !== "" && h("figcaption", {}, title);
    holder.append(h("figure", {}, svgOf(digit(pixels, title), "one-digit"), caption));
  },
  counts(holder, { counts }) {
    holder.append(h("figure", {}, svgOf(labelCounts(counts), "chart")));
  },
  confusion(holder, { matrix, examples, data, model }, host) {
    const total = matrix.flat().reduce((sum, count) => sum + count, 0);
    const right = matrix.reduce((sum, row, i) => sum + row[i], 0);
    holder.append(h("p", { class: "accuracy" }, t.share(right, total)));
    confusion(holder, {
      model,
      matrix,
      digits:
        data === null
          ? undefined
          : async (predicted, truth) =>
              (await host.digits(data, examples[predicted * 10 + truth])).map(({ pixels }) => pixels),
    });
  },
  mostWrong(holder, { model, mistakes }) {
    holder.append(h("p", { class: "output-title" }, t.mostWrong(mistakes.length)));
    mostWrong(holder, { model, mistakes });
  },
  featureMaps(holder, { model, layers, pixels }, host) {
    const chooser = new DigitChooser(pixels, host, async (chosen) => {
      widget.update({ model, layers: await host.featureMaps(model, chosen) });
    });
    holder.append(chooser.element);
    const widget = featureMaps(holder, { model, layers });
  },
  comparison(holder, { models }) {
    comparison(holder, {
      models: models.map(({ seconds, microsecondsPerStep, ...model }) => ({
        ...model,
        published: t.published[model.name],
        seconds: seconds ?? undefined,
        microsecondsPerStep: microsecondsPerStep ?? undefined,
      })),
    });
  },
};

export function draw(
  holder: HTMLElement,
  output: Exclude<Output, { kind: "text" | "training" }>,
  host: OutputHost,
): void {
  const drawing = drawings[output.kind] as (holder: HTMLElement, output: Output, host: OutputHost) => void;
  drawing(holder, output, host);
}
