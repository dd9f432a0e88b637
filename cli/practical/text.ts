import type { Layer, Tensor } from "keratin";

// What the practical prints, as pure functions from data to text.

const thousands = (n: number) => n.toLocaleString("en-US");

/** The structure of a tensor as R's `str()` shows it. */
export function structure(name: string, t: Tensor): string {
  const type = t.dtype === "float32" ? "num" : "int";
  const sizes = t.shape.map((extent) => `1:${extent}`).join(", ");
  return ` $ ${name}: ${type} [${t.rank === 1 ? `${sizes}(1d)` : sizes}] ${Array.from(t.data.slice(0, 10)).join(" ")} ...`;
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
  return lines.join("\n");
}

/** Why a layer has as many parameters as it has. */
export function explainParameters(layer: Layer): string {
  const total = thousands(layer.countParams());
  const [kernel, bias] = layer.weights;
  if (!kernel) return `${layer.name}: nothing to learn, so 0 parameters`;
  const sizes = kernel.shape;
  const weights =
    sizes.length === 2
      ? `${sizes[0]} × ${sizes[1]} weights`
      : `${sizes.slice(0, -2).join(" × ")} × ${sizes[sizes.length - 2]} channels × ${sizes[sizes.length - 1]} filters weights`;
  return `${layer.name}: ${weights}${bias ? ` + ${bias.shape[0]} biases` : ""} = ${total}`;
}

/** How often each digit (column) was taken for each digit (row). */
export function confusionMatrix(predicted: ArrayLike<number>, truth: ArrayLike<number>): number[][] {
  const matrix = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  for (let i = 0; i < truth.length; i++) matrix[predicted[i]][truth[i]]++;
  return matrix;
}

export function formatConfusion(matrix: readonly (readonly number[])[]): string {
  const cell = (v: number | string) => String(v).padStart(5);
  const head = `pred \\ true${matrix.map((_, digit) => cell(digit)).join("")}`;
  return [head, ...matrix.map((row, digit) => `${String(digit).padStart(11)}${row.map(cell).join("")}`)].join(
    "\n",
  );
}

/** Columns of text, the first one left-aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  "),
    )
    .join("\n");
}
