import { squeezeOrExpand } from "../losses/loss.js";
import { broadcastTo, std, variance } from "../ops/arrays.js";
import {
  absolute,
  add,
  divide,
  greater,
  greaterEqual,
  isinf,
  logicalAnd,
  multiply,
  square,
  subtract,
  where,
} from "../ops/elementwise.js";
import type { Tensor, TensorLike } from "../ops/tensor.js";
import { toTensor } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";
import { formatShape } from "../tensor/shape.js";
import { type Config, camelCaseKeys, type Json } from "../utils/serialization.js";
import { Metric, type MetricOptions } from "./metric.js";
import { MeanMetricWrapper, type PerSample } from "./reduction.js";

// https://keras.io/api/metrics/: F scores, R², correlations

const EPSILON = 1e-7;

/** @throws if labels and predictions are not `(samples, classes)` */
function classesOf(metric: Metric, yTrue: Tensor, yPred: Tensor): number {
  if (yTrue.rank === 2 && yPred.rank === 2) return yPred.shape[1];
  throw new Error(
    `Metric '${metric.name}' expects labels and predictions of shape (samples, outputs). Received: y_true.shape=${formatShape(yTrue.shape)}, y_pred.shape=${formatShape(yPred.shape)}`,
  );
}

export interface FScoreOptions extends MetricOptions {
  /** How the classes' scores become one; null: they do not. Default null. */
  readonly average?: "micro" | "macro" | "weighted" | null;
  /** Above which predictions count. Default: only the largest one counts. */
  readonly threshold?: number | null;
}

const scoreCounts = ["true_positives", "false_positives", "false_negatives", "intermediate_weights"];

/** `(1 + β²) · precision · recall / (β² · precision + recall)`. @see https://keras.io/api/metrics/classification_metrics/ */
export class FBetaScore extends Metric {
  static override readonly className: string = "FBetaScore";
  readonly average: "micro" | "macro" | "weighted" | null;
  readonly beta: number;
  readonly threshold: number | null;
  #counts: Variable[] = [];

  /** @throws if `beta` is not above 0, or `threshold` not above 0 and at most 1 */
  constructor(options: FScoreOptions & { readonly beta?: number } = {}) {
    super({ name: options.name ?? "fbeta_score" });
    this.average = options.average ?? null;
    this.beta = options.beta ?? 1;
    this.threshold = options.threshold ?? null;
    if (![null, "micro", "macro", "weighted"].includes(this.average))
      throw new Error(
        `Invalid \`average\` argument value. Expected one of: null, 'micro', 'macro', 'weighted'. Received: average=${this.average}`,
      );
    if (!(this.beta > 0))
      throw new Error(`Invalid \`beta\` argument value. It should be > 0. Received: beta=${this.beta}`);
    if (this.threshold !== null && !(this.threshold > 0 && this.threshold <= 1))
      throw new Error(
        `Invalid \`threshold\` argument value. It should verify 0 < threshold <= 1. Received: threshold=${this.threshold}`,
      );
  }

  protected override update(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): void {
    const [t, p] = [yTrue.astype("float32"), yPred.astype("float32")];
    const classes = classesOf(this, t, p);
    if (this.#counts.length === 0)
      this.#counts = scoreCounts.map((name) =>
        this.addVariable(name, this.average === "micro" ? [] : [classes]),
      );
    const chosen =
      this.threshold === null
        ? logicalAnd(greaterEqual(p, p.max(-1, true)), greater(absolute(p), 1e-9))
        : greater(p, this.threshold);
    const positive = chosen.astype("float32");
    const parts = [
      multiply(positive, t),
      multiply(positive, subtract(1, t)),
      multiply(subtract(1, positive), t),
      t,
    ];
    for (const [i, part] of parts.entries()) {
      const weighted = sampleWeight ? multiply(part, sampleWeight.reshape([part.shape[0], 1])) : part;
      this.#counts[i].assign(add(this.#counts[i], weighted.sum(this.average === "micro" ? undefined : 0)));
    }
  }

  override result(): Tensor {
    if (this.#counts.length === 0)
      throw new Error(`Metric '${this.name}' has no result before its first batch.`);
    const [tp, fp, fn, weights] = this.#counts.map(({ value }) => value);
    const precision = divide(tp, add(add(tp, fp), EPSILON));
    const recall = divide(tp, add(add(tp, fn), EPSILON));
    const factor = this.beta ** 2;
    const mean = divide(multiply(precision, recall), add(add(multiply(precision, factor), recall), EPSILON));
    const score = multiply(mean, 1 + factor);
    if (this.average === null) return score;
    if (this.average !== "weighted") return score.mean();
    return multiply(score, divide(weights, add(weights.sum(), EPSILON))).sum();
  }

  override getConfig(): Config {
    return { ...super.getConfig(), average: this.average, beta: this.beta, threshold: this.threshold };
  }
  static fromConfig(config: Config): Metric {
    return new FBetaScore(camelCaseKeys(config));
  }
}

/** The harmonic mean of precision and recall. @see https://keras.io/api/metrics/classification_metrics/#f1score-class */
export class F1Score extends FBetaScore {
  static override readonly className = "F1Score";
  constructor(options: FScoreOptions = {}) {
    super({ ...options, beta: 1, name: options.name ?? "f1_score" });
  }
  override getConfig(): Config {
    const { beta: _, ...config } = super.getConfig();
    return config;
  }
  static override fromConfig(config: Config): F1Score {
    return new F1Score(camelCaseKeys(config));
  }
}

export interface R2ScoreOptions extends MetricOptions {
  /** How the outputs' scores become one; null: they do not. Default `"uniform_average"`. */
  readonly classAggregation?: "uniform_average" | "variance_weighted_average" | null;
  /** How many regressors the score is adjusted for. Default 0: it is not. */
  readonly numRegressors?: number;
}

/** 1 − residual / total sum of squares. @see https://keras.io/api/metrics/regression_metrics/#r2score-class */
export class R2Score extends Metric {
  static override readonly className = "R2Score";
  readonly classAggregation: "uniform_average" | "variance_weighted_average" | null;
  readonly numRegressors: number;
  readonly #samples: Variable;
  #sums: Variable[] = [];

