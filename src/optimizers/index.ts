/** https://keras.io/api/optimizers/ */
import {
  type Config,
  isSerializedObject,
  type Json,
  Registry,
  type SerializableClass,
  serializeObject,
} from "../utils/serialization.js";
import { Adafactor } from "./adafactor.js";
import { Ftrl } from "./ftrl.js";
import { Lamb } from "./lamb.js";
import { Lion } from "./lion.js";
import { Muon } from "./muon.js";
import { Optimizer } from "./optimizer.js";
import { Adadelta, Adagrad, Adam, Adamax, AdamW, Nadam, RMSprop, SGD } from "./optimizers.js";

import * as schedulesModule from "./schedules/index.js";

export { Adafactor, type AdafactorOptions } from "./adafactor.js";
export { Ftrl, type FtrlOptions } from "./ftrl.js";
export { Lamb, type LambOptions } from "./lamb.js";
export { Lion, type LionOptions } from "./lion.js";
export { Muon, type MuonOptions } from "./muon.js";
export {
  type LearningRate,
  Optimizer,
  type OptimizerOptions,
  type SlotKind,
  type UpdateContext,
} from "./optimizer.js";
export {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  type AdamOptions,
  AdamW,
  Nadam,
  RMSprop,
  type RMSpropOptions,
  SGD,
  type SGDOptions,
} from "./optimizers.js";
export * as schedules from "./schedules/index.js";

const aliases = {
  adadelta: Adadelta,
  adafactor: Adafactor,
  adagrad: Adagrad,
  adam: Adam,
  adamax: Adamax,
  adamw: AdamW,
  ftrl: Ftrl,
  lamb: Lamb,
  lion: Lion,
  muon: Muon,
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

/** An optimizer from Keras's dictionary, with the schedule of its learning rate if it has one. @throws if a class is unknown */
export function deserialize(config: Json): Optimizer {
  if (!isSerializedObject(config) || typeof config.config === "string") return registry.deserialize(config);
  const settings = config.config as Config;
  if (!isSerializedObject(settings.learning_rate)) return registry.deserialize(config);
  const schedule = schedulesModule.deserialize(settings.learning_rate as Json) as unknown as Json;
  return registry.deserialize({
    ...(config as object),
    config: { ...settings, learning_rate: schedule },
  });
}

export function serialize(optimizer: Optimizer): Json {
  return serializeObject(optimizer);
}
