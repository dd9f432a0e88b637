import type { FunctionBuilder, Local } from "../assembler/index.js";
import { forRange } from "../loops.js";

/** So many panels of so many vectors (or rows), one after another. */
export interface Panels {
  readonly width: number;
  readonly count: number;
}

/** Splits vectors, or rows, into parts of nearly equal width, the wider ones first. */
export function evenPanels(extent: number, most: number): Panels[] {
  const parts = Math.ceil(extent / most);
  const width = Math.ceil(extent / parts);
  const narrower = width * parts - extent;
  const panels = [
    { width, count: parts - narrower },
    { width: width - 1, count: narrower },
  ];
  return panels.filter((panel) => panel.width > 0 && panel.count > 0);
}

/** Splits a number of vectors into panels of 2 and a lone one at the end; up to 3 are one panel. */
export function panelWidths(vectors: number): Panels[] {
  if (vectors <= 3) return [{ width: vectors, count: 1 }];
  const pairs = { width: 2, count: Math.floor(vectors / 2) };
  return vectors % 2 === 0 ? [pairs] : [pairs, { width: 1, count: 1 }];
}

/** Loops over panels of columns: full ones in a loop, then one that ends in a part of a vector. */
export function overColumns(
  f: FunctionBuilder,
  columns: number,
  widths: readonly Panels[],
  body: (width: number, lastColumns: number, column: Local) => void,
): void {
  const vectors = Math.ceil(columns / 4);
  let start = 0;
  for (const { width, count } of widths) {
    const last = start + width * count === vectors;
    const partial = last && columns % 4 !== 0;
    const full = partial ? count - 1 : count;
    const from = start;
    if (full > 0) {
      forRange(f, full, 1, (panel) => {
        const column = f.local("i32", "column");
        f.get(panel)
          .i32(width * 4)
          .op("i32.mul")
          .i32(from * 4)
          .op("i32.add")
          .set(column);
        body(width, 4, column);
      });
    }
    if (partial) {
      const column = f.local("i32", "column");
      f.i32((from + width * full) * 4).set(column);
      body(width, columns % 4, column);
    }
    start += width * count;
  }
}
