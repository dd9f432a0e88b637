import { text } from "../text/index.js";
import python from "./cells.py?raw";
import r from "./cells.R?raw";
import typescript from "./cells.ts?raw";

/** One cell of a document as it was written. */
export interface CellSource {
  readonly id: string;
  readonly label: string;
  readonly before?: string;
  readonly after?: string;
  readonly code: string;
  readonly translations: readonly { readonly language: "R" | "Python"; readonly code: string }[];
}

export interface Step {
  readonly id: string;
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly cells: readonly CellSource[];
}

/** The cells of a script, by the names in its `%%` lines. */
export function cellsOf(script: string): Map<string, string> {
  const cells = new Map<string, string>();
  for (const part of script.split(/^(?:\/\/|#) %% /m).slice(1)) {
    const end = part.indexOf("\n");
    cells.set(part.slice(0, end).trim(), part.slice(end + 1).trim());
  }
  return cells;
}

/** The practical, text and code together. */
export function practicalSteps(): Step[] {
  const code = cellsOf(typescript);
  const inR = cellsOf(r);
  const inPython = cellsOf(python);
  return text.practical.map(({ id, title, paragraphs, cells }) => ({
    id,
    title,
    paragraphs,
    cells: cells.map((cell) => ({
      ...cell,
      code: code.get(cell.id) ?? "",
      translations: [
        { language: "R" as const, code: inR.get(cell.id) ?? "" },
        { language: "Python" as const, code: inPython.get(cell.id) ?? "" },
      ],
    })),
  }));
}

/** The cell of an exercise. */
export const exerciseCell = (id: string): string => `exercise-${id}`;
/** The cell of the student's own model. */
export const BUILD_CELL = "build";

/** All cells there are, document by document; the first document is what the others build upon. */
export function cellDocuments(): string[][] {
  return [
    text.practical.flatMap(({ cells }) => cells.map(({ id }) => id)),
    ...text.exercises.map(({ id }) => [exerciseCell(id)]),
    [BUILD_CELL],
  ];
}
