import { Model, type Tensor } from "keratin";
import type { ModelInfo } from "./protocol.js";
import { declaredValues } from "./scope.js";

type LayerShape = readonly (number | null)[];

/** What is known about a model that has been trained. */
export interface Training {
  readonly history: Record<string, number[]>;
  readonly epochs: number;
  readonly seconds: number;
  readonly microsecondsPerStep: number;
  readonly stopped: boolean;
  readonly weightsSha256: string | undefined;
}

const trainings = new WeakMap<Model, Training>();

export function trainingOf(model: Model): Training | undefined {
  return trainings.get(model);
}

export function remember(model: Model, training: Training): void {
  trainings.set(model, training);
}

/** The cells' models, by the names of their variables. */
export function models(): Map<string, Model> {
  const found = new Map<string, Model>();
  for (const [name, value] of declaredValues()) if (value instanceof Model) found.set(name, value);
  return found;
}

/** The name of a model's variable; Keras's name if it has none. */
export function nameOf(model: Model): string {
  for (const [name, value] of models()) if (value === model) return name;
  return model.name;
}

const origins = new WeakMap<Tensor, Model>();
let lastPredicted: Model | undefined;

/** Remembers which model these values come from. */
export function comesFrom(values: Tensor, model: Model): void {
  origins.set(values, model);
  lastPredicted = model;
}

/** The name of the model that predicted these values; for values computed from predictions, of the last one that predicted. */
export function modelOf(values: Tensor): string {
  const model = origins.get(values) ?? lastPredicted;
  return model ? nameOf(model) : "";
}

/** @throws if there is none */
export function modelNamed(name: string): Model {
  const model = models().get(name);
  if (!model) throw new Error(`There is no model named ${name}.`);
  return model;
}

export function describeModel(name: string, model: Model): ModelInfo {
  const training = trainings.get(model);
  return {
    name,
    parameters: model.built ? model.countParams() : 0,
    trained: training !== undefined,
    readsDigits: model.built && imageShape(model) !== null && outputs(model) === 10,
    weightsSha256: training?.weightsSha256,
  };
}

/** The shape of one image as the model takes it; null if it takes something else. */
export function imageShape(model: Model): readonly number[] | null {
  const shape = (model.inputShape as LayerShape | undefined)?.slice(1) ?? [];
  const size = shape.reduce<number>((product, extent) => product * (extent ?? 0), 1);
  return size === 784 && shape.length > 0 ? (shape as number[]) : null;
}

function outputs(model: Model): number | null {
  const shape = model.computeOutputShape(model.inputShape as LayerShape) as LayerShape;
  return shape.length === 2 ? shape[1] : null;
}

/** SHA-256 of all weights' bytes in order, as `npm start` reports it; undefined where the page has no cryptography. */
export async function weightsSha256(model: Model): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const parts = model.weights.map(
    ({ value: { data } }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
