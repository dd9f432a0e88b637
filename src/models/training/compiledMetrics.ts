import * as metrics from "../../metrics/index.js";
import type { Metric } from "../../metrics/metric.js";
import { isDictionary } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import { isSerializedObject, type Json } from "../../utils/serialization.js";
import { didYouMean } from "../../utils/suggest.js";

export type OneOrMore = metrics.MetricIdentifier | readonly metrics.MetricIdentifier[];

/**
 * Metrics for the only output; or for several, in an array with one entry (a metric, several, or null) for each, or in a
 * dictionary by name.
 */
export type MetricsOption =
  | readonly metrics.MetricIdentifier[]
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
export function listOf(given: OneOrMore | null | undefined): readonly metrics.MetricIdentifier[] {
  if (given === null || given === undefined) return [];
  return Array.isArray(given) ? given : [given as metrics.MetricIdentifier];
}

function checkNames(given: MetricsOption): void {
  const all = Array.isArray(given) ? given.flat() : Object.values(given).flatMap(listOf);
  for (const identifier of all) {
    if (typeof identifier === "string" && !metrics.names().includes(identifier))
      throw new Error(`Unknown metric: '${identifier}'.${didYouMean(identifier, metrics.names())}`);
  }
}

/** Keras's dictionary of metrics. */
export function serialized(given: MetricsOption): Json {
  const one = (identifier: metrics.MetricIdentifier): Json =>
    typeof identifier === "string" ? identifier : metrics.serialize(metrics.get(identifier));
  const entry = (value: OneOrMore | null): Json =>
    value === null
      ? null
      : isOneMetric(value)
        ? one(value as metrics.MetricIdentifier)
        : listOf(value).map(one);
  if (Array.isArray(given)) return (given as readonly (OneOrMore | null)[]).map(entry);
  return Object.fromEntries(
    Object.entries(given as { readonly [output: string]: OneOrMore | null }).map(([name, value]) => [
      name,
      entry(value),
    ]),
  );
}
