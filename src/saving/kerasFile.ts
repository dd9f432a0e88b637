import type { Layer } from "../layers/layer.js";
import type { Optimizer } from "../optimizers/index.js";
import type { Config, Json } from "../utils/serialization.js";
import { writeZip } from "./archive/zip.js";
import { toPythonJson } from "./json.js";
import { serializeKerasObject } from "./serialize.js";
import { weightsFile } from "./state.js";

/** The version of Keras whose files these are. */
const KERAS_VERSION = "3.15.1";
const METADATA = "metadata.json";
export const CONFIG = "config.json";
export const WEIGHTS = "model.weights.h5";

/** A layer that can be trained: what files have besides layers. */
export interface SavedModel extends Layer {
  readonly layers: readonly Layer[];
  readonly optimizer: Optimizer | undefined;
  compileFromConfig(config: Config): void;
}

/** The bytes of a `.keras` file. @param now when it is saved */
export async function kerasFile(model: SavedModel, now: Date): Promise<Uint8Array> {
  const text = (value: Json) => new TextEncoder().encode(toPythonJson(value));
  return writeZip([
    { name: METADATA, content: text({ keras_version: KERAS_VERSION, date_saved: timestamp(now) }) },
    { name: CONFIG, content: text(serializeKerasObject(model)) },
    { name: WEIGHTS, content: await weightsFile(model) },
  ]);
}

/** Python's `%Y-%m-%d@%H:%M:%S`, local time. */
function timestamp(now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const date = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join("-");
  return `${date}@${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(":")}`;
}
