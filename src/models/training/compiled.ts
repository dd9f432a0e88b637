import { SparseCategoricalCrossentropy } from "../../losses/losses.js";
import { type Figure, figureOf } from "../../metrics/figure.js";
import type { Metric } from "../../metrics/metric.js";
import { Mean } from "../../metrics/reduction.js";
import type { KerasTensor } from "../../ops/kerasTensor.js";
import type { Tensor } from "../../ops/tensor.js";
import * as optimizers from "../../optimizers/index.js";
import type { Json } from "../../utils/serialization.js";
import { CompiledLoss, type CompiledLossIdentifier } from "./compiledLoss.js";
import { CompiledMetrics, type MetricsOption } from "./compiledMetrics.js";
import { checkOptions, type OptionNames } from "./options.js";
import type { Outputs, PerOutput } from "./outputs.js";

export interface CompileOptions {
  /** Default `"rmsprop"`. */
  readonly optimizer?: optimizers.OptimizerIdentifier;
  /** One for all outputs, an array in their order, or a dictionary by name. Default: only what layers add. */
  readonly loss?: PerOutput<CompiledLossIdentifier> | null;
  /** Factors for the losses of several outputs. Default 1 each. */
  readonly lossWeights?: PerOutput<number> | null;
  /** Figures to show beside the loss. Default none. */
  readonly metrics?: MetricsOption;
  /** Figures that sample weights count in. Default none. */
  readonly weightedMetrics?: MetricsOption;
}

const compileOptions: OptionNames<CompileOptions> = {
  optimizer: true,
  loss: true,
  lossWeights: true,
  metrics: true,
  weightedMetrics: true,
};

type MakeMetrics = typeof import("./makeMetrics.js").makeMetrics;

/** What `compile` was given, with the metrics' state. */
export class Compiled {
  readonly optimizer: optimizers.Optimizer;
  readonly loss: CompiledLoss | undefined;
  readonly lossTracker = new Mean({ name: "loss" });
  readonly #metrics: CompiledMetrics;
  /** Known once the model has met data. */
  #outputs: Outputs | undefined;

  /** @throws if a name is unknown */
  constructor(options: CompileOptions) {
    checkOptions("compile", options, compileOptions);
    this.optimizer = optimizers.get(options.optimizer ?? "rmsprop");
    const { loss, lossWeights, metrics, weightedMetrics } = options;
    this.loss = loss === undefined || loss === null ? undefined : new CompiledLoss(loss, lossWeights ?? null);
    this.#metrics = new CompiledMetrics(metrics ?? [], weightedMetrics ?? null);
  }

  /** Before a run: loads losses and metrics that only some programs have. */
  async load(): Promise<void> {
    if (!this.loss?.incomplete && !this.#metrics.incomplete) return;
    const { registerRarer } = await import("../../saving/files.js");
    registerRarer();
    this.loss?.complete();
  }

  /** Whether the metrics are made. */
  get built(): boolean {
    return this.#metrics.built;
  }

  get outputs(): Outputs | undefined {
    return this.#outputs;
  }

  /**
   * Makes losses and metrics for outputs and labels of these types.
   * @param makeMetrics given, for pages load it with a model's first run
   * @throws if they do not fit
   */
  build(outputs: Outputs, y: readonly (KerasTensor | null)[], makeMetrics: MakeMetrics): void {
    this.#outputs = outputs;
    this.loss?.build(outputs, y);
    if (!this.#metrics.built) this.#metrics.parts = makeMetrics(this.#metrics, outputs, y);
  }

  /** How many classes each output has whose labels are class numbers. */
  classCounts(): (number | null)[] {
    const counts = (this.#outputs?.specs ?? []).map((): number | null => null);
    for (const { index, loss } of this.loss?.parts ?? []) {
      const shape = this.#outputs?.specs[index].shape ?? [];
      if (loss instanceof SparseCategoricalCrossentropy) counts[index] = shape[shape.length - 1] ?? null;
    }
    return counts;
  }

  /** The loss tracker, the metrics, then the means of the outputs' losses. */
  get metrics(): Metric[] {
    return [
      this.lossTracker,
      ...this.#metrics.parts.map(({ metric }) => metric),
      ...(this.loss?.metrics ?? []),
    ];
  }

  /** Inside of a trace: takes a batch into the metrics. */
  update(
    y: readonly (Tensor | null)[],
    yPred: readonly Tensor[],
    sampleWeight: readonly (Tensor | null)[],
  ): void {
    this.#metrics.update(y, yPred, sampleWeight);
  }

  /** The figures so far, by name; each is read only now. */
  results(): [name: string, figure: Figure][] {
    const named: [string, Metric][] = [
      [this.lossTracker.name, this.lossTracker],
      ...this.#metrics.parts.map(({ key, metric }): [string, Metric] => [key, metric]),
      ...(this.loss?.metrics ?? []).map((metric): [string, Metric] => [metric.name, metric]),
    ];
    return named.map(([name, metric]) => [name, figureOf(metric.result())]);
  }

  /** Keras's dictionary of what was given. */
  getConfig(): Json {
    return {
      optimizer: optimizers.serialize(this.optimizer),
      ...(this.loss?.getConfig() ?? { loss: null, loss_weights: null }),
      ...this.#metrics.getConfig(),
      run_eagerly: false,
      steps_per_execution: 1,
      jit_compile: true,
    };
  }
}

/** @throws if the model is not compiled */
export function needCompiled(model: string, compiled: Compiled | undefined, where: string): Compiled {
  if (compiled) return compiled;
  throw new Error(
    `You must call \`compile()\` before calling \`${where}()\` on model '${model}', for instance: model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] }).`,
  );
}
