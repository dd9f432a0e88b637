/** https://keras.io/api/optimizers/ */
import { type Json, Registry, type SerializableClass, serializeObject } from "../utils/serialization.js";
import { Optimizer } from "./optimizer.js";
import { Adadelta, Adagrad, Adam, Adamax, AdamW, Nadam, RMSprop, SGD } from "./optimizers.js";

export { Optimizer, type OptimizerOptions, type UpdateContext } from "./optimizer.js";
export * from "./optimizers.js";

const aliases = {
  adadelta: Adadelta,
  adagrad: Adagrad,
  adam: Adam,
  adamax: Adamax,
  adamw: AdamW,
  nadam: Nadam,
  rmsprop: RMSprop,
  sgd: SGD,
} satisfies Record<string, SerializableClass<Optimizer>>;

export type OptimizerName = keyof typeof aliases;

/** A name, an object, or Keras's dictionary. */
export type OptimizerIdentifier =
  | OptimizerName
  | Optimizer
  | { readonly class_name: string; readonly config: object };

const registry = /* @__PURE__ */ new Registry<Optimizer>("optimizer", Object.values(aliases), aliases);

/** @throws if the name is unknown; the message suggests the nearest one */
export function get(identifier: OptimizerIdentifier): Optimizer {
  if (identifier instanceof Optimizer) return identifier;
  return registry.deserialize(
    typeof identifier === "string"
      ? registry.has(identifier)
        ? identifier
        : identifier.toLowerCase()
      : identifier,
  );
}

export function deserialize(config: Json): Optimizer {
  return registry.deserialize(config);
}

export function serialize(optimizer: Optimizer): Json {
  return serializeObject(optimizer);
}
