import { platform } from "#platform";
import type { KerasTensor } from "../../ops/kerasTensor.js";
import type { Structure } from "../../ops/structure.js";
import { formatShape } from "../../tensor/shape.js";
import type { Model } from "../model.js";
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
  const { drawModel } = await import("./drawModel.js");
  const { toFile } = options;
  const svg = await drawModel(model as unknown as Model, options, formatShape);
  if (toFile !== undefined) await platform.writeFileAtomic(toFile, svg);
  return svg;
}
