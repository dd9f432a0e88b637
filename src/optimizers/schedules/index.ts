/** https://keras.io/api/optimizers/learning_rate_schedules/ */
import { type Json, Registry, serializeObject } from "../../utils/serialization.js";
import {
  CosineDecay,
  CosineDecayRestarts,
  ExponentialDecay,
  InverseTimeDecay,
  PiecewiseConstantDecay,
  PolynomialDecay,
} from "./decays.js";
import type { LearningRateSchedule } from "./schedule.js";

export * from "./decays.js";
export { LearningRateSchedule } from "./schedule.js";

const registry = /* @__PURE__ */ new Registry<LearningRateSchedule>("learning rate schedule", [
  CosineDecay,
  CosineDecayRestarts,
  ExponentialDecay,
  InverseTimeDecay,
  PiecewiseConstantDecay,
  PolynomialDecay,
]);

/** A schedule from Keras's dictionary. @throws if the class is unknown */
export function deserialize(config: Json): LearningRateSchedule {
  return registry.deserialize(config);
}

export function serialize(schedule: LearningRateSchedule): Json {
  return serializeObject(schedule);
}
