import * as Plot from "@observablehq/plot";
import { chart } from "./chart.js";
import { type ChartOptions, textOf } from "./figure.js";
import { colour, seriesColour } from "./palette.js";

/** What there is to compare about a model; what is not known is left out. */
export interface ComparedModel {
  readonly name: string;
  readonly parameters: number;
  /** On the test digits. */
  readonly accuracy?: number;
  /** The accuracy that the practical gives for it. */
  readonly published?: number;
  /** That training took. */
  readonly seconds?: number;
  readonly microsecondsPerStep?: number;
}

export type Measure = "errors" | "parameters" | "seconds" | "microsecondsPerStep";

/** How many digits are misread of 10,000: differences between good accuracies, visible. */
const errors = (accuracy: number | undefined) =>
  accuracy === undefined ? undefined : Math.round((1 - accuracy) * 10_000);

/** The models side by side in one respect, as bars with their numbers; the practical's figures are ticks on them. */
export function comparison(
  models: readonly ComparedModel[],
  measure: Measure,
  options: ChartOptions = {},
): string {
  const text = textOf(options);
  const rows = models.flatMap((model, series) => {
    const value = measure === "errors" ? errors(model.accuracy) : model[measure];
    if (value === undefined || !Number.isFinite(value)) return [];
    const published = measure === "errors" ? errors(model.published) : undefined;
    return [
      { name: model.name, series, value, published, number: text.measured(measure, value, model.accuracy) },
    ];
  });
  return chart(
    text.comparison(measure, rows),
    {
      height: 40 + 26 * models.length,
      marginTop: 26,
      marginBottom: 6,
      marginLeft: 66,
      // the numbers at the ends of the bars
      marginRight: measure === "errors" ? 84 : 58,
      x: { label: text.measures[measure], axis: "top", ticks: 0, labelAnchor: "left", labelArrow: "none" },
      y: { label: null, domain: models.map(({ name }) => name), padding: 0.25, tickSize: 0 },
      marks: [
        Plot.barX(rows, { x: "value", y: "name", fill: ({ series }) => seriesColour(series) }),
        Plot.tickX(
          rows.filter(({ published }) => published !== undefined),
          { x: "published", y: "name", stroke: colour("text"), strokeWidth: 2.5, inset: -2 },
        ),
        Plot.text(rows, {
          x: ({ value, published }) => Math.max(value, published ?? 0),
          y: "name",
          text: "number",
          dx: 6,
          textAnchor: "start",
          fill: colour("text"),
        }),
      ],
    },
    options,
  );
}
