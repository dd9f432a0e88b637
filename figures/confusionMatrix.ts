import * as Plot from "@observablehq/plot";
import { chart } from "./chart.js";
import { type ChartOptions, textOf } from "./figure.js";
import { colour, MOST_BEHIND_TEXT, seriesColour } from "./palette.js";

/** Rows are predicted classes, columns true ones. */
export type ConfusionMatrix = readonly (readonly number[])[];

export interface ConfusionCell {
  readonly predicted: number;
  readonly truth: number;
  readonly count: number;
}

/** All cells, row by row. */
export function confusionCells(matrix: ConfusionMatrix): ConfusionCell[] {
  return matrix.flatMap((row, predicted) => row.map((count, truth) => ({ predicted, truth, count })));
}

/** What is taken for something else, most often first. */
export function mixUps(matrix: ConfusionMatrix): ConfusionCell[] {
  return confusionCells(matrix)
    .filter(({ predicted, truth, count }) => predicted !== truth && count > 0)
    .sort((a, b) => b.count - a.count);
}

/**
 * A heat map with its numbers. What is right has one colour, what is wrong another, as strong as it is frequent.
 * Cells carry `data-predicted` and `data-true`.
 */
export function confusionMatrix(matrix: ConfusionMatrix, of: string, options: ChartOptions = {}): string {
  const text = textOf(options);
  const cells = confusionCells(matrix);
  const most = Math.max(1, mixUps(matrix)[0]?.count ?? 1);
  return chart(
    text.confusionMatrix(of, matrix),
    {
      height: 326,
      marginTop: 38,
      marginLeft: 40,
      marginRight: 0,
      marginBottom: 0,
      padding: 0.04,
      x: {
        label: text.trueDigit,
        axis: "top",
        type: "band",
        tickSize: 0,
        labelAnchor: "center",
        labelArrow: "none",
      },
      y: { label: text.predictedDigit, type: "band", tickSize: 0, labelAnchor: "center", labelArrow: "none" },
      marks: [
        Plot.cell(cells, {
          x: "truth",
          y: "predicted",
          fill: ({ predicted, truth }) => seriesColour(predicted === truth ? 0 : 1),
          fillOpacity: ({ predicted, truth, count }) => confusionShade(predicted === truth, count, most),
        }),
        Plot.text(cells, {
          x: "truth",
          y: "predicted",
          text: ({ count }) => (count > 0 ? String(count) : ""),
          fill: colour("text"),
        }),
      ],
    },
    options,
    (figure) => {
      const rectangles = figure.querySelectorAll('g[aria-label="cell"] rect');
      cells.forEach(({ predicted, truth }, i) => {
        rectangles[i].setAttribute("data-predicted", String(predicted));
        rectangles[i].setAttribute("data-true", String(truth));
      });
    },
  );
}

/** How strongly a cell is coloured; no mix-up that happened is invisible. */
function confusionShade(right: boolean, count: number, most: number): number {
  if (right) return 0.25;
  return count === 0 ? 0.03 : Number((0.08 + (MOST_BEHIND_TEXT - 0.08) * (count / most)).toFixed(2));
}
