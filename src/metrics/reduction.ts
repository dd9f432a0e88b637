import { squeezeOrExpand, withMask } from "../losses/loss.js";
import { add, divideNoNan, multiply } from "../ops/elementwise.js";
import { maskOf } from "../ops/mask.js";
import type { Tensor, TensorLike } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";
import type { Config } from "../utils/serialization.js";
import { Metric, type MetricOptions, type UpdateOptions } from "./metric.js";

// https://keras.io/api/metrics/reduction_metrics/

type Reduce = (values: Tensor, axes: readonly number[]) => Tensor;

const axesFrom = (first: number, t: Tensor) => Array.from({ length: t.rank - first }, (_, i) => first + i);
const reducedFrom = (first: number, t: Tensor, reduce: Reduce) =>
  t.rank > first ? reduce(t, axesFrom(first, t)) : t;

/** One weighted value for each sample, with the weights. */
function samplewise(values: Tensor, sampleWeight: Tensor | null, reduce: Reduce): [Tensor, Tensor | null] {
  const v = values.astype("float32");
  if (!sampleWeight) return [reducedFrom(1, v, reduce), null];
  const [own, weight] = squeezeOrExpand(v, sampleWeight.astype("float32"));
  const reduced = reducedFrom(weight.rank, own, reduce);
  // weights for each value, also where one counts for many
  const wide = add(weight, multiply(reduced, 0));
  return [reducedFrom(1, multiply(reduced, wide), reduce), reducedFrom(1, wide, reduce)];
}

const mean: Reduce = (values, axes) => values.mean(axes);
const sum: Reduce = (values, axes) => values.sum(axes);

/** A sum of the samples' values, divided by the sum of their weights (default 1 each). */
export abstract class Averaging extends Metric {
  readonly total: Variable;
  readonly count: Variable;

  constructor(options: MetricOptions = {}) {
    super(options);
    this.total = this.addVariable("total");
    this.count = this.addVariable("count");
  }

  /** Takes in values: the first axis is that of the samples, the mean is taken over the others. */
  protected accumulate(values: Tensor, sampleWeight: Tensor | null): void {
    const [v, weight] = samplewise(values, sampleWeight, mean);
    this.total.assign(add(this.total, v.sum()));
    this.count.assign(add(this.count, weight ? weight.sum() : (v.shape[0] ?? 1)));
  }

  override result(): Tensor {
    return divideNoNan(this.total, this.count);
  }
}

/** The (weighted) mean of values. */
export class Mean extends Averaging {
  static override readonly className = "Mean";
  /** Takes in values, each with the weight `sampleWeight` (default 1). */
  override updateState(values: TensorLike, sampleWeight?: TensorLike, options: UpdateOptions = {}): void {
    super.updateState(values, 0, { sampleWeight: sampleWeight ?? options.sampleWeight });
  }
  protected override update(values: Tensor, _: Tensor, sampleWeight: Tensor | null): void {
    this.accumulate(values, sampleWeight);
  }
  /** In a traced function: takes in `value` for `count` samples, as Keras tracks losses. */
  track(value: Tensor, count: number): void {
    this.total.assign(add(this.total, multiply(value, count)));
    this.count.assign(add(this.count, count));
  }
  static fromConfig(config: Config): Mean {
    return new Mean(config as object);
  }
}

/** The (weighted) sum of values. */
export class Sum extends Metric {
  static override readonly className = "Sum";
  readonly total = this.addVariable("total");
  /** Takes in values, each times `sampleWeight` (default 1). */
  override updateState(values: TensorLike, sampleWeight?: TensorLike, options: UpdateOptions = {}): void {
    super.updateState(values, 0, { sampleWeight: sampleWeight ?? options.sampleWeight });
  }
  protected override update(values: Tensor, _: Tensor, sampleWeight: Tensor | null): void {
    this.total.assign(add(this.total, samplewise(values, sampleWeight, sum)[0].sum()));
  }
  override result(): Tensor {
    return this.total.value;
  }
  static fromConfig(config: Config): Sum {
    return new Sum(config as object);
  }
}

/** A figure for each sample (and what else it has axes for). */
export type PerSample = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** The mean of a function of labels and predictions. */
export class MeanMetricWrapper extends Averaging {
  static override readonly className: string = "MeanMetricWrapper";
  readonly fn: PerSample;
  constructor(fn: PerSample, options: MetricOptions = {}) {
    super({ ...options, name: options.name ?? fn.name });
    this.fn = fn;
  }
  protected override update(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): void {
    this.accumulate(this.fn(yTrue, yPred), withMask(sampleWeight, maskOf(yPred), "sum"));
  }
}

/** A class of metrics. */
export interface MetricClass<O extends MetricOptions = MetricOptions> {
  new (options?: O): Metric;
  readonly className: string;
  readonly module: string | null;
  fromConfig(config: Config): Metric;
}

/** A metric class for a function of labels and predictions. */
export function wrapper(className: string, name: string, compute: PerSample): MetricClass {
  return class extends MeanMetricWrapper {
    static override readonly className = className;
    constructor(options: MetricOptions = {}) {
      // labels and predictions meet as in the losses' classes
      super((yTrue, yPred) => compute(...squeezeOrExpand(yTrue, yPred)), { name: options.name ?? name });
    }
    static fromConfig(config: Config) {
      return new this(config as object);
    }
  };
}
