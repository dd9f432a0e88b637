import type { Layer } from "../../layers/layer.js";
import type { Variable } from "../../ops/variable.js";

/** Each variable of a model under the name that TensorFlow.js gives it: the layer's, without models and cells around. */
export function tfjsNames(model: Layer): Map<string, Variable> {
  const found = new Map<string, Variable>();
  for (const layer of leaves(model)) {
    for (const variable of layer.weights) {
      const segments = variable.path.split("/");
      const name = normalName(segments.slice(Math.max(segments.indexOf(layer.name), 0)).join("/"));
      const depthwise = /^Depthwise/.test((layer.constructor as unknown as { className: string }).className);
      found.set(depthwise ? name.replace(/\/kernel$/, "/depthwise_kernel") : name, variable);
    }
  }
  return found;
}

/** A name without the cell of a recurrent layer, and without what TensorFlow adds (`:0`). */
export function normalName(name: string): string {
  return name.replace(/:0$/, "").replace(/\/[^/]*_cell(_\d+)?(?=\/)/g, "");
}

/** The layers that are no models, through models in models. */
function leaves(model: Layer): Layer[] {
  const inner = "layers" in model ? (model.layers as readonly Layer[]) : [];
  return inner.flatMap((layer) => ("layers" in layer ? leaves(layer) : [layer]));
}

/** TensorFlow.js's own order: all that is trained, then all that is not. */
export function tfjsOrder(model: Layer): Variable[] {
  const weights = leaves(model).flatMap((layer) => layer.weights);
  return [...weights.filter(({ trainable }) => trainable), ...weights.filter(({ trainable }) => !trainable)];
}
