import { platform } from "#platform";
import type { KerasTensor } from "../../ops/kerasTensor.js";
import type { Structure } from "../../ops/structure.js";
import { formatShape } from "../../tensor/shape.js";
import type { Model } from "../model.js";
import type { BoxOptions } from "./diagram.js";
import type { Direction } from "./layout.js";
import type { Splines } from "./svg.js";

export interface PlotModelOptions {
  /** A file that the picture is also written to; its name ends in `.svg`. Default none. */
  readonly toFile?: string;
  /** Whether boxes show the shapes of inputs and outputs. Default false. */
  readonly showShapes?: boolean;
  /** Whether boxes show the dtype of outputs. Default false. */
  readonly showDtype?: boolean;
  /** Whether boxes show layers' names. Default false. */
  readonly showLayerNames?: boolean;
  /** Where the picture runs to: down (`"TB"`, the default), up, right or left. */
  readonly rankdir?: Direction;
  /** Whether nested models are shown with their layers. Default false. */
  readonly expandNested?: boolean;
  /** Whether boxes show activations. Default false. */
  readonly showLayerActivations?: boolean;
  /** Whether boxes show which layers are trained. Default false. */
  readonly showTrainable?: boolean;
  /** How arrows run. Default `"ortho"`. */
  readonly splines?: Splines;
}

/**
 * Draws a model: a box for each layer, arrows for what flows between them.
 *
 * @returns an SVG picture as text
 * @throws if the model is not built, an option is unknown, or the file is no `.svg` or cannot be written
 * @see https://keras.io/api/utils/model_plotting_utils/#plotmodel-function
 */
export async function plotModel<Outputs extends Structure<KerasTensor>>(
  model: Model<Outputs>,
  options: PlotModelOptions = {},
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
  const { drawModel } = await import("./drawModel.js");
  const svg = await drawModel(
    model as unknown as Model,
    boxes,
    { expandNested, rankdir, splines },
    formatShape,
  );
  if (toFile !== undefined) await platform.writeFileAtomic(toFile, svg);
  return svg;
}

function oneOf(name: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return;
  throw new Error(
    `plotModel: Expected \`${name}\` to be one of ${allowed.map((choice) => `"${choice}"`).join(", ")}. Received: ${name}=${value}`,
  );
}
