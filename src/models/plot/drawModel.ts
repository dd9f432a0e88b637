import type { Model } from "../model.js";
import { type BoxOptions, diagramOf, type FormatShape } from "./diagram.js";
import { arrange } from "./layout.js";
import type { PlotModelOptions } from "./plotModel.js";
import { drawSvg } from "./svg.js";

/**
 * The picture of a model. A file of its own, so that programs that draw nothing do not load it.
 * @throws as `plotModel`, but for what comes of writing
 */
export async function drawModel(
  model: Model,
  options: PlotModelOptions,
  formatShape: FormatShape,
): Promise<string> {
  const { toFile, rankdir = "TB", splines = "ortho", expandNested = false } = options;
  if (!model.built) {
    throw new Error(
      "This model has not yet been built. Build the model first by calling `build()` or by calling the model on a batch of data.",
    );
  }
  oneOf("rankdir", rankdir, ["TB", "BT", "LR", "RL"]);
  oneOf("splines", splines, ["ortho", "polyline", "curved"]);
  if (toFile !== undefined && !toFile.endsWith(".svg"))
    throw new Error(`plotModel: \`toFile\` must end in ".svg", the only format. Received: toFile=${toFile}`);
  const boxes: BoxOptions = {
    showShapes: options.showShapes ?? false,
    showDtype: options.showDtype ?? false,
    showLayerNames: options.showLayerNames ?? false,
    showLayerActivations: options.showLayerActivations ?? false,
    showTrainable: options.showTrainable ?? false,
  };
  const diagram = diagramOf(model, boxes, expandNested, formatShape);
  return drawSvg(model.name, diagram, await arrange(diagram, rankdir), splines);
}

function oneOf(name: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return;
  throw new Error(
    `plotModel: Expected \`${name}\` to be one of ${allowed.map((choice) => `"${choice}"`).join(", ")}. Received: ${name}=${value}`,
  );
}
