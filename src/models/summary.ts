import { isShapeLeaf } from "../layers/callArguments.js";
import { isDictionary, leaves, type Structure } from "../ops/structure.js";
import { formatFixed, formatThousands, roundHalfEven } from "../utils/pythonFormat.js";
import {
  type Alignment,
  type Column,
  formatTable,
  type StyledText,
  styled,
  toTerminal,
  wrap,
} from "./textTable.js";

/** A shape as summaries show it; an unknown size, such as the batch's, is `null`. */
export type SummaryShape = readonly (number | null)[];

/** One layer in a summary. */
export interface SummaryRow {
  readonly name: string;
  /** As Keras calls it: `"Dense"`. */
  readonly className: string;
  /** The shape of the output, the shapes of several outputs, or `null` while unknown (`?`). */
  readonly outputShape: Structure<SummaryShape> | null;
  /** Number of parameters, or `null` for a layer that is not built. */
  readonly parameters: number | null;
  /** Whether the layer is trainable; `null` for one without weights. Default `null`. */
  readonly trainable?: boolean | null;
  /** The inputs of a layer in a branched model: layer, call and output, as `"dense[0][0]"`. Default none. */
  readonly connectedTo?: readonly string[];
  /** How deep the layer lies in nested models that are shown expanded. Default 0. */
  readonly nestedLevel?: number;
}

/** A number of parameters and the memory they take. */
export interface ParameterTotal {
  readonly parameters: number;
  readonly bytes: number;
}

/** All that {@link formatSummary} shows. */
export interface SummaryDescription {
  readonly modelName: string;
  readonly rows: readonly SummaryRow[];
  readonly totals: {
    readonly trainable: ParameterTotal;
    readonly nonTrainable: ParameterTotal;
    /** Only once the optimizer is built. */
    readonly optimizer?: ParameterTotal;
  };
  /** `"branched"`, with a column of connections, for models with branches, joins or shared layers. */
  readonly kind: "sequential" | "branched";
  /** Width of the terminal in characters; 80 where there is none. */
  readonly columns: number;
  /** Width of the table in characters. Default 88 (branched: 108), at most `columns - 4`. */
  readonly lineLength?: number;
  /** Where the columns end, as fractions of the width. Default as Keras. */
  readonly positions?: readonly number[];
  /** Whether to show which layers are trainable. Default false. */
  readonly showTrainable?: boolean;
  /** Whether to write colours for a terminal. */
  readonly color: boolean;
}

const BOLD = "1";
const NUMBER = "38;5;34";
const UNKNOWN_SIZE = "38;5;45";
const CLASS_NAME = "38;5;33";
const TRAINABLE = "1;38;5;34";
const FROZEN = "1;91";

/**
 * Writes the summary of a model as Keras prints it.
 *
 * @returns The whole text, ending in a newline.
 * @throws Error - When the width leaves fewer than four characters for a column.
 * @see https://keras.io/api/models/model/#summary-method
 */
export function formatSummary(description: SummaryDescription): string {
  const { modelName, rows, totals, kind, columns: terminalWidth, color } = description;
  const showTrainable = description.showTrainable ?? false;
  const columns = tableColumns(description);
  const cells = rows.map((row) => rowCells(row, kind, showTrainable));

  const parts = [totals.trainable, totals.nonTrainable];
  if (totals.optimizer !== undefined) parts.push(totals.optimizer);
  const total = {
    parameters: parts.reduce((sum, { parameters }) => sum + parameters, 0),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const footer = [
    totalLine("Total", total),
    totalLine("Trainable", totals.trainable),
    totalLine("Non-trainable", totals.nonTrainable),
  ];
  if (totals.optimizer !== undefined) footer.push(totalLine("Optimizer", totals.optimizer));

  const paragraph = (text: StyledText): string =>
    wrap(text, terminalWidth, "fold")
      .map((line) => `${toTerminal(line, color)}\n`)
      .join("");
  return [
    paragraph(styled(`Model: "${modelName}"`, BOLD)),
    formatTable(columns, cells, terminalWidth, color),
    ...footer.map(paragraph),
  ].join("");
}

/**
 * Bytes for a person: divided by 1024 as often as possible, with two decimals (`41.73 KB`).
 *
 * @param bytes - Number of bytes.
 */
export function readableMemorySize(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${formatFixed(size, 2)} ${units[unit]}`;
}

function tableColumns(description: SummaryDescription): Column[] {
  const branched = description.kind === "branched";
  const headers = ["Layer (type)", "Output Shape", "Param #"];
  const alignments: Alignment[] = ["left", "left", "right"];
  let lineLength = branched ? 108 : 88;
  let ends = description.positions ?? (branched ? [0.3, 0.56, 0.74, 1.0] : [0.45, 0.8, 1.0]);
  if (branched) {
    headers.push("Connected to");
    alignments.push("left");
  }
  if (description.showTrainable) {
    lineLength += 12;
    ends = [...ends.map((end) => end * 0.9), 1.0];
    headers.push("Trainable");
    alignments.push("center");
  }
  if (ends.length !== headers.length) {
    throw new Error(
      `Received an invalid value for \`positions\`, expected the ends of ${branched ? 4 : 3} columns. ` +
        `Received: positions=[${(description.positions ?? []).join(", ")}]`,
    );
  }
  lineLength = description.lineLength ?? Math.min(lineLength, description.columns - 4);
  const widths = columnWidths(ends, lineLength);
  return headers.map((header, index) => ({ header, alignment: alignments[index], width: widths[index] }));
}

