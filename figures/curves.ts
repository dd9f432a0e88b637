import * as Plot from "@observablehq/plot";
import { CHART_WIDTH, chart } from "./chart.js";
import { type ChartOptions, textOf } from "./figure.js";
import { seriesColour } from "./palette.js";

/** One line: a value for each epoch. */
export interface Curve {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Curves {
  /** What the values are, such as `"loss"`. */
  readonly quantity: string;
  /** Whose they are, such as `"cnn"`; for the figure's text. */
  readonly of: string;
  readonly curves: readonly Curve[];
}

const HEIGHT = 200;
const MARGIN = { top: 24, right: 66, bottom: 34, left: 40 };
/** Pixels between two names at the ends of lines. */
const NAME_HEIGHT = 13;
/** Beside their colours, lines differ in their dashes. */
const DASHES = ["", "5 3", "1.5 2.5", "8 3 2 3", "2 4"];

/** Lines over the epochs, each with its name at its end. Values that are no numbers leave gaps. */
export function curves({ quantity, of, curves }: Curves, options: ChartOptions = {}): string {
  const text = textOf(options);
  const points = curves.flatMap(({ name, values }, series) =>
    values.map((value, i) => ({ name, series, epoch: i + 1, value })),
  );
  const epochs = Math.max(1, ...curves.map(({ values }) => values.length));
  const finite = points.map(({ value }) => value).filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const ends = curves.flatMap(({ name, values }, series) => {
    const value = values[values.length - 1];
    return Number.isFinite(value) ? [{ name, series, epoch: values.length, value }] : [];
  });
  const pixels = HEIGHT - MARGIN.top - MARGIN.bottom;
  const places = spread(
    ends.map(({ value }) => (high > low ? ((high - value) / (high - low)) * pixels : 0)),
    NAME_HEIGHT,
  );
  return chart(
    text.curves(quantity, of, curves),
    {
      height: HEIGHT,
      marginTop: MARGIN.top,
      marginRight: MARGIN.right,
      marginBottom: MARGIN.bottom,
      marginLeft: MARGIN.left,
      x: {
        label: text.epoch,
        domain: [1, Math.max(2, epochs)],
        ticks: wholeEpochs(epochs),
        tickFormat: "d",
        labelAnchor: "center",
        labelArrow: "none",
      },
      y: {
        label: quantity,
        grid: true,
        ticks: 5,
        labelArrow: "none",
        domain: finite.length > 0 ? (high > low ? [low, high] : [low - 0.5, high + 0.5]) : [0, 1],
      },
      marks: [
        curves.map((_, series) =>
          Plot.lineY(
            points.filter((point) => point.series === series),
            {
              x: "epoch",
              y: "value",
              stroke: seriesColour(series),
              strokeDasharray: DASHES[series % DASHES.length] || undefined,
              strokeWidth: 2,
            },
          ),
        ),
        // a line needs two epochs
        Plot.dot(epochs === 1 ? ends : [], {
          x: "epoch",
          y: "value",
          fill: (d) => seriesColour(d.series),
          r: 3,
        }),
        ends.map((end, i) =>
          Plot.text([end], {
            x: "epoch",
            frameAnchor: "top",
            dy: places[i],
            dx: 6,
            text: "name",
            lineAnchor: "middle",
            textAnchor: "start",
            fill: seriesColour(end.series),
          }),
        ),
      ],
    },
    { width: CHART_WIDTH, ...options },
  );
}

/** At most ten of the epochs, evenly spaced. */
function wholeEpochs(epochs: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100].find((size) => epochs / size <= 10) ?? Math.ceil(epochs / 10);
  const ticks = Array.from({ length: Math.floor(epochs / step) }, (_, i) => (i + 1) * step);
  return step === 1 ? ticks : [1, ...ticks];
}

/** Moves places apart until they are `gap` away from one another, each as little as possible. */
export function spread(places: readonly number[], gap: number): number[] {
  // blocks of touching names, each centred on the mean of what its names want
  const blocks: { names: number[]; middle: number }[] = [];
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
  const start = ({ names, middle }: { names: number[]; middle: number }) =>
    middle - ((names.length - 1) * gap) / 2;
  for (const i of order) {
    let block = { names: [i], middle: places[i] };
    for (let last = blocks.at(-1); last; last = blocks.at(-1)) {
      if (start(block) - start(last) >= last.names.length * gap) break;
      blocks.pop();
      const names = [...last.names, ...block.names];
      block = { names, middle: names.reduce((sum, name) => sum + places[name], 0) / names.length };
    }
    blocks.push(block);
  }
  const result = new Array<number>(places.length).fill(0);
  for (const block of blocks) {
    block.names.forEach((name, i) => {
      result[name] = start(block) + i * gap;
    });
  }
  return result;
}
