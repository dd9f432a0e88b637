import * as losses from "../../losses/index.js";
import { reduceWeighted, squeezeOrExpand } from "../../losses/loss.js";
import * as metrics from "../../metrics/index.js";
import type { Metric } from "../../metrics/metric.js";
import { Mean } from "../../metrics/reduction.js";
import { add } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import * as optimizers from "../../optimizers/index.js";
import { formatShape } from "../../tensor/shape.js";
import type { Json } from "../../utils/serialization.js";
import { didYouMean } from "../../utils/suggest.js";
import { checkOptions, type OptionNames } from "./options.js";

export interface CompileOptions {
  /** Default `"rmsprop"`. */
  readonly optimizer?: optimizers.OptimizerIdentifier;
  readonly loss?: losses.LossIdentifier | null;
  /** Figures to show beside the loss. Default none. */
  readonly metrics?: readonly metrics.MetricIdentifier[];
  /** Figures that sample weights count in. Default none. */
  readonly weightedMetrics?: readonly metrics.MetricIdentifier[];
}

const compileOptions: OptionNames<CompileOptions> = {
  optimizer: true,
  loss: true,
  metrics: true,
  weightedMetrics: true,
};

/** One metric of a compiled model; `"accuracy"` becomes one when the shapes are known. */
interface Slot {
  readonly identifier: metrics.MetricIdentifier;
  readonly weighted: boolean;
  metric: Metric | undefined;
}

/** What `compile` was given, with the metrics' state. */
export class Compiled {
  readonly optimizer: optimizers.Optimizer;
  readonly loss: losses.Loss | undefined;
  readonly lossTracker = new Mean({ name: "loss" });
  readonly #slots: Slot[];
  readonly #options: CompileOptions;
  /** Whether the metrics are made. */
  built = false;

  /** @throws if a name is unknown */
  constructor(options: CompileOptions) {
    checkOptions("compile", options, compileOptions);
    this.#options = options;
    this.optimizer = optimizers.get(options.optimizer ?? "rmsprop");
    this.loss = options.loss === undefined || options.loss === null ? undefined : losses.get(options.loss);
    const slots = (list: readonly metrics.MetricIdentifier[] | undefined, weighted: boolean) =>
      (list ?? []).map((identifier): Slot => {
        checkMetricName(identifier);
        return { identifier, weighted, metric: undefined };
      });
    this.#slots = [...slots(options.metrics, false), ...slots(options.weightedMetrics, true)];
  }

  /** Makes the metrics for labels and outputs of these shapes. */
  build(y: Tensor, outputShape: readonly (number | null)[]): void {
    if (this.built) return;
    for (const slot of this.#slots) slot.metric = metricFor(slot.identifier, y, outputShape);
    this.built = true;
  }

  get metrics(): Metric[] {
    return [this.lossTracker, ...this.#slots.flatMap(({ metric }) => (metric ? [metric] : []))];
  }

  /** Inside of a trace: the loss of a batch. */
  computeLoss(
    y: Tensor,
    yPred: Tensor,
    sampleWeight: Tensor | undefined,
    penalties: readonly Tensor[],
  ): Tensor {
    if (!this.loss) throw new Error("No loss was given: call model.compile({ loss: … }).");
    const [t, p] = squeezeOrExpand(y, yPred);
    const loss = reduceWeighted(this.loss.call(t, p), sampleWeight ?? null, this.loss.reduction);
    return penalties.reduce((sum, penalty) => add(sum, penalty), loss);
  }

  /** Inside of a trace: takes a batch into loss and metrics. */
  track(loss: Tensor, y: Tensor, yPred: Tensor, sampleWeight: Tensor | undefined): void {
    this.lossTracker.track(loss, y.shape[0]);
    for (const { metric, weighted } of this.#slots)
      metric?.updateState(y, yPred, { sampleWeight: weighted ? sampleWeight : undefined });
  }

  resetMetrics(): void {
    for (const metric of this.metrics) metric.resetState();
  }

  /** The figures so far, by name in alphabetical order. */
  logs(): Record<string, number> {
    const values = this.metrics.map((metric) => [metric.name, metric.result().item()] as const);
    return Object.fromEntries(values.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  }

  /** Keras's dictionary of what was given. */
  getConfig(): Json {
    const { loss, metrics: given = [], weightedMetrics } = this.#options;
    const serialize = (identifier: metrics.MetricIdentifier): Json =>
      typeof identifier === "string" ? identifier : metrics.serialize(metrics.get(identifier));
    return {
      optimizer: optimizers.serialize(this.optimizer),
      loss: typeof loss === "string" ? loss : this.loss ? losses.serialize(this.loss) : null,
      loss_weights: null,
      metrics: given.length ? given.map(serialize) : null,
      weighted_metrics: weightedMetrics ? weightedMetrics.map(serialize) : null,
      run_eagerly: false,
      steps_per_execution: 1,
      jit_compile: true,
    };
  }
}

function checkMetricName(identifier: metrics.MetricIdentifier): void {
  if (typeof identifier !== "string" || metrics.names().includes(identifier)) return;
  throw new Error(`Unknown metric: '${identifier}'.${didYouMean(identifier, metrics.names())}`);
}

/** `"accuracy"` depends on the shapes, as in Keras; its name stays as written. */
function metricFor(
  identifier: metrics.MetricIdentifier,
  y: Tensor,
  outputShape: readonly (number | null)[],
): Metric {
  if (identifier !== "accuracy" && identifier !== "acc") return metrics.get(identifier);
  const name = identifier;
  if (outputShape[outputShape.length - 1] === 1) return new metrics.BinaryAccuracy({ name });
  const sparse = y.rank < outputShape.length || y.shape[y.rank - 1] === 1;
  if (sparse) return new metrics.SparseCategoricalAccuracy({ name });
  if (y.rank !== outputShape.length)
    throw new Error(
      `accuracy: labels of shape ${formatShape(y.shape)} do not fit outputs of shape ${formatShape(outputShape)}.`,
    );
  return new metrics.CategoricalAccuracy({ name });
}