  constructor(options: R2ScoreOptions = {}) {
    super({ name: options.name ?? "r2_score" });
    this.classAggregation =
      options.classAggregation === undefined ? "uniform_average" : options.classAggregation;
    this.numRegressors = options.numRegressors ?? 0;
    if (!(this.numRegressors >= 0))
      throw new Error(
        `Invalid value for argument \`num_regressors\`. Expected a value >= 0. Received: num_regressors=${this.numRegressors}`,
      );
    this.#samples = this.addVariable("num_samples");
  }

  protected override update(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): void {
    const [t, p] = squeezeOrExpand(yTrue.astype("float32"), yPred.astype("float32"));
    const classes = classesOf(this, t, p);
    if (this.#sums.length === 0)
      this.#sums = ["squared_sum", "sum", "residual", "count"].map((name) =>
        this.addVariable(name, [classes]),
      );
    const own = sampleWeight?.astype("float32") ?? toTensor(1);
    const weight = broadcastTo(own.rank === 1 ? own.reshape([own.shape[0], 1]) : own, t.shape);
    const weighted = multiply(t, weight);
    const parts = [multiply(t, weighted), weighted, multiply(square(subtract(t, p)), weight), weight];
    for (const [i, part] of parts.entries()) this.#sums[i].assign(add(this.#sums[i], part.sum(0)));
    this.#samples.assign(add(this.#samples, t.size));
  }

  override result(): Tensor {
    if (this.#sums.length === 0)
      throw new Error(`Metric '${this.name}' has no result before its first batch.`);
    const [squares, sum, residual, count] = this.#sums.map(({ value }) => value);
    const total = subtract(squares, multiply(sum, divide(sum, count)));
    const raw = subtract(1, divide(residual, total));
    const scores = where(isinf(raw), 0, raw);
    const score =
      this.classAggregation === null
        ? scores
        : this.classAggregation === "uniform_average"
          ? scores.mean()
          : divide(multiply(total, scores).sum(), total.sum());
    if (this.numRegressors === 0) return score;
    // too few samples: as it is
    const degrees = subtract(subtract(this.#samples, this.numRegressors), 1);
    const enough = greater(degrees, 0);
    const adjusted = subtract(
      1,
      divide(multiply(subtract(1, score), subtract(this.#samples, 1)), where(enough, degrees, 1)),
    );
    return where(enough, adjusted, score);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      class_aggregation: this.classAggregation,
      num_regressors: this.numRegressors,
    };
  }
  static fromConfig(config: Config): R2Score {
    return new R2Score(camelCaseKeys(config));
  }
}

type Correlation = (t: TensorLike, p: TensorLike, axis?: number) => Tensor;

/** The mean product of standardized labels and predictions along `axis`. */
export function pearsonCorrelation(yTrue: TensorLike, yPred: TensorLike, axis = -1): Tensor {
  const [t, p] = squeezeOrExpand(toTensor(yTrue).astype("float32"), toTensor(yPred).astype("float32")).map(
    (x) => {
      const centered = subtract(x, x.mean(axis, true));
      return divide(centered, std(centered, axis, true));
    },
  );
  return multiply(t, p).mean(axis);
}

/** 2 · covariance / (variances + squared difference of the means), along `axis`, as Keras computes it. */
export function concordanceCorrelation(yTrue: TensorLike, yPred: TensorLike, axis = -1): Tensor {
  const [t, p] = squeezeOrExpand(toTensor(yTrue).astype("float32"), toTensor(yPred).astype("float32"));
  const [ofT, ofP] = [t, p].map((x) => x.mean(axis, true));
  const covariance = multiply(subtract(t, ofP), subtract(p, ofP));
  const norm = add(
    add(variance(subtract(t, ofT), axis, true), variance(subtract(p, ofP), axis, true)),
    square(subtract(ofT, ofP)),
  );
  return divide(multiply(covariance, 2), add(norm, EPSILON)).mean(axis);
}

export interface CorrelationOptions extends MetricOptions {
  /** Default −1. */
  readonly axis?: number;
}

abstract class CorrelationMetric extends MeanMetricWrapper {
  readonly axis: number;
  constructor(fn: Correlation, name: string, options: CorrelationOptions) {
    const axis = options.axis ?? -1;
    const ofAxis: PerSample = (t, p) => fn(t, p, axis);
    super(ofAxis, { name: options.name ?? name });
    this.axis = axis;
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis as Json };
  }
}

/** @see https://keras.io/api/metrics/correlation_metrics/ */
export class PearsonCorrelation extends CorrelationMetric {
  static override readonly className = "PearsonCorrelation";
  constructor(options: CorrelationOptions = {}) {
    super(pearsonCorrelation, "pearson_correlation", options);
  }
  static fromConfig(config: Config): PearsonCorrelation {
    return new PearsonCorrelation(camelCaseKeys(config));
  }
}

/** @see https://keras.io/api/metrics/correlation_metrics/ */
export class ConcordanceCorrelation extends CorrelationMetric {
  static override readonly className = "ConcordanceCorrelation";
  constructor(options: CorrelationOptions = {}) {
    super(concordanceCorrelation, "concordance_correlation", options);
  }
  static fromConfig(config: Config): ConcordanceCorrelation {
    return new ConcordanceCorrelation(camelCaseKeys(config));
  }
}
