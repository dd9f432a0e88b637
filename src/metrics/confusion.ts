import { squeezeOrExpand } from "../losses/loss.js";
import { broadcastTo, oneHot } from "../ops/arrays.js";
import {
  add,
  ceil,
  clip,
  divideNoNan,
  greater,
  greaterEqual,
  maximum,
  multiply,
  subtract,
  where,
} from "../ops/elementwise.js";
import { topK } from "../ops/sorting.js";
import { type Tensor, tensor } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";
import { formatShape } from "../tensor/shape.js";
import { snakeCase, uniqueName } from "../utils/naming.js";
import { type Config, camelCaseKeys, type Json } from "../utils/serialization.js";
import { Metric, type MetricOptions } from "./metric.js";

// https://keras.io/api/metrics/classification_metrics/: true and false positives and negatives, at one or more thresholds

/** What everything is above: with `topK`, all of the k largest count. */
const LOWEST = -1e10;
export const EPSILON = 1e-7;

/** The four counts, in Keras's order of variables. */
export const kinds = ["truePositives", "falsePositives", "trueNegatives", "falseNegatives"] as const;
type Count = (typeof kinds)[number];

export interface ThresholdOptions extends MetricOptions {
  /** Above which predictions count as positive: one, or several for as many figures. Default 0.5. */
  readonly thresholds?: number | readonly number[] | null;
}

export interface RetrievalOptions extends ThresholdOptions {
  /** Only the k largest predictions of a sample count as positive. Default: all that are above the threshold. */
  readonly topK?: number | null;
  /** The only class that counts. Default: all. */
  readonly classId?: number | null;
}

/** `[0, 1/(n − 1), …, 1]` */
export const spread = (n: number) => Array.from({ length: n }, (_, i) => i / (n - 1));

/** Whether thresholds are `spread`: then predictions are sorted into buckets, as in Keras, which rounds otherwise. */
function areSpread(thresholds: readonly number[]): boolean {
  const even = spread(thresholds.length);
  return (
    thresholds.length > 2 &&
    thresholds.every((t, i) => Math.abs(t - even[i]) <= EPSILON + 1e-5 * Math.abs(even[i]))
  );
}

export function checkedThresholds(given: readonly number[]): readonly number[] {
  const wrong = given.filter((t) => t !== LOWEST && !(t >= 0 && t <= 1));
  if (wrong.length === 0 && given.length > 0) return given;
  throw new Error(
    `Argument \`thresholds\` must be numbers from 0 to 1. Received: thresholds=${JSON.stringify(given)}`,
  );
}

interface Counting {
  readonly thresholds: readonly number[];
  readonly counts: readonly Count[];
  readonly topK?: number | null;
  readonly classId?: number | null;
  /** Whether labels have figures of their own. */
  readonly multiLabel?: boolean;
  readonly labelWeights?: Tensor | null;
}

/** A metric of the counts at thresholds. */
export abstract class Confusion extends Metric {
  protected readonly counting: Counting;
  readonly #counts = new Map<Count, Variable>();

  constructor(options: MetricOptions, className: string, counting: Counting) {
    super({ name: options.name ?? uniqueName(snakeCase(className)) });
    this.counting = counting;
    if (!counting.multiLabel) this.#build([]);
  }

