import { sigmoid, softmax, softplus } from "../ops/activations.js";
import { eye, matmul, oneHot } from "../ops/arrays.js";
import {
  add,
  clip,
  divide,
  equal,
  exp,
  log,
  logicalAnd,
  logicalNot,
  maximum,
  multiply,
  power,
  subtract,
  where,
} from "../ops/elementwise.js";
import { type Axes, type Tensor, type TensorLike, toTensor } from "../ops/tensor.js";
import { normalizeAxis } from "../tensor/shape.js";
import { type Config, camelCaseKeys, type Json } from "../utils/serialization.js";
import { type CrossentropyOptions, EPSILON } from "./functions.js";
import { Loss, type LossOptions } from "./loss.js";

// https://keras.io/api/losses/: for rare classes, for overlapping regions, for noisy labels, for embeddings

const float = (x: TensorLike) => toTensor(x).astype("float32");
const probability = (p: Tensor) => clip(p, EPSILON, Math.fround(1 - EPSILON));
const smoothed = (t: Tensor, smoothing: number, share: number) =>
  smoothing > 0 ? add(multiply(t, 1 - smoothing), smoothing * share) : t;

export interface FocalOptions extends CrossentropyOptions {
  /** Weight of the rare class. Default 0.25. */
  readonly alpha?: number;
  /** How much confident predictions count less. Default 2. */
  readonly gamma?: number;
}

export interface BinaryFocalOptions extends FocalOptions {
  /** Whether `alpha` weighs the classes. Default false. */
  readonly applyClassBalancing?: boolean;
}

/**
 * Binary cross-entropy, times `(1 − p)^gamma` for a label predicted with p, the mean over `axis`.
 * @see https://arxiv.org/abs/1708.02002
 */
export function binaryFocalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options: BinaryFocalOptions = {},
): Tensor {
  const {
    applyClassBalancing = false,
    alpha = 0.25,
    gamma = 2,
    fromLogits,
    labelSmoothing = 0,
    axis = -1,
  } = options;
  const p = fromLogits ? sigmoid(float(yPred)) : float(yPred);
  const t = smoothed(float(yTrue), labelSmoothing, 0.5);
  const opposite = subtract(1, t);
  const safe = probability(p);
  const entropy = add(multiply(t, log(safe)), multiply(opposite, log(subtract(1, safe)))).neg();
  const right = add(multiply(t, p), multiply(opposite, subtract(1, p)));
  const focal = multiply(power(subtract(1, right), gamma), entropy);
  const weight = add(multiply(t, alpha), multiply(opposite, 1 - alpha));
  return (applyClassBalancing ? multiply(weight, focal) : focal).mean(axis);
}

/** −Σ alpha · (1 − p)^gamma · target · log(p), for one-hot targets. @see https://arxiv.org/abs/1708.02002 */
export function categoricalFocalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options: FocalOptions = {},
): Tensor {
  const { alpha = 0.25, gamma = 2, fromLogits, labelSmoothing = 0, axis = -1 } = options;
  const given = fromLogits ? softmax(float(yPred), axis) : float(yPred);
  const classes = given.shape[normalizeAxis(-1, given.rank)];
  const t = smoothed(float(yTrue), labelSmoothing, 1 / classes);
  const p = probability(divide(given, given.sum(axis, true)));
  const factor = multiply(power(subtract(1, p), gamma), alpha);
  return multiply(factor, multiply(t.neg(), log(p))).sum(axis);
}

/** 1 − 2 · Σ t·p / (Σ t + Σ p) over `axis` (default: all, the batch too). */
export function dice(yTrue: TensorLike, yPred: TensorLike, axis?: Axes): Tensor {
  const [t, p] = [float(yTrue), float(yPred)];
  const union = add(add(t.sum(axis), p.sum(axis)), EPSILON);
  return subtract(1, divide(multiply(multiply(t, p).sum(axis), 2), union));
}

export interface TverskyFunctionOptions {
  /** Weight of what is missed. Default 0.5. */
  readonly alpha?: number;
  /** Weight of what is found wrongly. Default 0.5. */
  readonly beta?: number;
  /** Default: all axes, that of the batch too. */
  readonly axis?: Axes | null;
}

