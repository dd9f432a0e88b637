/** https://keras.io/api/losses/ */
import { type Json, serializeObject } from "../utils/serialization.js";
import type { Loss } from "./loss.js";
import { rarerLosses } from "./rarer.js";
import { find, type LossIdentifier, registry } from "./registry.js";

export * from "./functions.js";
export { Loss, type LossOptions, type Reduction } from "./loss.js";
export * from "./losses.js";
export type { LossFunction, LossIdentifier, LossName } from "./registry.js";
export * from "./similarity.js";

/** @throws if the name is unknown; the message suggests the nearest one */
export function get(identifier: LossIdentifier): Loss {
  if (registry.awaits(identifier)) registerAll();
  return find(identifier);
}

/** @throws if the class is unknown */
export function deserialize(config: Json): Loss {
  registerAll();
  return registry.deserialize(config);
}

export function serialize(loss: Loss): Json {
  return serializeObject(loss);
}

function registerAll(): void {
  for (const cls of rarerLosses) registry.register(cls);
}