  #build(labels: readonly number[]): void {
    for (const name of this.counting.counts)
      this.#counts.set(
        name,
        this.addVariable(this.variableName(name), [this.counting.thresholds.length, ...labels]),
      );
  }

  protected variableName(count: Count): string {
    return snakeCase(count);
  }

  protected count(name: Count): Tensor {
    const found = this.#counts.get(name);
    if (found) return found.value;
    throw new Error(`Metric '${this.name}' with multi_label has no result before its first batch.`);
  }

  /** The share of one count in it and another, 0 where both are 0. */
  protected share(of: Count, and: Count): Tensor {
    return divideNoNan(this.count(of), add(this.count(of), this.count(and)));
  }

  protected override update(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): void {
    const { thresholds, topK: k, classId, multiLabel, labelWeights } = this.counting;
    let [p, t] = squeezeOrExpand(yPred.astype("float32"), yTrue.astype("float32"));
    if (formatShape(p.shape) !== formatShape(t.shape)) {
      throw new Error(
        `Metric '${this.name}': labels and predictions must have one shape. Received: y_true.shape=${formatShape(t.shape)}, y_pred.shape=${formatShape(p.shape)}`,
      );
    }
    if (k !== undefined && k !== null) {
      const largest = oneHot(topK(p, k)[1], p.shape[p.rank - 1]).sum(-2);
      p = add(multiply(p, largest), multiply(subtract(1, largest), LOWEST));
    }
    if (classId !== undefined && classId !== null)
      [p, t] = [p, t].map((x) => columnOf(x, classId, this.name));
    if (multiLabel && this.#counts.size === 0) this.#build([p.shape[p.rank - 1]]);
    // (thresholds, predictions), or (thresholds, samples, labels)
    const flat = (x: Tensor) => x.reshape(multiLabel ? [1, ...x.shape] : [1, x.size]);
    const like = (w: Tensor) =>
      flat(
        broadcastTo(
          w.rank < p.rank
            ? w.reshape([...w.shape, ...Array(p.rank - w.rank).fill(1)])
            : w.reshape(fitted(w, p)),
          p.shape,
        ),
      );
    const positive = this.#positives(flat(p), thresholds).astype("float32");
    const label = flat(t.notEqual(0).astype("float32"));
    let weight: Tensor | undefined = sampleWeight ? like(sampleWeight.astype("float32")) : undefined;
    if (labelWeights && !multiLabel) {
      const ofLabels = flat(broadcastTo(labelWeights, p.shape));
      weight = weight ? multiply(weight, ofLabels) : ofLabels;
    }
    for (const [name, variable] of this.#counts) {
      const isLabel = name === "truePositives" || name === "falseNegatives" ? label : subtract(1, label);
      const isCounted = name.endsWith("Positives") ? positive : subtract(1, positive);
      const both = multiply(isLabel, isCounted);
      variable.assign(add(variable, (weight ? multiply(both, weight) : both).sum(1)));
    }
  }

  #positives(p: Tensor, thresholds: readonly number[]): Tensor {
    const n = thresholds.length;
    const along = (values: readonly number[]) =>
      tensor(Float32Array.from(values), [n, ...p.shape.slice(1).map(() => 1)]);
    if (!areSpread(thresholds)) return greater(p, along(thresholds));
    const bucket = subtract(ceil(multiply(clip(p, 0, 1), n - 1)), 1);
    const within = thresholds[0] < 0 ? maximum(bucket, 0) : bucket;
    return greaterEqual(within, along(thresholds.map((_, i) => i)));
  }
}

/** The weights' shape without a last axis of 1 that predictions do not have. */
function fitted(w: Tensor, p: Tensor): readonly number[] {
  return w.rank === p.rank + 1 && w.shape[w.rank - 1] === 1 ? w.shape.slice(0, -1) : w.shape;
}

function columnOf(x: Tensor, column: number, name: string): Tensor {
  if (x.rank < 2) {
    throw new Error(
      `Metric '${name}': with class_id, predictions must be of shape (samples, classes). Received: shape ${formatShape(x.shape)}`,
    );
  }
  const last = x.rank - 1;
  return x.slice(
    x.shape.map((_, axis) => (axis === last ? column : 0)),
    x.shape.map((extent, axis) => (axis === last ? 1 : extent)),
  );
}

const listed = (given: number | readonly number[] | null | undefined, otherwise: number) =>
  checkedThresholds(
    given === null || given === undefined ? [otherwise] : typeof given === "number" ? [given] : given,
  );

/** A single number rather than a list of one. */
const single = (t: Tensor) => (t.size === 1 ? t.reshape([]) : t);

