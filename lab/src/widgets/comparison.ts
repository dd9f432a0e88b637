import "./controls.css";
import "./comparison.css";
import { type ComparedModel, comparison as draw, type Measure } from "../../../figures/comparison.js";
import { text } from "../text/index.js";
import { h } from "./dom.js";
import type { Mount } from "./widget.js";

export interface Props {
  readonly models: readonly ComparedModel[];
}

const words = text.widgets.comparison;
const MEASURES: readonly Measure[] = ["errors", "parameters", "seconds", "microsecondsPerStep"];

/** The models side by side: a chart for each measure, and all numbers in a table. */
export const comparison: Mount<Props> = (container, first) => {
  const root = h("div", { class: "comparison", "data-widget": "comparison" });
  container.append(root);

  function update({ models }: Props): void {
    if (models.length === 0) {
      root.replaceChildren(h("p", { class: "widget-note" }, words.none));
      return;
    }
    const charts = MEASURES.map((measure) => {
      const chart = h("div", { class: "comparison-chart" });
      chart.innerHTML = draw(models, measure);
      return chart;
    });
    const columns = [words.accuracy, words.published, words.parameters, words.seconds, words.step];
    root.replaceChildren(
      h("div", { class: "comparison-charts" }, ...charts),
      h("p", { class: "widget-note" }, words.ticks),
      h(
        "div",
        { class: "comparison-scroll", tabindex: 0, role: "region", "aria-label": words.table },
        h(
          "table",
          { class: "widget-table" },
          h(
            "thead",
            {},
            h("tr", {}, ...[words.model, ...columns].map((name) => h("th", { scope: "col" }, name))),
          ),
          h(
            "tbody",
            {},
            ...models.map((model) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, model.name),
                ...words.figures(model).map((figure) => h("td", {}, figure)),
              ),
            ),
          ),
        ),
      ),
    );
  }

  update(first);
  return { update, destroy: () => root.remove() };
};
