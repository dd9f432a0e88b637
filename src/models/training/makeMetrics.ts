import { BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy } from "../../metrics/accuracy.js";
import type { Metric } from "../../metrics/metric.js";
import { find } from "../../metrics/registry.js";
import type { KerasTensor } from "../../ops/kerasTensor.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import {
  type CompiledMetric,
  type CompiledMetrics,
  isAccuracy,
  listOf,
  type MetricsOption,
  type OneOrMore,
  type OutputMetric,
  serialized,
} from "./compiledMetrics.js";
import { kindOfLabels, type Outputs } from "./outputs.js";

/**
 * Makes the metrics that `compile` was asked for: `"accuracy"` depends on the shapes.
 * @throws if metrics do not fit the outputs
 */
export function makeMetrics(
  { given, weightedGiven }: CompiledMetrics,
  outputs: Outputs,
  y: readonly (KerasTensor | null)[],
): OutputMetric[] {
  const seen = new Map<string, number>();
  const made = (option: MetricsOption, weighted: boolean): OutputMetric[] =>
    perOutput(weighted ? "weightedMetrics" : "metrics", outputs, option).flatMap((list, index) =>
      list.map((identifier) => {
        const metric = metricFor(identifier, y[index] ?? null, outputs.specs[index].shape);
        const prefix = outputs.specs.length > 1 && outputs.names ? `${outputs.names[index]}_` : "";
        return { index, metric, weighted, key: uniqueKey(seen, prefix, metric.name, weighted) };
      }),
    );
  return [...made(given, false), ...(weightedGiven ? made(weightedGiven, true) : [])];
}

function perOutput(what: string, outputs: Outputs, given: MetricsOption): (readonly CompiledMetric[])[] {
  const { specs, names } = outputs;
  if (specs.length === 1) {
    const all = Array.isArray(given) ? given.flat() : Object.values(given).flatMap(listOf);
    return [all.filter((metric) => metric !== null) as CompiledMetric[]];
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

/** What a name stands for; metrics are called what they were asked for by, as in Keras. */
function metricFor(identifier: CompiledMetric, y: KerasTensor | null, outputShape: PartialShape): Metric {
  if (!isAccuracy(identifier)) {
    const metric = find(identifier);
    return typeof identifier === "string" ? Object.assign(metric, { name: identifier }) : metric;
  }
  const name = identifier;
  const kind = kindOfLabels(y, outputShape);
  if (kind === "binary") return new BinaryAccuracy({ name });
  if (kind === "sparse") return new SparseCategoricalAccuracy({ name });
  if (y?.rank !== outputShape.length)
    throw new Error(
      `accuracy: labels of shape ${formatShape(y?.shape ?? [])} do not fit outputs of shape ${formatShape(outputShape)}.`,
    );
  return new CategoricalAccuracy({ name });
}
