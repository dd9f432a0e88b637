import type { Model } from "../model.js";
import { type BoxOptions, diagramOf, type FormatShape } from "./diagram.js";
import { arrange, type Direction } from "./layout.js";
import { drawSvg, type Splines } from "./svg.js";

/** The picture of a model. A file of its own, so that programs that draw nothing do not load it. */
export async function drawModel(
  model: Model,
  boxes: BoxOptions,
  { expandNested, rankdir, splines }: { expandNested: boolean; rankdir: Direction; splines: Splines },
  formatShape: FormatShape,
): Promise<string> {
  const diagram = diagramOf(model, boxes, expandNested, formatShape);
  return drawSvg(model.name, diagram, await arrange(diagram, rankdir), splines);
}