/** 1 − Σ t·p / (Σ t·p + alpha · Σ t·(1 − p) + beta · Σ (1 − t)·p). @see https://arxiv.org/abs/1706.05721 */
export function tversky(yTrue: TensorLike, yPred: TensorLike, options: TverskyFunctionOptions = {}): Tensor {
  const { alpha = 0.5, beta = 0.5 } = options;
  const axis = options.axis ?? undefined;
  const [t, p] = [float(yTrue), float(yPred)];
  const both = multiply(t, p).sum(axis);
  const missed = multiply(subtract(1, p), t).sum(axis);
  const wrong = multiply(p, subtract(1, t)).sum(axis);
  const all = add(add(add(both, multiply(missed, alpha)), multiply(wrong, beta)), EPSILON);
  return subtract(1, divide(both, all));
}

/** (1 − p^q) / q for the probability p of the labelled class. @see https://arxiv.org/abs/1805.07836 */
export function categoricalGeneralizedCrossEntropy(yTrue: TensorLike, yPred: TensorLike, q: number): Tensor {
  const p = float(yPred);
  const target = oneHot(toTensor(yTrue, "int32").astype("int32"), p.shape[p.rank - 1]);
  return divide(subtract(1, power(multiply(p, target).sum(-1), q)), q);
}

export interface CircleFunctionOptions {
  /** Default 80. */
  readonly gamma?: number;
  /** Default 0.4. */
  readonly margin?: number;
  /** Whether a sample is no partner of its own. Default true. */
  readonly removeDiagonal?: boolean;
}

/**
 * Embeddings of length 1 with one label brought together, others apart.
 * @param yTrue a label for each sample
 * @see https://arxiv.org/abs/2002.10857
 */
export function circle(yTrue: TensorLike, yPred: TensorLike, options: CircleFunctionOptions = {}): Tensor {
  const { gamma = 80, margin = 0.4, removeDiagonal = true } = options;
  const p = float(yPred);
  const n = p.shape[0];
  const labels = toTensor(yTrue, "int32").astype("int32");
  const distance = maximum(subtract(1, matmul(p, p.transpose())), 0);
  const same = equal(labels.reshape([n, 1]), labels.reshape([1, n]));
  const others = eye(n).equal(0);
  const [near, far] = [removeDiagonal ? logicalAnd(same, others) : same, logicalNot(same)];
  const ofNear = multiply(
    multiply(maximum(multiply(add(distance, margin), near), 0), subtract(margin, distance)),
    -gamma,
  );
  const ofFar = multiply(
    multiply(maximum(multiply(subtract(1 + margin, distance), far), 0), subtract(1 - margin, distance)),
    gamma,
  );
  return softplus(add(logSumOf(ofNear, near), logSumOf(ofFar, far)));
}

/** log Σ eˣ over the second axis where `chosen`; −∞ where nothing is. */
function logSumOf(x: Tensor, chosen: Tensor): Tensor {
  const lowest = Number.NEGATIVE_INFINITY;
  const top = where(chosen, x, lowest).max(1, true);
  const finite = where(equal(top, lowest), 0, top);
  const sum = where(chosen, exp(subtract(where(chosen, x, finite), finite)), 0).sum(1);
  const some = sum.greater(0);
  return where(some, add(log(where(some, sum, 1)), finite.reshape([finite.shape[0]])), lowest);
}

abstract class Focal extends Loss {
  readonly options: Required<FocalOptions>;
  constructor(options: LossOptions & FocalOptions) {
    super(options);
    const { alpha = 0.25, gamma = 2, fromLogits = false, labelSmoothing = 0, axis = -1 } = options;
    this.options = { alpha, gamma, fromLogits, labelSmoothing, axis };
  }
  override getConfig(): Config {
    const { alpha, gamma, fromLogits, labelSmoothing, axis } = this.options;
    return {
      ...super.getConfig(),
      from_logits: fromLogits,
      label_smoothing: labelSmoothing,
      axis,
      alpha,
      gamma,
    };
  }
}

