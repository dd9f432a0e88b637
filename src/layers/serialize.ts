import { type Json, serializeObject } from "../utils/serialization.js";
import type { Layer } from "./layer.js";

/** Keras's dictionary of a layer, with the shape it was built for. */
export function serialize(layer: Layer): Json {
  const build = layer.getBuildConfig();
  return { ...(serializeObject(layer) as object), ...(build ? { build_config: build } : {}) } as Json;
}
