import { type Json, serializeObject } from "../utils/serialization.js";
import type { Layer } from "./layer.js";

/** Keras's dictionary of a layer, with the shape it was built for. */
export function serialize(layer: Layer): Json {
  return serializeObject(layer);
}
