import type { Metric } from "../../metrics/metric.js";
import { checkName, isRarer } from "../../metrics/names.js";
import type { MetricIdentifier } from "../../metrics/registry.js";
import { isDictionary } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import { isSerializedObject, type Json, serializeObject } from "../../utils/serialization.js";
import { functionConfig } from "./outputs.js";

/** As `metrics.get` takes it, or `"acc"`: accuracy for the shapes of labels and outputs. */
export type CompiledMetric = MetricIdentifier | "acc";

export type OneOrMore = CompiledMetric | readonly CompiledMetric[];

/**
 * Metrics for the only output; or for several, in an array with one entry (a metric, several, or null) for each, or in a
 * dictionary by name.
 */
export type MetricsOption =
  | readonly CompiledMetric[]
  | readonly (OneOrMore | null)[]
  | { readonly [output: string]: OneOrMore | null };

/** A metric of one output. */
export interface OutputMetric {
  readonly index: number;
  readonly metric: Metric;
  readonly weighted: boolean;
  /** What logs call it. */
  readonly key: string;
}

/** What `compile` was given as `metrics` and `weightedMetrics`. */
export class CompiledMetrics {
  #parts: readonly OutputMetric[] | undefined;

  /** @throws if a name is unknown */
  constructor(
    readonly given: MetricsOption,
    readonly weightedGiven: MetricsOption | null,
  ) {
    checkNames(given);
    if (weightedGiven) checkNames(weightedGiven);
  }

  /** Whether a class has to be loaded. */
  get incomplete(): boolean {
    const all = [this.given, this.weightedGiven ?? []].flatMap(identifiersIn);
    return all.some(isRarer);
  }

  get built(): boolean {
    return this.#parts !== undefined;
  }

  /** Keeps the metrics, made by `makeMetrics` for the shapes that the model has met. */
  set parts(made: readonly OutputMetric[]) {
    this.#parts = made;
  }

  get parts(): readonly OutputMetric[] {
    return this.#parts ?? [];
  }

  /** Inside of a trace: takes a batch in. */
  update(
    y: readonly (Tensor | null)[],
    yPred: readonly Tensor[],
    sampleWeight: readonly (Tensor | null)[],
  ): void {
    for (const { index, metric, weighted } of this.parts) {
      const labels = y[index];
      if (!labels)
        throw new Error(
          `There is a metric ('${metric.name}') for output ${index}, but no labels \`y\` for it.`,
        );
      metric.updateState(labels, yPred[index], { sampleWeight: weighted ? sampleWeight[index] : null });
    }
  }

  getConfig(): { metrics: Json; weighted_metrics: Json } {
    const empty = Array.isArray(this.given) && this.given.length === 0;
    return {
      metrics: empty ? null : serialized(this.given),
      weighted_metrics: this.weightedGiven ? serialized(this.weightedGiven) : null,
    };
  }
}

function isOneMetric(value: unknown): boolean {
  return !Array.isArray(value) && (!isDictionary(value) || isSerializedObject(value));
}

/** One or more as a list. */
export function listOf(given: OneOrMore | null | undefined): readonly CompiledMetric[] {
  if (given === null || given === undefined) return [];
  return Array.isArray(given) ? given : [given as CompiledMetric];
}

function identifiersIn(given: MetricsOption): CompiledMetric[] {
  const perOutput: readonly (OneOrMore | null)[] = Array.isArray(given) ? given : Object.values(given);
  return perOutput.flatMap(listOf);
}

/** Whether the labels decide which accuracy is meant. */
export function isAccuracy(identifier: CompiledMetric): identifier is "acc" | "accuracy" | "Accuracy" {
  return typeof identifier === "string" && ["acc", "accuracy"].includes(identifier.toLowerCase());
}

function checkNames(given: MetricsOption): void {
  for (const identifier of identifiersIn(given))
    if (typeof identifier === "string" && !isAccuracy(identifier)) checkName(identifier);
}

/** Keras's dictionary of metrics. */
export function serialized(given: MetricsOption): Json {
  const one = (identifier: CompiledMetric): Json => {
    if (typeof identifier === "string") return identifier;
    if (typeof identifier === "function") return functionConfig(identifier);
    return isSerializedObject(identifier)
      ? (identifier as unknown as Json)
      : serializeObject(identifier as Metric);
  };
  const entry = (value: OneOrMore | null): Json =>
    value === null ? null : isOneMetric(value) ? one(value as CompiledMetric) : listOf(value).map(one);
  if (Array.isArray(given)) return (given as readonly (OneOrMore | null)[]).map(entry);
  return Object.fromEntries(
    Object.entries(given as { readonly [output: string]: OneOrMore | null }).map(([name, value]) => [
      name,
      entry(value),
    ]),
  );
}
