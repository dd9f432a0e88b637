import type { Layer } from "../layers/layer.js";
import { Tensor } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";
import { formatShape, sameShape } from "../tensor/shape.js";
import type { Hdf5File } from "./hdf5/file.js";
import { dtypeOf } from "./state.js";

/** Whether a file keeps weights as Keras 1 and 2 did, or a whole model in their way. */
export function isLegacy(file: Hdf5File): boolean {
  return file.has("model_weights") || texts(file, "", "layer_names") !== undefined;
}

/** The list of texts `name` of a group; long lists are in pieces `name0`, `name1`, … */
function texts(file: Hdf5File, path: string, name: string): string[] | undefined {
  const whole = file.texts(path, name);
  if (whole) return whole;
  const pieces: string[] = [];
  for (let i = 0; ; i++) {
    const piece = file.texts(path, `${name}${i}`);
    if (!piece) return i === 0 ? undefined : pieces;
    pieces.push(...piece);
  }
}

/** Trainable weights first, as older versions listed a layer's. */
export function legacyOrder(layer: Layer): Variable[] {
  const { weights } = layer;
  return [...weights.filter(({ trainable }) => trainable), ...weights.filter(({ trainable }) => !trainable)];
}

export interface LegacyLoadOptions {
  readonly skipMismatch: boolean;
  /** The file, for messages. */
  readonly where: string;
}

/**
 * Gives the layers of a model the weights of a file of Keras 1 or 2, layer by layer in their order.
 * @throws if the number of layers or weights, or a shape differs
 */
export function loadLegacyWeights(
  file: Hdf5File,
  model: { readonly layers: readonly Layer[] },
  { skipMismatch, where }: LegacyLoadOptions,
): void {
  const root = file.has("model_weights") ? "model_weights" : "";
  const join = (name: string) => (root === "" ? name : `${root}/${name}`);
  const saved = (texts(file, root, "layer_names") ?? []).flatMap((name) => {
    const names = texts(file, join(name), "weight_names") ?? [];
    return names.length > 0 ? [{ name, paths: names.map((weight) => join(`${name}/${weight}`)) }] : [];
  });
  const layers = model.layers.filter(({ weights }) => weights.length > 0);
  if (saved.length !== layers.length) {
    throw new Error(
      `${where}: Layer count mismatch when loading weights from file. Model expected ${layers.length} layers, found ${saved.length} saved layers.`,
    );
  }
  for (const [i, layer] of layers.entries()) {
    const variables = legacyOrder(layer);
    const { name, paths } = saved[i];
    if (paths.length !== variables.length) {
      if (skipMismatch) continue;
      throw new Error(
        `${where}: Weight count mismatch for layer #${i} (named ${layer.name} in the current model, ${name} in the save file). Layer expects ${variables.length} weight(s). Received ${paths.length} saved weight(s).`,
      );
    }
    assignPaths(file, variables, paths, `${where}: layer #${i} (named ${layer.name})`, skipMismatch);
  }
}

/** Gives variables the contents of datasets. @throws if a shape differs; then nothing is changed */
function assignPaths(
  file: Hdf5File,
  variables: readonly Variable[],
  paths: readonly string[],
  owner: string,
  skipMismatch: boolean,
): void {
  for (const [i, variable] of variables.entries()) {
    const shape = file.shape(paths[i]);
    if (shape && sameShape(shape, variable.shape)) continue;
    if (skipMismatch) return;
    throw new Error(
      `${owner}: Shape mismatch for '${variable.path}'. Weight expects shape ${formatShape(variable.shape)}. Received saved weight with shape ${shape ? formatShape(shape) : "none"}.`,
    );
  }
  for (const [i, variable] of variables.entries()) {
    const { shape, data } = file.array(paths[i]);
    variable.assign(new Tensor(data, { shape, dtype: dtypeOf(data) }));
  }
}

/** Gives an optimizer its state. @returns false if the file has none, or in the other order of Keras 2 */
export function loadLegacyOptimizer(file: Hdf5File, variables: readonly Variable[], where: string): boolean {
  const names = texts(file, "optimizer_weights", "weight_names") ?? [];
  if (names.length !== variables.length) return false;
  const paths = names.map((name) => `optimizer_weights/${name}`);
  assignPaths(file, variables, paths, `${where}: optimizer`, false);
  return true;
}
