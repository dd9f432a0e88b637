import type { Layer, Tensor } from "keratin";

// What the practical prints, as pure functions from data to text.

export const thousands = (n: number) => n.toLocaleString("en-US");
const counted = (n: number, singular: string) => `${thousands(n)} ${singular}${n === 1 ? "" : "s"}`;

/** A title in a line across the terminal. */
export function heading(title: string): string {
  return `── ${title} ${"─".repeat(Math.max(2, 75 - title.length))}`;
}

/** Paragraphs of at most 80 characters a line. */
export function wrapped(text: string, width = 80): string {
  const lines: string[] = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines[lines.length - 1];
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}

interface Samples {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** The structure of the data as R's `str()` shows it. */
export function structure(train: Samples, test: Samples): string {
  return [
    "List of 2",
    " $ train:List of 2",
    `  ..$ x: ${vector(train.x)}`,
    `  ..$ y: ${vector(train.y)}`,
    " $ test :List of 2",
    `  ..$ x: ${vector(test.x)}`,
    `  ..$ y: ${vector(test.y)}`,
  ].join("\n");
}

function vector(t: Tensor): string {
  const type = t.dtype === "float32" ? "num" : "int";
  const sizes = t.shape.map((extent) => `1:${extent}`).join(", ");
  const first = Array.from(t.data.slice(0, 10)).join(" ");
  return `${type} [${t.rank === 1 ? `${sizes}(1d)` : sizes}] ${first}${t.size > 10 ? " ..." : ""}`;
}

/** How often each label occurs. */
export function labelCounts(labels: ArrayLike<number>): number[] {
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  return counts;
}

/** A 28×28 digit: two rows of pixels to a line with half blocks, or shades in ASCII. */
export function drawDigit(pixels: ArrayLike<number>, unicode: boolean): string {
  const lines: string[] = [];
  for (let row = 0; row < 28; row += 2) {
    let line = "";
    for (let column = 0; column < 28; column++) {
      const upper = pixels[row * 28 + column];
      const lower = pixels[(row + 1) * 28 + column];
      if (unicode) line += upper > 127 ? (lower > 127 ? "█" : "▀") : lower > 127 ? "▄" : " ";
      else line += " .:-=+*#%@"[Math.min(9, Math.floor((Math.max(upper, lower) / 256) * 10))];
    }
    lines.push(line.trimEnd());
  }
  while (lines.length > 0 && lines[0] === "") lines.shift();
  while (lines.length > 0 && lines[lines.length - 1] === "") lines.pop();
  return lines.join("\n");
}

/** Why a layer has as many parameters as it has. */
export function explainParameters(layer: Layer): string {
  const total = thousands(layer.countParams());
  const { weights } = layer;
  if (weights.length === 0) return `${layer.name}: ${withoutWeights(layer)}, nothing to learn: 0`;
  const { className } = layer.constructor as typeof Layer;
  const [kernel, bias] = weights;
  const biases = bias ? ` + ${counted(bias.shape[0], "bias").replace(/biass$/, "biases")}` : "";
  if (className === "Dense") {
    const [inputs, units] = kernel.shape;
    return `${layer.name}: ${thousands(inputs)} × ${thousands(units)} weights${biases} = ${total}`;
  }
  if (/^Conv[123]D$/.test(className)) {
    const window = kernel.shape.slice(0, -2).join(" × ");
    const [channels, filters] = kernel.shape.slice(-2);
    return `${layer.name}: ${window} weights × ${counted(channels, "channel")} × ${counted(filters, "filter")}${biases} = ${total}`;
  }
  const parts = weights.map(({ name, shape }) => `${name} ${shape.map(thousands).join(" × ") || 1}`);
  return `${layer.name}: ${parts.join(" + ")} = ${total}`;
}

/** What a layer without weights does. */
function withoutWeights(layer: Layer): string {
  const config = layer.getConfig() as Record<string, unknown>;
  const window = (config.pool_size as number[] | undefined)?.join(" × ");
  const { className } = layer.constructor as typeof Layer;
  switch (className) {
    case "Flatten":
      return "lays its input out in a row";
    case "MaxPooling2D":
      return `keeps the largest of ${window} neighbours`;
    case "AveragePooling2D":
      return `takes the mean of ${window} neighbours`;
    case "Dropout":
      return `switches off ${Math.round(Number(config.rate) * 100)} % of its input while training`;
    case "Reshape":
      return "arranges its input anew";
    default:
      return "computes without weights";
  }
}

/** How often each digit (column) was taken for each digit (row). */
export function confusionMatrix(predicted: ArrayLike<number>, truth: ArrayLike<number>): number[][] {
  const matrix = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  for (let i = 0; i < truth.length; i++) matrix[predicted[i]][truth[i]]++;
  return matrix;
}

export function formatConfusion(matrix: readonly (readonly number[])[]): string {
  const cell = (v: number | string) => String(v).padStart(6);
  const head = `pred \\ true${matrix.map((_, digit) => cell(digit)).join("")}`;
  return [head, ...matrix.map((row, digit) => `${String(digit).padStart(11)}${row.map(cell).join("")}`)].join(
    "\n",
  );
}

/** The mistake that was made most often. */
export function commonestMistake(matrix: readonly (readonly number[])[]): string {
  let worst = { predicted: 0, truth: 0, count: 0 };
  matrix.forEach((row, predicted) => {
    row.forEach((count, truth) => {
      if (predicted !== truth && count > worst.count) worst = { predicted, truth, count };
    });
  });
  if (worst.count === 0) return "No mistakes at all.";
  const times = worst.count === 1 ? "once" : `${thousands(worst.count)} times`;
  return `The commonest mistake, ${times}: it reads ${worst.predicted} where somebody wrote ${worst.truth}.`;
}

/** Columns of text, the first one left-aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
