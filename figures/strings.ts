import type { Measure } from "./comparison.js";
import type { Curve } from "./curves.js";
import type { LayerParameters } from "./parameterDrawing.js";

// All words of the figures. A translation is another object of this type.

const thousands = (value: number) => value.toLocaleString("en-US");
const percent = (share: number) => `${share < 0.9995 ? (share * 100).toPrecision(3) : "100"} %`;
const times = (count: number) => (count === 1 ? "once" : count === 2 ? "twice" : `${thousands(count)} times`);
const decimals = (value: number | undefined) =>
  value === undefined ? "?" : Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : "NaN";

const measures: Readonly<Record<Measure, string>> = {
  errors: "digits misread of 10,000, and accuracy",
  parameters: "parameters",
  seconds: "seconds of training",
  microsecondsPerStep: "µs per training step",
};

const plural = (count: number, one: string, many: string) =>
  `${thousands(count)} ${count === 1 ? one : many}`;
const shape = (sizes: readonly (number | null)[]) =>
  `(${sizes.map((size) => size ?? "None").join(", ")}${sizes.length === 1 ? "," : ""})`;

/** What one unit or filter has, then the sum. */
function parameterSum({ className, weights }: LayerParameters): string[] {
  if (weights.length === 0) return [`${className}: nothing to learn, 0 parameters`];
  const sizes = weights.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  const total = thousands(sizes.reduce((a, b) => a + b, 0));
  const kernel = weights.find(({ name }) => name === "kernel");
  const bias = weights.find(({ name }) => name === "bias");
  if (!kernel || weights.length > (bias ? 2 : 1) || ![2, 4].includes(kernel.shape.length))
    return [`${sizes.map(thousands).join(" + ")} = ${total} parameters`];
  const outputs = kernel.shape[kernel.shape.length - 1];
  const each = sizes[weights.indexOf(kernel)] / outputs;
  const product = kernel.shape.slice(0, -1).map(thousands).join(" × ");
  const [name, names] = kernel.shape.length === 2 ? ["unit", "units"] : ["filter", "filters"];
  const channels = kernel.shape.length === 4 ? plural(kernel.shape[2], "channel", "channels") : "";
  const one =
    kernel.shape.length === 2
      ? plural(each, "weight", "weights")
      : `${kernel.shape[0]} × ${kernel.shape[1]} × ${channels} = ${plural(each, "weight", "weights")}`;
  return [
    `Each ${name}: ${one}${bias ? " + 1 bias" : ""}`,
    `${product} × ${plural(outputs, name, names)}${bias ? ` + ${plural(outputs, "bias", "biases")}` : ""} = ${total}`,
  ];
}

export const english = {
  digit: "digit",
  images: "images",
  epoch: "epoch",
  trueDigit: "true digit",
  predictedDigit: "predicted",
  measures,
  thousands,
  percent: (share: number) => `${Math.round(share * 100)} %`,
  readAs: (truth: number, predicted: number) => `${truth} → ${predicted}`,
  digitImage: (name: string) => `Image of ${name}.`,
  mistake: (truth: number, predicted: number, probability: number) =>
    `A ${truth} that is read as ${predicted}, with probability ${percent(probability)}.`,
  labelCounts: (counts: readonly number[]) =>
    `How often each digit occurs: ${counts.map((count, digit) => `${digit} ${times(count)}`).join(", ")}.`,
  curves: (quantity: string, of: string, curves: readonly Curve[]) => {
    const courses = curves.map(({ name, values }) =>
      values.length === 0
        ? `${name} none yet`
        : `${name} from ${decimals(values[0])} to ${decimals(values[values.length - 1])} in ${values.length} epochs`,
    );
    return `${quantity} of ${of} by epoch: ${courses.join("; ")}.`;
  },
  confusionMatrix: (of: string, matrix: readonly (readonly number[])[]) => {
    const cells = matrix.flatMap((row, predicted) =>
      row.map((count, truth) => ({ predicted, truth, count })),
    );
    const total = cells.reduce((sum, { count }) => sum + count, 0);
    const right = matrix.reduce((sum, row, i) => sum + row[i], 0);
    const worst = cells
      .filter(({ predicted, truth, count }) => predicted !== truth && count > 0)
      .sort((a, b) => b.count - a.count)
      .slice(0, 5)
      .map(({ predicted, truth, count }) => `${truth} read as ${predicted} ${times(count)}`);
    return `Confusion matrix of ${of}: rows predicted, columns true digits. ${thousands(right)} of ${thousands(total)} on the diagonal are right.${worst.length > 0 ? ` Most often mixed up: ${worst.join(", ")}.` : ""}`;
  },
  probabilities: (of: string, values: ArrayLike<number>) => {
    const order = Array.from(values, (value, i) => ({ value, i })).sort((a, b) => b.value - a.value);
    if (!Number.isFinite(order[0]?.value)) return `${of}: no probabilities.`;
    const likely = order.slice(0, 3).filter(({ value }, rank) => rank === 0 || value >= 0.001);
    return `${of}: ${likely.map(({ i, value }) => `${i} with ${percent(value)}`).join(", then ")}.`;
  },
  layerOutput: (name: string, sizes: readonly number[]) => `${name} ${shape(sizes)}`,
  featureMap: (name: string, sizes: readonly number[]) =>
    sizes.length === 3
      ? `What ${name} makes of the digit: ${plural(sizes[2], "map", "maps")} of ${sizes[0]} × ${sizes[1]}.`
      : `What ${name} makes of the digit: ${plural(
          sizes.reduce((a, b) => a * b, 1),
          "number",
          "numbers",
        )}.`,
  shape,
  inputs: (count: number) => plural(count, "input", "inputs"),
  units: (count: number) => plural(count, "unit", "units"),
  biases: (count: number) => plural(count, "bias", "biases"),
  more: (count: number) => `+ ${thousands(count)} more`,
  parameterSum,
  parameterDrawing: (layer: LayerParameters) => {
    const change =
      layer.weights.length === 0
        ? `, from shape ${shape(layer.inputShape)} to ${shape(layer.outputShape)}`
        : "";
    return `Parameters of ${layer.name}${change}. ${parameterSum(layer).join(". ")}.`;
  },
  filters: (name: string, shape: readonly number[], shown: number) =>
    shape.length === 4
      ? `Weights of ${name}: ${shown} of its ${shape[2] * shape[3]} kernels, each ${shape[0]} × ${shape[1]}.`
      : `Weights of ${name}: those of ${shown} of its ${shape[1]} units, each as an image of its inputs.`,
  /** The number at the end of a bar. */
  measured: (measure: Measure, value: number, accuracy: number | undefined) =>
    measure === "errors" && accuracy !== undefined
      ? `${thousands(value)} · ${accuracy.toFixed(4)}`
      : measure === "seconds"
        ? value.toFixed(1)
        : thousands(Math.round(value)),
  comparison: (
    measure: Measure,
    rows: readonly { name: string; value: number; number: string; published?: number }[],
  ) =>
    `The models side by side, ${measures[measure]}: ${rows
      .map(
        ({ name, number, published }) =>
          `${name} ${number}${published === undefined ? "" : ` (in the practical ${thousands(published)} misread)`}`,
      )
      .join(", ")}.`,
};

export type FigureText = typeof english;
