import type { Box, Cell, Diagram, Words } from "./diagram.js";
import {
  CLUSTER_TITLE,
  cellWidths,
  type Layout,
  PADDING,
  type Point,
  type Rectangle,
  ROW_HEIGHT,
  TEXT_SIZE,
  TITLE_SIZE,
} from "./layout.js";

/** How arrows run: at right angles, straight, or bent. */
export type Splines = "ortho" | "polyline" | "curved";

const FILLS: Readonly<Record<Cell["kind"], { readonly fill: string; readonly text: string }>> = {
  plain: { fill: "white", text: "black" },
  trainable: { fill: "forestgreen", text: "white" },
  frozen: { fill: "firebrick", text: "white" },
};

/** A diagram as a picture. */
export function drawSvg(name: string, diagram: Diagram, layout: Layout, splines: Splines): string {
  const width = round(layout.width);
  const height = round(layout.height);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="Helvetica, Arial, sans-serif" font-size="${TEXT_SIZE}">`,
    `<title>${escaped(`Layers of model ${name}`)}</title>`,
    `<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="10" markerHeight="10" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L10 5L0 10z"/></marker></defs>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...diagram.clusters.map(({ id, label }) => cluster(label, layout.clusters.get(id) as Rectangle)),
    ...layout.edges.map(
      (points) =>
        `<path d="${path(points, splines)}" fill="none" stroke="black" stroke-width="2" marker-end="url(#arrow)"/>`,
    ),
    ...diagram.boxes.map((box) => drawBox(box, layout.boxes.get(box.id) as Rectangle)),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

function cluster(label: string, area: Rectangle): string {
  return (
    rectangle(area, "none", `stroke="black" rx="4"`) +
    text([{ text: label }], { x: area.x + area.width / 2, y: area.y + CLUSTER_TITLE / 2 }, TEXT_SIZE, "black")
  );
}

function drawBox(box: Box, area: Rectangle): string {
  const titleHeight = TITLE_SIZE + 2 * PADDING;
  const rows: { cells: readonly Cell[]; widths: readonly number[] }[] = [];
  if (box.activation) rows.push({ cells: [{ words: box.activation, kind: "plain" }], widths: [area.width] });
  if (box.cells.length > 0) {
    const least = cellWidths(box);
    const spare = (area.width - least.reduce((a, b) => a + b, 0)) / least.length;
    rows.push({ cells: box.cells, widths: least.map((width) => width + spare) });
  }
  const title = { ...area, height: titleHeight };
  let drawn =
    rectangle(title, "black", `stroke="black"`) + text(box.title, centre(title), TITLE_SIZE, "white");
  let y = area.y + titleHeight;
  for (const { cells, widths } of rows) {
    let x = area.x;
    for (const [i, { words, kind }] of cells.entries()) {
      const cell = { x, y, width: widths[i], height: ROW_HEIGHT };
      const { fill, text: color } = FILLS[kind];
      drawn += rectangle(cell, fill, `stroke="black"`) + text(words, centre(cell), TEXT_SIZE, color);
      x += widths[i];
    }
    y += ROW_HEIGHT;
  }
  return `<g>${drawn}</g>`;
}

function centre({ x, y, width, height }: Rectangle): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

function rectangle({ x, y, width, height }: Rectangle, fill: string, more: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${fill}" ${more}/>`;
}

function text(words: readonly Words[], at: Point, size: number, color: string): string {
  const spans = words
    .map(({ text: part, bold }) => `<tspan${bold ? ' font-weight="bold"' : ""}>${escaped(part)}</tspan>`)
    .join("");
  return `<text x="${round(at.x)}" y="${round(at.y)}" font-size="${size}" fill="${color}" text-anchor="middle" dominant-baseline="central" xml:space="preserve">${spans}</text>`;
}

function path(points: readonly Point[], splines: Splines): string {
  const [start, ...rest] = points;
  const at = ({ x, y }: Point) => `${round(x)} ${round(y)}`;
  let drawn = `M${at(start)}`;
  if (splines === "polyline") return drawn + rest.map((point) => `L${at(point)}`).join("");
  const last = points[points.length - 1];
  const downwards = Math.abs(last.y - start.y) >= Math.abs(last.x - start.x);
  for (const [i, point] of rest.entries()) {
    const before = points[i];
    const middle = downwards
      ? [
          { x: before.x, y: (before.y + point.y) / 2 },
          { x: point.x, y: (before.y + point.y) / 2 },
        ]
      : [
          { x: (before.x + point.x) / 2, y: before.y },
          { x: (before.x + point.x) / 2, y: point.y },
        ];
    drawn +=
      splines === "ortho"
        ? [...middle, point].map((corner) => `L${at(corner)}`).join("")
        : `C${[...middle, point].map(at).join(" ")}`;
  }
  return drawn;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(value: string): string {
  return value.replace(/[&<>"]/g, (character) => ENTITIES[character]);
}