abstract class CountMetric extends Confusion {
  readonly thresholds: number | readonly number[] | null;
  readonly #count: Count;
  constructor(options: ThresholdOptions, className: string, count: Count) {
    super(options, className, { thresholds: listed(options.thresholds, 0.5), counts: [count] });
    this.thresholds = options.thresholds ?? null;
    this.#count = count;
  }
  protected override variableName(): string {
    return "accumulator";
  }
  override result(): Tensor {
    return single(this.count(this.#count));
  }
  override getConfig(): Config {
    return { ...super.getConfig(), thresholds: this.thresholds as Json };
  }
}

/** How many labels that are true are predicted. */
export class TruePositives extends CountMetric {
  static override readonly className = "TruePositives";
  constructor(options: ThresholdOptions = {}) {
    super(options, "TruePositives", "truePositives");
  }
  static fromConfig(config: Config): TruePositives {
    return new TruePositives(camelCaseKeys(config));
  }
}
/** How many labels that are false are not predicted. */
export class TrueNegatives extends CountMetric {
  static override readonly className = "TrueNegatives";
  constructor(options: ThresholdOptions = {}) {
    super(options, "TrueNegatives", "trueNegatives");
  }
  static fromConfig(config: Config): TrueNegatives {
    return new TrueNegatives(camelCaseKeys(config));
  }
}
/** How many labels that are false are predicted. */
export class FalsePositives extends CountMetric {
  static override readonly className = "FalsePositives";
  constructor(options: ThresholdOptions = {}) {
    super(options, "FalsePositives", "falsePositives");
  }
  static fromConfig(config: Config): FalsePositives {
    return new FalsePositives(camelCaseKeys(config));
  }
}
/** How many labels that are true are not predicted. */
export class FalseNegatives extends CountMetric {
  static override readonly className = "FalseNegatives";
  constructor(options: ThresholdOptions = {}) {
    super(options, "FalseNegatives", "falseNegatives");
  }
  static fromConfig(config: Config): FalseNegatives {
    return new FalseNegatives(camelCaseKeys(config));
  }
}

abstract class Retrieval extends Confusion {
  readonly options: RetrievalOptions;
  constructor(
    options: RetrievalOptions,
    className: string,
    readonly against: Count,
  ) {
    const { topK = null, classId = null } = options;
    const thresholds = listed(options.thresholds, topK === null ? 0.5 : LOWEST);
    super(options, className, { thresholds, counts: ["truePositives", against], topK, classId });
    this.options = options;
  }
  override result(): Tensor {
    return single(this.share("truePositives", this.against));
  }
  override getConfig(): Config {
    const { thresholds = null, topK = null, classId = null } = this.options;
    return { ...super.getConfig(), thresholds: thresholds as Json, top_k: topK, class_id: classId };
  }
}

/** Share of true labels among those predicted. @see https://keras.io/api/metrics/classification_metrics/#precision-class */
export class Precision extends Retrieval {
  static override readonly className = "Precision";
  constructor(options: RetrievalOptions = {}) {
    super(options, "Precision", "falsePositives");
  }
  static fromConfig(config: Config): Precision {
    return new Precision(camelCaseKeys(config));
  }
}
/** Share of predicted labels among those that are true. @see https://keras.io/api/metrics/classification_metrics/#recall-class */
export class Recall extends Retrieval {
  static override readonly className = "Recall";
  constructor(options: RetrievalOptions = {}) {
    super(options, "Recall", "falseNegatives");
  }
  static fromConfig(config: Config): Recall {
    return new Recall(camelCaseKeys(config));
  }
}

export interface ConstrainedOptions extends MetricOptions {
  /** How many thresholds are tried. Default 200. */
  readonly numThresholds?: number;
  readonly classId?: number | null;
}

type Figure = "sensitivity" | "specificity" | "precision" | "recall";
const ofFigure: Record<Figure, readonly [of: Count, and: Count]> = {
  sensitivity: ["truePositives", "falseNegatives"],
  recall: ["truePositives", "falseNegatives"],
  specificity: ["trueNegatives", "falsePositives"],
  precision: ["truePositives", "falsePositives"],
};

export interface ConstrainedMetric {
  new (value: number, options?: ConstrainedOptions): Metric;
  readonly className: string;
  readonly module: string | null;
  fromConfig(config: Config): Metric;
}

/** A class for the best of a figure where another one is at least `value`. */
function constrained(className: string, figure: Figure, constraint: Figure): ConstrainedMetric {
  const made = class extends Confusion {
    static override readonly className = className;
    constructor(
      readonly value: number,
      readonly options: ConstrainedOptions = {},
    ) {
      const { numThresholds = 200, classId = null } = options;
      if (!(value >= 0 && value <= 1))
        throw new Error(
          `Argument \`${constraint}\` must be in the range [0, 1]. Received: ${constraint}=${value}`,
        );
      if (!(Number.isInteger(numThresholds) && numThresholds > 0))
        throw new Error(
          `Argument \`num_thresholds\` must be an integer > 0. Received: num_thresholds=${numThresholds}`,
        );
      super(options, className, {
        thresholds: numThresholds === 1 ? [0.5] : spread(numThresholds),
        counts: kinds,
        classId,
      });
    }
    override result(): Tensor {
      const feasible = greaterEqual(this.share(...ofFigure[constraint]), this.value);
      return where(feasible, this.share(...ofFigure[figure]), 0).max();
    }
    override getConfig(): Config {
      const { numThresholds = 200, classId = null } = this.options;
      return {
        ...super.getConfig(),
        class_id: classId,
        num_thresholds: numThresholds,
        [constraint]: this.value,
      };
    }
    static fromConfig({ [constraint]: value, ...rest }: Config) {
      return new made(value as number, camelCaseKeys(rest));
    }
  };
  return made;
}

/** The best sensitivity where the specificity is at least a value. */
export const SensitivityAtSpecificity = /* @__PURE__ */ constrained(
  "SensitivityAtSpecificity",
  "sensitivity",
  "specificity",
);
/** The best specificity where the sensitivity is at least a value. */
export const SpecificityAtSensitivity = /* @__PURE__ */ constrained(
  "SpecificityAtSensitivity",
  "specificity",
  "sensitivity",
);
/** The best precision where the recall is at least a value. */
export const PrecisionAtRecall = /* @__PURE__ */ constrained("PrecisionAtRecall", "precision", "recall");
/** The best recall where the precision is at least a value. */
export const RecallAtPrecision = /* @__PURE__ */ constrained("RecallAtPrecision", "recall", "precision");
