/**
 * Tables in box characters for terminals, wrapped, cut and coloured as Python's `rich` does it, which is what
 * Keras prints its summaries with.
 */

/** A character with the parameters of its terminal escape code (`"1"` bold, `"38;5;34"` a colour, `""` none). */
export interface StyledCharacter {
  readonly character: string;
  readonly style: string;
}

/** Text whose characters carry their styles, so that wrapping and cutting need not know of styles. */
export type StyledText = readonly StyledCharacter[];

/** Where the text of a column stands in its cells. */
export type Alignment = "left" | "center" | "right";

/** A column of a table. */
export interface Column {
  readonly header: string;
  readonly alignment: Alignment;
  /** Characters between the borders, including the space on either side. */
  readonly width: number;
}

const BOLD = "1";

/** Text in one style. */
export function styled(text: string, style = ""): StyledText {
  return Array.from(text, (character) => ({ character, style }));
}

/** The text with its escape codes, or without them. */
export function toTerminal(text: StyledText, color: boolean): string {
  let output = "";
  for (let start = 0; start < text.length; ) {
    const { style } = text[start];
    let end = start;
    let run = "";
    while (end < text.length && text[end].style === style) run += text[end++].character;
    output += color && style !== "" ? `\x1b[${style}m${run}\x1b[0m` : run;
    start = end;
  }
  return output;
}

/**
 * Breaks a text into lines of at most `width` characters, at spaces.
 *
 * @param tooLong - What becomes of a word longer than a line: `"fold"` continues it on the next line,
 *   `"cut"` leaves it alone on its line (to be cut by the caller).
 */
export function wrap(text: StyledText, width: number, tooLong: "fold" | "cut"): StyledText[] {
  const plain = text.map(({ character }) => (/\s/.test(character) ? " " : "x")).join("");
  const breaks: number[] = [];
  let used = 0;
  for (const match of plain.matchAll(/ *x+ */g)) {
    let start = match.index;
    const length = match[0].length;
    // Spaces after a word may hang over the end of the line.
    const needed = match[0].trimEnd().length;
    if (width - used >= needed) {
      used += length;
    } else if (needed <= width) {
      if (used > 0 && start > 0) {
        breaks.push(start);
        used = length;
      }
    } else if (tooLong === "cut") {
      if (start > 0) breaks.push(start);
      used = length;
    } else {
      const end = start + length;
      for (; start < end; start += Math.max(1, width)) {
        if (start > 0) breaks.push(start);
        used = Math.min(Math.max(1, width), end - start);
      }
    }
  }
  const lines: StyledText[] = [];
  let start = 0;
  for (const end of [...breaks, text.length]) {
    lines.push(text.slice(start, end));
    start = end;
  }
  return lines;
}

function withoutSpacesAtEnd(line: StyledText): StyledText {
  let end = line.length;
  while (end > 0 && /\s/.test(line[end - 1].character)) end--;
  return line.slice(0, end);
}

function cut(line: StyledText, width: number): StyledText {
  if (line.length <= width) return line;
  if (width <= 0) return [];
  return [...line.slice(0, width - 1), { character: "…", style: line[width - 1].style }];
}

/** The lines of a cell, each exactly `width` characters. */
function cellLines(text: StyledText, width: number, alignment: Alignment, style: string): StyledText[] {
  return wrap(text, width, "cut").map((whole) => {
    const line = cut(withoutSpacesAtEnd(whole), width);
    const room = width - line.length;
    const before = alignment === "left" ? 0 : alignment === "right" ? room : Math.floor(room / 2);
    return [...styled(" ".repeat(before), style), ...line, ...styled(" ".repeat(room - before), style)];
  });
}

/** Pieces of a line get escape codes of their own even where neighbours share a style, as in `rich`. */
type Line = readonly StyledText[];

function rule(columns: readonly Column[], [left, line, middle, right]: string): Line {
  return [styled(left + columns.map(({ width }) => line.repeat(width)).join(middle) + right)];
}

function rowLines(
  columns: readonly Column[],
  cells: readonly StyledText[],
  border: string,
  style: string,
  vertical: "top" | "bottom",
): Line[] {
  const side = styled(" ", style);
  const wrapped = columns.map(({ width, alignment }, index) =>
    cellLines(cells[index], Math.max(0, width - 2), alignment, style),
  );
  const height = Math.max(1, ...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, row) => {
    const pieces: StyledText[] = [styled(border)];
    for (const [index, lines] of wrapped.entries()) {
      const line = lines[vertical === "top" ? row : row - (height - lines.length)];
      if (line !== undefined) pieces.push(side, line, side);
      else pieces.push(styled(" ".repeat(columns[index].width), style));
      pieces.push(styled(border));
    }
    return pieces;
  });
}

/**
 * Draws a table: a bold header between heavy lines, its texts at the bottom, and a light rule between the rows.
 *
 * @param columns - From left to right.
 * @param rows - For each row one cell a column.
 * @param terminalWidth - Longer lines are cut off there.
 * @returns The lines, each ending in a newline.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly StyledText[])[],
  terminalWidth: number,
  color: boolean,
): string {
  const headers = columns.map(({ header }) => styled(header, BOLD));
  const lines: Line[] = [rule(columns, "┏━┳┓"), ...rowLines(columns, headers, "┃", BOLD, "bottom")];
  lines.push(rule(columns, "┡━╇┩"));
  for (const [index, cells] of rows.entries()) {
    if (index > 0) lines.push(rule(columns, "├─┼┤"));
    lines.push(...rowLines(columns, cells, "│", "", "top"));
  }
  lines.push(rule(columns, "└─┴┘"));
  return lines.map((line) => `${lineText(line, terminalWidth, color)}\n`).join("");
}

function lineText(line: Line, terminalWidth: number, color: boolean): string {
  let room = terminalWidth;
  let output = "";
  for (const piece of line) {
    output += toTerminal(piece.slice(0, room), color);
    room -= Math.min(room, piece.length);
  }
  return output;
}
