import { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import { formatShape, sameShape, sizeOf } from "../../tensor/shape.js";
import type { Json } from "../../utils/serialization.js";
import { isRecord } from "../json.js";
import type { SavedModel } from "../kerasFile.js";
import { modernConfig } from "../legacyConfig.js";
import { dtypeOf } from "../state.js";
import { normalName, tfjsNames, tfjsOrder } from "./names.js";
import { decodeGroup, type NamedArray, parseManifest, type WeightGroup } from "./weights.js";

/** What a `model.json` says. */
export interface TfjsModel {
  /** The model in Keras 3's words. */
  readonly config: Json;
  /** How it was trained, in Keras 2's words. */
  readonly training: Json;
  readonly groups: readonly WeightGroup[];
  /** Numbers in all weights together. */
  readonly elements: number;
}

/** @throws if it is no layers-model */
export function parseTfjs(value: Json, where: string): TfjsModel {
  const json = isRecord(value) ? (value as Record<string, Json>) : {};
  if (json.format === "graph-model") {
    throw new Error(
      `${where} is a graph-model: it has operations, but no layers. Convert the Keras model to a layers-model (tensorflowjs_converter --output_format tfjs_layers_model).`,
    );
  }
  const topology = json.modelTopology;
  if (!isRecord(topology))
    throw new Error(`${where} is no TensorFlow.js layers-model: it has no modelTopology.`);
  const model = isRecord(topology.model_config) ? topology.model_config : topology;
  const groups = parseManifest(json.weightsManifest, where);
  const elements = groups
    .flatMap(({ weights }) => weights)
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const training = json.trainingConfig ?? (topology as Record<string, Json>).training_config ?? null;
  return { config: modernConfig(model as Json), training, groups, elements };
}

/**
 * Gives a model its weights.
 * @param read the content of a file beside `model.json`
 * @throws if the files are damaged or do not fit
 */
export async function loadTfjsWeights(
  model: SavedModel,
  groups: readonly WeightGroup[],
  read: (path: string) => Promise<Uint8Array>,
  where: string,
): Promise<void> {
  const arrays: NamedArray[] = [];
  for (const group of groups) {
    const pieces: Uint8Array[] = [];
    for (const path of group.paths) pieces.push(await read(path));
    const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    arrays.push(...decodeGroup(group, bytes, where));
  }
  const pairs = paired(model, arrays, where);
  for (const [variable, { name, shape }] of pairs) {
    if (!sameShape(variable.shape, shape)) {
      throw new Error(
        `${where}: the weight '${name}' has shape ${formatShape(shape)}, the model needs ${formatShape(variable.shape)}.`,
      );
    }
  }
  for (const [variable, { shape, data }] of pairs)
    variable.assign(new Tensor(data, { shape, dtype: dtypeOf(data) }));
}

/** By name; where names are made in another way, in the order of TensorFlow.js. */
function paired(model: SavedModel, arrays: readonly NamedArray[], where: string): [Variable, NamedArray][] {
  const order = tfjsOrder(model);
  if (order.length !== arrays.length)
    throw new Error(`${where}: the model has ${order.length} weights, the file ${arrays.length}.`);
  const names = tfjsNames(model);
  const found = arrays.map((array) => names.get(normalName(array.name)));
  if (new Set(found).size === arrays.length && !found.includes(undefined))
    return arrays.map((array, i) => [found[i] as Variable, array]);
  return arrays.map((array, i) => [order[i], array]);
}
