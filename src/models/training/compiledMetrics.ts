import * as metrics from "../../metrics/index.js";
import type { Metric } from "../../metrics/metric.js";
import type { KerasTensor } from "../../ops/kerasTensor.js";
import { isDictionary } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import { isSerializedObject, type Json } from "../../utils/serialization.js";
import { didYouMean } from "../../utils/suggest.js";
import type { Outputs } from "./outputs.js";

type OneOrMore = metrics.MetricIdentifier | readonly metrics.MetricIdentifier[];

/**
 * Metrics for the only output; or for several, in an array with one entry (a metric, several, or null) for each, or in a
 * dictionary by name.
 */
export type MetricsOption =
  | readonly metrics.MetricIdentifier[]
  | readonly (OneOrMore | null)[]
  | { readonly [output: string]: OneOrMore | null };

/** A metric of one output. */
interface OutputMetric {
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

  /**
   * Makes the metrics: `"accuracy"` depends on the shapes.
   * @throws if metrics do not fit the outputs
   */
  build(outputs: Outputs, y: readonly (KerasTensor | null)[]): void {
    if (this.#parts) return;
    const seen = new Map<string, number>();
    const made = (given: MetricsOption, weighted: boolean): OutputMetric[] =>
      perOutput(weighted ? "weightedMetrics" : "metrics", outputs, given).flatMap((list, index) =>
        list.map((identifier) => {
          const metric = metricFor(identifier, y[index] ?? null, outputs.specs[index].shape);
          const prefix = outputs.specs.length > 1 && outputs.names ? `${outputs.names[index]}_` : "";
          return { index, metric, weighted, key: uniqueKey(seen, prefix, metric.name, weighted) };
        }),
      );
    this.#parts = [...made(this.given, false), ...(this.weightedGiven ? made(this.weightedGiven, true) : [])];
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

function listOf(given: OneOrMore | null | undefined): readonly metrics.MetricIdentifier[] {
  if (given === null || given === undefined) return [];
  return Array.isArray(given) ? given : [given as metrics.MetricIdentifier];
}

function perOutput(
  what: string,
  outputs: Outputs,
  given: MetricsOption,
): (readonly metrics.MetricIdentifier[])[] {
  const { specs, names } = outputs;
  if (specs.length === 1) {
    const all = Array.isArray(given) ? given.flat() : Object.values(given).flatMap(listOf);
    return [all.filter((metric) => metric !== null) as metrics.MetricIdentifier[]];
  }
  if (Array.isArray(given)) {
    if (given.length === 0) return specs.map(() => []);
    if (given.length === specs.length) return (given as readonly (OneOrMore | null)[]).map(listOf);
  } else if (Object.keys(given).every((name) => names?.includes(name))) {
    const dictionary = given as { readonly [output: string]: OneOrMore | null };
    return (names ?? []).map((name) => listOf(dictionary[name]));
  }
  throw new Error(
    `Invalid \`${what}\`: expected an array with one entry for each of the ${specs.length} outputs, or a dictionary by their names${names ? ` (${names.join(", ")})` : ""}. ` +
      `Received: ${what}=${JSON.stringify(serialized(given))}`,
  );
}

/** Equal names get a number, weighted ones a prefix first. */
function uniqueKey(seen: Map<string, number>, prefix: string, name: string, weighted: boolean): string {
  const plain = `${prefix}${name}`;
  if (!seen.has(plain)) {
    seen.set(plain, 1);
    return plain;
  }
  const base = weighted ? `${prefix}weighted_${name}` : plain;
  const index = seen.get(base);
  seen.set(base, (index ?? 0) + 1);
  return index === undefined ? base : `${base}_${index}`;
}

function checkNames(given: MetricsOption): void {
  const all = Array.isArray(given) ? given.flat() : Object.values(given).flatMap(listOf);
  for (const identifier of all) {
    if (typeof identifier === "string" && !metrics.names().includes(identifier))
      throw new Error(`Unknown metric: '${identifier}'.${didYouMean(identifier, metrics.names())}`);
  }
}

function serialized(given: MetricsOption): Json {
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

/** `"accuracy"` depends on the shapes, as in Keras; its name stays as written. */
function metricFor(
  identifier: metrics.MetricIdentifier,
  y: KerasTensor | null,
  outputShape: PartialShape,
): Metric {
  if (identifier !== "accuracy" && identifier !== "acc") return metrics.get(identifier);
  const name = identifier;
  if (outputShape[outputShape.length - 1] === 1) return new metrics.BinaryAccuracy({ name });
  const sparse = !y || y.rank < outputShape.length || y.shape[y.rank - 1] === 1;
  if (sparse) return new metrics.SparseCategoricalAccuracy({ name });
  if (y.rank !== outputShape.length)
    throw new Error(
      `accuracy: labels of shape ${formatShape(y.shape)} do not fit outputs of shape ${formatShape(outputShape)}.`,
    );
  return new metrics.CategoricalAccuracy({ name });
}
