import { type FigureOptions, textOf } from "./figure.js";
import { colour, seriesColour } from "./palette.js";
import { element, svg } from "./svg.js";

const BAR = 13;
const STEP = 17;
const HEIGHT = 48;
const TOP = 16;

/** The class with the highest probability; the first of several. */
export function mostProbable(probabilities: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < probabilities.length; i++) if (probabilities[i] > probabilities[best]) best = i;
  return best;
}

/** The probability of each class as a bar; the highest one stands out and has its number. */
export function probabilities(values: ArrayLike<number>, of: string, options: FigureOptions = {}): string {
  const text = textOf(options);
  // a model that has diverged gives no numbers
  const best = Array.from(values).every(Number.isFinite) ? mostProbable(values) : -1;
  const bars = Array.from(values, (value, i) => {
    const height = Number.isFinite(value) ? Math.max(0.5, Math.min(1, value) * HEIGHT) : 0;
    const x = i * STEP + (STEP - BAR) / 2;
    const [fill, weight] = i === best ? [seriesColour(0), "bold"] : [colour("text-muted"), undefined];
    return (
      element("rect", { x, y: TOP + HEIGHT - height, width: BAR, height, fill }) +
      element(
        "text",
        { x: x + BAR / 2, y: TOP + HEIGHT + 13, "text-anchor": "middle", "font-weight": weight },
        String(i),
      ) +
      (i === best
        ? element(
            "text",
            {
              // the outer ones lean inwards
              x: Math.min(values.length * STEP - 16, Math.max(16, x + BAR / 2)),
              y: TOP + HEIGHT - height - 4,
              "text-anchor": "middle",
            },
            text.percent(value),
          )
        : "")
    );
  });
  return svg(
    { width: values.length * STEP, height: TOP + HEIGHT + 17, label: text.probabilities(of, values) },
    bars.join(""),
  );
}
