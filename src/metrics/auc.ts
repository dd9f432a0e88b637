import { sigmoid } from "../ops/activations.js";
import {
  add,
  divideNoNan,
  greater,
  log,
  logicalAnd,
  maximum,
  minimum,
  multiply,
  subtract,
  where,
} from "../ops/elementwise.js";
import { type Tensor, tensor } from "../ops/tensor.js";
import { type Config, camelCaseKeys } from "../utils/serialization.js";
import { Confusion, checkedThresholds, EPSILON, kinds, spread } from "./confusion.js";
import type { MetricOptions } from "./metric.js";

export interface AUCOptions extends MetricOptions {
  /** Default 200. */
  readonly numThresholds?: number;
  /** Default `"ROC"`. */
  readonly curve?: "ROC" | "PR" | "PRGAIN";
  /** Default `"interpolation"`. */
  readonly summationMethod?: "interpolation" | "minoring" | "majoring";
  /** Instead of evenly spread ones. */
  readonly thresholds?: readonly number[] | null;
  /** Whether each label has a curve of its own, whose areas are averaged. Default false. */
  readonly multiLabel?: boolean;
  readonly numLabels?: number | null;
  readonly labelWeights?: readonly number[] | null;
  /** Whether predictions are logits. Default false. */
  readonly fromLogits?: boolean;
}

/** The area under a curve of two shares over all thresholds. @see https://keras.io/api/metrics/classification_metrics/#auc-class */
export class AUC extends Confusion {
  static override readonly className = "AUC";
  readonly options: AUCOptions;
  readonly #labelWeights: Tensor | null;

  /** @throws if there are fewer than two thresholds */
  constructor(options: AUCOptions = {}) {
    const { numThresholds = 200, thresholds: given, multiLabel = false, labelWeights } = options;
    if (!given && !(Number.isInteger(numThresholds) && numThresholds > 1))
      throw new Error(
        `Argument \`num_thresholds\` must be an integer > 1. Received: num_thresholds=${numThresholds}`,
      );
    if (options.numLabels && !multiLabel)
      throw new Error("`num_labels` is needed only when `multi_label` is True.");
    const between = given
      ? checkedThresholds([...given].sort((a, b) => a - b))
      : spread(numThresholds).slice(1, -1);
    const weights = labelWeights ? tensor(Float32Array.from(labelWeights), [labelWeights.length]) : null;
    super(options, AUC.className, {
      thresholds: [-EPSILON, ...between, 1 + EPSILON],
      counts: kinds,
      multiLabel,
      labelWeights: weights,
    });
    this.options = options;
    this.#labelWeights = weights;
  }

  protected override update(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): void {
    super.update(yTrue, this.options.fromLogits ? sigmoid(yPred) : yPred, sampleWeight);
  }

  override result(): Tensor {
    const { curve = "ROC", summationMethod = "interpolation", multiLabel } = this.options;
    const areas =
      curve === "PR" && summationMethod === "interpolation"
        ? this.#interpolated()
        : this.#riemann(curve, summationMethod);
    if (!multiLabel) return areas.sum();
    const byLabel = areas.sum(0);
    const weights = this.#labelWeights;
    return weights ? divideNoNan(multiply(byLabel, weights).sum(), weights.sum()) : byLabel.mean();
  }

  #riemann(curve: "ROC" | "PR" | "PRGAIN", method: "interpolation" | "minoring" | "majoring"): Tensor {
    const [x, y] = this.#curve(curve);
    const [low, high] = [upper(y), lower(y)];
    const heights =
      method === "interpolation"
        ? add(low, high).div(2)
        : method === "minoring"
          ? minimum(low, high)
          : maximum(low, high);
    return multiply(subtract(upper(x), lower(x)), heights);
  }

  #curve(curve: "ROC" | "PR" | "PRGAIN"): [x: Tensor, y: Tensor] {
    const recall = this.share("truePositives", "falseNegatives");
    if (curve === "ROC") return [this.share("falsePositives", "trueNegatives"), recall];
    if (curve === "PR") return [recall, this.share("truePositives", "falsePositives")];
    const [tp, fp, tn, fn] = kinds.map((name) => this.count(name));
    const factor = divideNoNan(add(tp, fn), add(tn, fp));
    const gain = (wrong: Tensor) => subtract(1, multiply(factor, divideNoNan(wrong, tp)));
    const none = tp.equal(0);
    return [maximum(where(none, 0, gain(fn)), 0), where(none, 1, gain(fp))];
  }

  /** Areas under the curve of precision over recall: positives are interpolated, not precisions (Davis & Goadrich 2006). */
  #interpolated(): Tensor {
    const [tp, fp, , fn] = kinds.map((name) => this.count(name));
    const p = add(tp, fp);
    const step = subtract(upper(tp), lower(tp));
    const slope = divideNoNan(step, maximum(subtract(upper(p), lower(p)), 0));
    const intercept = subtract(lower(tp), multiply(slope, lower(p)));
    const both = logicalAnd(greater(upper(p), 0), greater(lower(p), 0));
    const ratio = where(both, divideNoNan(upper(p), maximum(lower(p), 0)), 1);
    return divideNoNan(
      multiply(slope, add(step, multiply(intercept, log(ratio)))),
      maximum(add(lower(tp), lower(fn)), 0),
    );
  }

  override getConfig(): Config {
    const {
      curve = "ROC",
      summationMethod = "interpolation",
      multiLabel = false,
      fromLogits = false,
    } = this.options;
    const { numLabels = null, labelWeights = null, thresholds } = this.options;
    return {
      ...super.getConfig(),
      num_thresholds: this.counting.thresholds.length,
      curve,
      summation_method: summationMethod,
      multi_label: multiLabel,
      num_labels: numLabels,
      label_weights: labelWeights,
      from_logits: fromLogits,
      ...(thresholds ? { thresholds: this.counting.thresholds.slice(1, -1) } : {}),
    };
  }

  static fromConfig(config: Config): AUC {
    return new AUC(camelCaseKeys(config));
  }
}

const part = (t: Tensor, from: number) =>
  t.slice(
    t.shape.map((_, axis) => (axis === 0 ? from : 0)),
    t.shape.map((extent, axis) => (axis === 0 ? extent - 1 : extent)),
  );
/** All but the last threshold. */
const upper = (t: Tensor) => part(t, 0);
/** All but the first threshold. */
const lower = (t: Tensor) => part(t, 1);