function columnWidths(ends: readonly number[], lineLength: number): number[] {
  const widths: number[] = [];
  let before = 0;
  for (const end of ends) {
    const width = Math.trunc(end * lineLength) - before;
    if (width < 4) {
      throw new Error(
        "Insufficient console width to print summary: every column needs at least 4 characters. " +
          `Received: a line length of ${lineLength}. Pass a larger \`lineLength\`.`,
      );
    }
    widths.push(width);
    before += width;
  }
  // Keras asks for these widths without the space on either side and without the borders; `rich` then takes
  // what is too much from the columns, from left to right and as evenly as it can.
  let excess = before + 2 * widths.length - (lineLength - (widths.length + 1));
  return widths.map((width, index) => {
    const share = Math.min(width + 2, roundHalfEven(excess / (widths.length - index)));
    excess -= share;
    return width + 2 - share;
  });
}

function rowCells(row: SummaryRow, kind: SummaryDescription["kind"], showTrainable: boolean): StyledText[] {
  const level = row.nestedLevel ?? 0;
  const cells: StyledText[] = [
    [
      ...styled(`${level > 0 ? `${"   ".repeat(level)}└ ` : ""}${row.name} (`),
      ...styled(row.className, CLASS_NAME),
      ...styled(")"),
    ],
    shapeText(row.outputShape),
    row.parameters === null
      ? [...styled("0", NUMBER), ...styled(" (unbuilt)")]
      : styled(formatThousands(row.parameters), NUMBER),
  ];
  if (kind === "branched") cells.push(connectionsText(row.connectedTo ?? []));
  if (showTrainable) {
    if (row.trainable === undefined || row.trainable === null) cells.push(styled("-", BOLD));
    else cells.push(row.trainable ? styled("Y", TRAINABLE) : styled("N", FROZEN));
  }
  return cells;
}

function shapeText(shape: SummaryRow["outputShape"]): StyledText {
  if (shape === null) return styled("?");
  const all = leaves(shape, isShapeLeaf);
  return all.length === 1 ? oneShape(all[0]) : nestedShapes(shape);
}

/** As Python prints lists and dictionaries. */
function nestedShapes(shape: Structure<SummaryShape>): StyledText {
  if (isDictionary(shape)) {
    const parts = Object.entries(shape).map(([key, part]) => [
      ...styled(`${key}: `),
      ...nestedShapes(part as Structure<SummaryShape>),
    ]);
    return [...styled("{"), ...joined(parts), ...styled("}")];
  }
  if (isShapeLeaf(shape)) return oneShape(shape as SummaryShape);
  return [
    ...styled("["),
    ...joined((shape as readonly Structure<SummaryShape>[]).map(nestedShapes)),
    ...styled("]"),
  ];
}

function oneShape(shape: SummaryShape): StyledText {
  const sizes = shape.map((size) =>
    size === null ? styled("None", UNKNOWN_SIZE) : styled(String(size), NUMBER),
  );
  return [...styled("("), ...joined(sizes), ...styled(")")];
}

function connectionsText(connections: readonly string[]): StyledText {
  if (connections.length === 0) return styled("-");
  return joined(
    connections.map((connection) => {
      const parts = /^(.*\[)(\d+)(\]\[)(\d+)(\])$/.exec(connection);
      if (parts === null) return styled(connection);
      const [, name, node, between, tensor, end] = parts;
      return [
        ...styled(name),
        ...styled(node, NUMBER),
        ...styled(between),
        ...styled(tensor, NUMBER),
        ...styled(end),
      ];
    }),
  );
}

function joined(texts: readonly StyledText[]): StyledText {
  return texts.flatMap((text, index) => (index === 0 ? text : [...styled(", "), ...text]));
}

function totalLine(what: string, { parameters, bytes }: ParameterTotal): StyledText {
  return [
    ...styled(` ${what} params: `, BOLD),
    ...styled(formatThousands(parameters), NUMBER),
    ...styled(` (${readableMemorySize(bytes)})`),
  ];
}
