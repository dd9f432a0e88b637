import type { Box, Diagram, Words } from "./diagram.js";
import { textWidth } from "./fontMetrics.js";

/** Where a picture runs to: down, up, right, left. */
export type Direction = "TB" | "BT" | "LR" | "RL";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rectangle extends Point {
  readonly width: number;
  readonly height: number;
}

/** Where everything is; `x` and `y` are left and top. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Rectangle>;
  readonly clusters: ReadonlyMap<string, Rectangle>;
  /** In the order of the diagram's edges. */
  readonly edges: readonly (readonly Point[])[];
}

export const TITLE_SIZE = 16;
export const TEXT_SIZE = 14;
/** Between a cell's border and its text. */
export const PADDING = 10;
const TITLE_HEIGHT = TITLE_SIZE + 2 * PADDING;
export const ROW_HEIGHT = TEXT_SIZE + 2 * PADDING;
/** The title of a nested model, above its boxes. */
export const CLUSTER_TITLE = 24;
const MARGIN = 8;

function widthOf(words: readonly Words[], size: number): number {
  return words.reduce((sum, { text, bold }) => sum + textWidth(text, size, bold ?? false), 0) + 2 * PADDING;
}

/** How wide the cells of a box's last row are, at least. */
export function cellWidths(box: Box): number[] {
  return box.cells.map(({ words }) => widthOf(words, TEXT_SIZE));
}

function sizeOf(box: Box): { width: number; height: number } {
  const rows = [
    widthOf(box.title, TITLE_SIZE),
    box.activation ? widthOf(box.activation, TEXT_SIZE) : 0,
    cellWidths(box).reduce((a, b) => a + b, 0),
  ];
  const height = TITLE_HEIGHT + (box.activation ? ROW_HEIGHT : 0) + (box.cells.length > 0 ? ROW_HEIGHT : 0);
  return { width: Math.ceil(Math.max(...rows)), height };
}

/** Places boxes in layers, with few crossings (the method of Sugiyama). Loads the library that does it. */
export async function arrange(diagram: Diagram, rankdir: Direction): Promise<Layout> {
  const { Graph, layout } = await import("@dagrejs/dagre");
  const graph = new Graph({ compound: true });
  graph.setGraph({
    rankdir,
    nodesep: 40,
    ranksep: diagram.clusters.length > 0 ? 60 : 40,
    marginx: MARGIN,
    marginy: MARGIN,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const box of diagram.boxes) graph.setNode(box.id, sizeOf(box));
  for (const { id } of diagram.clusters) graph.setNode(id, {});
  for (const { id, parent } of diagram.clusters) if (parent) graph.setParent(id, parent);
  for (const { id, cluster } of diagram.boxes) if (cluster) graph.setParent(id, cluster);
  for (const [from, to] of diagram.edges) graph.setEdge(from, to);
  layout(graph);
  const rectangle = (id: string): Rectangle => {
    const { x, y, width, height } = graph.node(id) as Rectangle;
    return { x: x - width / 2, y: y - height / 2, width, height };
  };
  const clusters = new Map(
    diagram.clusters.map(({ id }) => {
      const { x, y, width, height } = rectangle(id);
      return [id, { x, y: y - CLUSTER_TITLE, width, height: height + CLUSTER_TITLE }];
    }),
  );
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const top = Math.min(0, ...[...clusters.values()].map(({ y }) => y - MARGIN));
  const down = <T extends Point>(point: T): T => ({ ...point, y: point.y - top });
  return {
    width,
    height: height - top,
    boxes: new Map(diagram.boxes.map(({ id }) => [id, down(rectangle(id))])),
    clusters: new Map([...clusters].map(([id, cluster]) => [id, down(cluster)])),
    edges: diagram.edges.map(([from, to]) => (graph.edge(from, to) as { points: Point[] }).points.map(down)),
  };
}
