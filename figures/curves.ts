import * as Plot from "@observablehq/plot";
import { CHART_WIDTH, chart } from "./chart.js";
import { type ChartOptions, textOf } from "./figure.js";
import { seriesColour } from "./palette.js";

/** One line: a value for each epoch. */
export interface Curve {
  readonly name: string;
  readonly values: readonly number[];
}

/** What the axes show. */
export interface CurveFrame {
  /** The epochs at the left and at the right end. */
  readonly first: number;
  readonly last: number;
  readonly low: number;
  readonly high: number;
}

export interface Curves {
  /** What the values are, such as `"loss"`. */
  readonly quantity: string;
  /** Whose they are, such as `"cnn"`; for the figure's text. */
  readonly of: string;
  readonly curves: readonly Curve[];
  /** Default: from the first epoch to the last, from the least value to the largest. */
  readonly frame?: CurveFrame;
}

const HEIGHT = 200;
const MARGIN = { top: 24, right: 66, bottom: 34, left: 40 };
/** Pixels between two names at the ends of lines. */
const NAME_HEIGHT = 13;
/** Beside their colours, lines differ in their dashes. */
const DASHES = ["", "5 3", "1.5 2.5", "8 3 2 3", "2 4"];

/** Where a value stands in the figure. */
export function curvePoint(
  { first, last, low, high }: CurveFrame,
  epoch: number,
  value: number,
  width = CHART_WIDTH,
): readonly [x: number, y: number] {
  const x = (epoch - first) / (last - first);
  const y = (high - value) / (high - low);
  return [
    MARGIN.left + x * (width - MARGIN.left - MARGIN.right),
    MARGIN.top + y * (HEIGHT - MARGIN.top - MARGIN.bottom),
  ];
}

/** The frame of curves that are complete. */
function frameOf(curves: readonly Curve[]): CurveFrame {
  const last = Math.max(2, ...curves.map(({ values }) => values.length));
  const finite = curves.flatMap(({ values }) => values.filter(Number.isFinite));
  if (finite.length === 0) return { first: 1, last, low: 0, high: 1 };
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return high > low ? { first: 1, last, low, high } : { first: 1, last, low: low - 0.5, high: high + 0.5 };
}

/** Lines over the epochs, each with its name at its end. Values that are no numbers leave gaps. */
export function curves({ quantity, of, curves, frame }: Curves, options: ChartOptions = {}): string {
  const text = textOf(options);
  const { first, last, low, high } = frame ?? frameOf(curves);
  const points = curves.map(({ values }) => values.map((value, i) => ({ epoch: i + 1, value })));
  const ends = curves.flatMap(({ name, values }, series) => {
    const value = values[values.length - 1];
    return Number.isFinite(value) ? [{ name, series, epoch: values.length, value }] : [];
  });
  const places = spread(
    ends.map(({ value }) => curvePoint({ first, last, low, high }, last, value)[1] - MARGIN.top),
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
        domain: [first, last],
        ticks: wholeEpochs(frame ? last : Math.max(1, ...curves.map(({ values }) => values.length))),
        tickFormat: "d",
        labelAnchor: "center",
        labelArrow: "none",
      },
      y: { label: quantity, grid: true, ticks: 5, labelArrow: "none", domain: [low, high] },
      marks: [
        points.map((line, series) =>
          Plot.lineY(line, {
            x: "epoch",
            y: "value",
            stroke: seriesColour(series),
            strokeDasharray: DASHES[series % DASHES.length] || undefined,
            strokeWidth: 2,
          }),
        ),
        // a line needs two epochs
        Plot.dot(
          ends.filter(({ epoch }) => epoch === 1),
          { x: "epoch", y: "value", fill: ({ series }) => seriesColour(series), r: 3 },
        ),
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
    options,
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
