import { type FigureOptions, textOf } from "./figure.js";
import { colour, seriesColour } from "./palette.js";
import { pictureFrame } from "./picture.js";
import { element, escape, short, svg } from "./svg.js";

/** Where a layer's parameters are. */
export interface LayerParameters {
  /** `"dense_1"` */
  readonly name: string;
  /** `"Dense"` */
  readonly className: string;
  /** Without the batch. */
  readonly inputShape: readonly (number | null)[];
  readonly outputShape: readonly (number | null)[];
  readonly weights: readonly WeightShape[];
}

export interface WeightShape {
  /** `"kernel"`, `"bias"` */
  readonly name: string;
  readonly shape: readonly number[];
}

const WIDTH = 340;
const WEIGHT = seriesColour(0);
const BIAS = seriesColour(1);

/** Number of parameters in a weight. */
export const sizeOf = ({ shape }: WeightShape): number => shape.reduce((a, b) => a * b, 1);

/** Why a layer has as many parameters as it has: its weights and biases, drawn, and the sum beneath. */
export function parameterDrawing(layer: LayerParameters, options: FigureOptions = {}): string {
  const text = textOf(options);
  const kernel = layer.weights.find(({ name }) => name === "kernel");
  const bias = layer.weights.find(({ name }) => name === "bias");
  const alone = layer.weights.every((weight) => weight === kernel || weight === bias);
  const drawing =
    layer.weights.length === 0
      ? nothingToLearn(layer, options)
      : kernel && alone && kernel.shape.length === 2
        ? matrix(kernel.shape, bias, options)
        : kernel && alone && kernel.shape.length === 4
          ? kernels(kernel.shape, bias, options)
          : vectors(layer.weights);
  const lines = text.parameterSum(layer);
  const sum = lines.map((line, i) =>
    words(0, drawing.height + 20 + 17 * i, line, {
      "font-weight": i === lines.length - 1 ? "bold" : undefined,
    }),
  );
  return svg(
    {
      width: WIDTH,
      height: drawing.height + 10 + 17 * lines.length,
      label: text.parameterDrawing(layer),
      fontSize: 12,
    },
    drawing.content + sum.join(""),
  );
}

interface Drawing {
  readonly content: string;
  readonly height: number;
}

const words = (
  x: number,
  y: number,
  content: string,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
) => element("text", { x, y, ...attributes }, escape(content));

const middle = { "text-anchor": "middle" };

/** A length that grows with a number, but not as much. */
const extent = (n: number, least: number, most: number) =>
  least + (most - least) * Math.min(1, Math.log2(n + 1) / Math.log2(1025));

/** Parallel lines as one path. */
const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join("");

/** Inputs × units: a row of weights for each unit, and its bias. */
function matrix(
  [inputs, units]: readonly number[],
  bias: WeightShape | undefined,
  options: FigureOptions,
): Drawing {
  const text = textOf(options);
  const [left, top] = [62, 30];
  const width = extent(inputs, 24, 210);
  const height = extent(units, 14, 120);
  const biasLeft = left + width + 20;
  const rows = Math.min(units, Math.floor(height / 5));
  const row = height / rows;
  const columns = Math.min(inputs, Math.floor(width / 5));
  const column = width / columns;
  const grid = (x: number, w: number, stroke: string) =>
    element("rect", { x, y: top, width: w, height, fill: stroke, "fill-opacity": 0.15 }) +
    element("rect", { x, y: top, width: w, height: row, fill: stroke, "fill-opacity": 0.6 }) +
    element("path", {
      d:
        `M${short(x)} ${top}h${short(w)}v${short(height)}h${short(-w)}z` +
        lines(rows - 1, (i) => `M${short(x)} ${short(top + (i + 1) * row)}h${short(w)}`),
      fill: "none",
      stroke,
      "stroke-width": 0.75,
    });
  return {
    height: top + height,
    content:
      grid(left, width, WEIGHT) +
      element("path", {
        d: lines(columns - 1, (i) => `M${short(left + (i + 1) * column)} ${top}v${short(height)}`),
        stroke: WEIGHT,
        "stroke-width": 0.4,
        "stroke-opacity": 0.7,
      }) +
      words(left + width / 2, top - 10, text.inputs(inputs), middle) +
      words(left - 8, top + height / 2 + 4, text.units(units), { "text-anchor": "end" }) +
      (bias
        ? grid(biasLeft, 12, BIAS) +
          words(biasLeft - 10, top + height / 2 + 4, "+", middle) +
          words(biasLeft + 6, top - 10, text.biases(units), { "text-anchor": "start", dx: -18 })
        : ""),
  };
}

