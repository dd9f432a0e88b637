import * as Plot from "@observablehq/plot";
import { chart } from "./chart.js";
import { type ChartOptions, textOf } from "./figure.js";
import { colour, seriesColour } from "./palette.js";

/** How often each digit occurs: `counts[digit]`. */
export function labelCounts(counts: readonly number[], options: ChartOptions = {}): string {
  const text = textOf(options);
  const bars = counts.map((count, digit) => ({ digit, count }));
  return chart(
    text.labelCounts(counts),
    {
      height: 190,
      marginTop: 24,
      marginLeft: 44,
      marginRight: 4,
      marginBottom: 34,
      x: { label: text.digit, type: "band", labelAnchor: "center", labelArrow: "none", tickSize: 0 },
      y: { label: text.images, grid: true, ticks: 5, labelArrow: "none", tickSize: 0 },
      marks: [
        Plot.barY(bars, { x: "digit", y: "count", fill: seriesColour(0) }),
        Plot.ruleY([0], { stroke: colour("text-muted") }),
      ],
    },
    options,
  );
}