/** For yes/no labels of which one is rare. */
export class BinaryFocalCrossentropy extends Focal {
  static override readonly className = "BinaryFocalCrossentropy";
  readonly applyClassBalancing: boolean;
  constructor(options: LossOptions & BinaryFocalOptions = {}) {
    super(options);
    this.applyClassBalancing = options.applyClassBalancing ?? false;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    const { applyClassBalancing } = this;
    return binaryFocalCrossentropy(yTrue, yPred, { ...this.options, applyClassBalancing });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), apply_class_balancing: this.applyClassBalancing };
  }
  static fromConfig(config: Config): BinaryFocalCrossentropy {
    return new BinaryFocalCrossentropy(camelCaseKeys(config));
  }
}

/** For one-hot labels of which some are rare. */
export class CategoricalFocalCrossentropy extends Focal {
  static override readonly className = "CategoricalFocalCrossentropy";
  constructor(options: LossOptions & FocalOptions = {}) {
    super(options);
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalFocalCrossentropy(yTrue, yPred, this.options);
  }
  static fromConfig(config: Config): CategoricalFocalCrossentropy {
    return new CategoricalFocalCrossentropy(camelCaseKeys(config));
  }
}

/** How little regions overlap. */
export class Dice extends Loss {
  static override readonly className = "Dice";
  readonly axis: Axes | null;
  constructor(options: LossOptions & { readonly axis?: Axes | null } = {}) {
    super(options);
    this.axis = options.axis ?? null;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return dice(yTrue, yPred, this.axis ?? undefined);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis as Json };
  }
  static fromConfig(config: Config): Dice {
    return new Dice(camelCaseKeys(config));
  }
}

/** How little regions overlap, where missing and finding wrongly weigh differently. */
export class Tversky extends Loss {
  static override readonly className = "Tversky";
  readonly options: Required<TverskyFunctionOptions>;
  constructor(options: LossOptions & TverskyFunctionOptions = {}) {
    super(options);
    this.options = { alpha: options.alpha ?? 0.5, beta: options.beta ?? 0.5, axis: options.axis ?? null };
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return tversky(yTrue, yPred, this.options);
  }
  override getConfig(): Config {
    const { alpha, beta, axis } = this.options;
    return { ...super.getConfig(), alpha, beta, axis: axis as Json };
  }
  static fromConfig(config: Config): Tversky {
    return new Tversky(camelCaseKeys(config));
  }
}

/** For embeddings of length 1: samples of one class come together. */
export class Circle extends Loss {
  static override readonly className = "Circle";
  readonly options: Required<CircleFunctionOptions>;
  constructor(options: LossOptions & CircleFunctionOptions = {}) {
    super(options);
    const { gamma = 80, margin = 0.4, removeDiagonal = true } = options;
    this.options = { gamma, margin, removeDiagonal };
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return circle(yTrue, yPred, this.options);
  }
  override getConfig(): Config {
    const { gamma, margin, removeDiagonal } = this.options;
    return { ...super.getConfig(), gamma, margin, remove_diagonal: removeDiagonal };
  }
  static fromConfig(config: Config): Circle {
    return new Circle(camelCaseKeys(config));
  }
}

/** For integer labels, some of them wrong: between cross-entropy (q near 0) and absolute error (q near 1). */
export class CategoricalGeneralizedCrossEntropy extends Loss {
  static override readonly className = "CategoricalGeneralizedCrossEntropy";
  readonly q: number;
  /** @throws if `q` is not between 0 and 1 */
  constructor(options: LossOptions & { readonly q?: number } = {}) {
    super(options);
    this.q = options.q ?? 0.5;
    if (!(this.q > 0 && this.q < 1))
      throw new Error(`q must be in the interval (0, 1). Received: q=${this.q}`);
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return categoricalGeneralizedCrossEntropy(yTrue, yPred, this.q);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), q: this.q };
  }
  static fromConfig(config: Config): CategoricalGeneralizedCrossEntropy {
    return new CategoricalGeneralizedCrossEntropy(camelCaseKeys(config));
  }
}