/** A grid of weights for each filter (one behind the other for several channels), and its bias. */
function kernels(shape: readonly number[], bias: WeightShape | undefined, options: FigureOptions): Drawing {
  const [rows, columns, channels, filters] = shape;
  const most = 12;
  const shown = filters > most ? most - 1 : filters;
  const step = WIDTH / 6;
  const depth = Math.min(channels, 4);
  const shift = 3;
  const side = 36 - shift * (depth - 1);
  const size = side / Math.max(rows, columns);
  const [width, height] = [columns * size, rows * size];
  const stepY = 36 + 20;
  const tile = (i: number) => {
    const x = (i % 6) * step + 1;
    const y = Math.floor(i / 6) * stepY + 1;
    // the channel in front is drawn last
    const layers = Array.from({ length: depth }, (_, k) => {
      const back = depth - 1 - k;
      const [gx, gy] = [x + back * shift, y + back * shift];
      const outline =
        `M${short(gx)} ${short(gy)}h${short(width)}v${short(height)}h${short(-width)}z` +
        (back > 0
          ? ""
          : lines(rows - 1, (r) => `M${short(gx)} ${short(gy + (r + 1) * size)}h${short(width)}`) +
            lines(columns - 1, (c) => `M${short(gx + (c + 1) * size)} ${short(gy)}v${short(height)}`));
      return (
        element("rect", { x: gx, y: gy, width, height, fill: colour("surface") }) +
        element("rect", { x: gx, y: gy, width, height, fill: WEIGHT, "fill-opacity": i === 0 ? 0.6 : 0.15 }) +
        element("path", { d: outline, fill: "none", stroke: WEIGHT, "stroke-width": 0.75 })
      );
    });
    const offset = shift * (depth - 1);
    return (
      layers.join("") +
      (bias
        ? element("rect", {
            x: x + width + offset + 3,
            y: y + height + offset - 8,
            width: 8,
            height: 8,
            fill: BIAS,
            "fill-opacity": i === 0 ? 0.8 : 0.35,
            stroke: BIAS,
            "stroke-width": 0.75,
          })
        : "")
    );
  };
  const tiles = Array.from({ length: shown }, (_, i) => tile(i));
  if (shown < filters) {
    const x = (shown % 6) * step + 1;
    const y = Math.floor(shown / 6) * stepY + 24;
    tiles.push(words(x, y, textOf(options).more(filters - shown)));
  }
  const count = shown < filters ? most : filters;
  return { height: Math.ceil(count / 6) * stepY - 14, content: tiles.join("") };
}

/** Weights that are neither: each as a strip, as long as it has numbers. */
function vectors(weights: readonly WeightShape[]): Drawing {
  const step = 24;
  const content = weights.map((weight, i) => {
    const width = extent(sizeOf(weight), 10, 150);
    const y = i * step;
    return (
      words(0, y + 13, weight.name) +
      element("rect", {
        x: 120,
        y: y + 3,
        width,
        height: 13,
        fill: seriesColour(i === 0 ? 0 : 1),
        "fill-opacity": 0.5,
        stroke: seriesColour(i === 0 ? 0 : 1),
        "stroke-width": 0.75,
      }) +
      words(128 + width, y + 13, weight.shape.join(" × "))
    );
  });
  return { height: weights.length * step - 4, content: content.join("") };
}

/** What goes in and what comes out, where nothing is learned between. */
function nothingToLearn({ inputShape, outputShape }: LayerParameters, options: FigureOptions): Drawing {
  const text = textOf(options);
  const box = (x: number, shape: readonly (number | null)[]) =>
    pictureFrame(x, 1, 130, 30) + words(x + 65, 20, text.shape(shape), middle);
  return {
    height: 32,
    content:
      box(1, inputShape) +
      element("path", {
        d: "M138 16h58m-7 -4l7 4l-7 4",
        fill: "none",
        stroke: colour("text-muted"),
        "stroke-width": 1.5,
      }) +
      box(203, outputShape),
  };
}
