import { logSigmoid, logSoftmax, softplus } from "../ops/activations.js";
import { oneHot } from "../ops/arrays.js";
import {
  absolute,
  add,
  clip,
  divide,
  log,
  maximum,
  multiply,
  square,
  subtract,
  where,
} from "../ops/elementwise.js";
import { normalize } from "../ops/normalization.js";
import { type Tensor, type TensorLike, toTensor } from "../ops/tensor.js";
import { formatShape, normalizeAxis, sameShape } from "../tensor/shape.js";

// The loss of each sample. https://keras.io/api/losses/

/** What keeps logarithms and quotients finite (Keras's `backend.epsilon()`). */
export const EPSILON = 1e-7;

const float = (x: TensorLike) => toTensor(x).astype("float32");

export interface CrossentropyOptions {
  /** Whether predictions are logits rather than probabilities. Default false. */
  readonly fromLogits?: boolean;
  /** Share of the target that is spread over all classes. Default 0. */
  readonly labelSmoothing?: number;
  /** The axis of the classes. Default −1. */
  readonly axis?: number;
}

/** log of probabilities that are brought to sum 1 and away from 0 and 1. */
function logOfNormalized(yPred: Tensor, axis: number): Tensor {
  const normalized = divide(yPred, yPred.sum(axis, true));
  return log(clip(normalized, EPSILON, Math.fround(1 - EPSILON)));
}

function logProbabilities(yPred: Tensor, fromLogits: boolean, axis: number): Tensor {
  return fromLogits ? logSoftmax(yPred, axis) : logOfNormalized(yPred, axis);
}

/** −Σ target · log(prediction), for one-hot (or soft) targets. */
export function categoricalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options: CrossentropyOptions = {},
): Tensor {
  const { fromLogits = false, labelSmoothing = 0, axis = -1 } = options;
  const prediction = float(yPred);
  let target = float(yTrue);
  if (!sameShape(target.shape, prediction.shape)) {
    throw new Error(
      `Arguments \`target\` and \`output\` must have the same shape. Received: target.shape=${formatShape(target.shape)}, output.shape=${formatShape(prediction.shape)}. ` +
        'For integer labels use loss="sparse_categorical_crossentropy".',
    );
  }
  if (labelSmoothing > 0) {
    const classes = target.shape[normalizeAxis(axis, target.rank)];
    target = add(multiply(target, 1 - labelSmoothing), labelSmoothing / classes);
  }
  return multiply(target, logProbabilities(prediction, fromLogits, axis))
    .sum(axis)
    .neg();
}

/** −log(prediction of the labelled class), for integer labels. */
export function sparseCategoricalCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options: CrossentropyOptions = {},
): Tensor {
  const { fromLogits = false, axis = -1 } = options;
  const prediction = float(yPred);
  let labels = toTensor(yTrue, "int32").astype("int32");
  if (labels.rank === prediction.rank && labels.shape[labels.rank - 1] === 1)
    labels = labels.reshape(labels.shape.slice(0, -1));
  const at = normalizeAxis(axis, prediction.rank);
  if (at !== prediction.rank - 1 || !sameShape(labels.shape, prediction.shape.slice(0, -1))) {
    throw new Error(
      `Arguments \`target\` and \`output\` must have the same shape up until the last dimension: target.shape=${formatShape(labels.shape)}, output.shape=${formatShape(prediction.shape)}. ` +
        'For one-hot labels use loss="categorical_crossentropy".',
    );
  }
  const target = oneHot(labels, prediction.shape[at]);
  return multiply(target, logProbabilities(prediction, fromLogits, axis))
    .sum(axis)
    .neg();
}

/** Cross-entropy of independent yes/no answers, the mean over the last axis. */
export function binaryCrossentropy(
  yTrue: TensorLike,
  yPred: TensorLike,
  options: CrossentropyOptions = {},
): Tensor {
  const { fromLogits = false, labelSmoothing = 0, axis = -1 } = options;
  const prediction = float(yPred);
  let target = float(yTrue);
  checkSameShape("binary_crossentropy", target, prediction);
  if (labelSmoothing > 0) target = add(multiply(target, 1 - labelSmoothing), 0.5 * labelSmoothing);
  const opposite = subtract(1, target);
  if (fromLogits) {
    const terms = add(
      multiply(target, logSigmoid(prediction)),
      multiply(opposite, logSigmoid(prediction.neg())),
    );
    return terms.neg().mean(axis);
  }
  const p = clip(prediction, EPSILON, Math.fround(1 - EPSILON));
  return add(multiply(target, log(p)), multiply(opposite, log(subtract(1, p))))
    .neg()
    .mean(axis);
}

function checkSameShape(name: string, yTrue: Tensor, yPred: Tensor): void {
  if (sameShape(yTrue.shape, yPred.shape)) return;
  throw new Error(
    `${name}: \`y_true\` and \`y_pred\` must have the same shape. Received: y_true.shape=${formatShape(yTrue.shape)}, y_pred.shape=${formatShape(yPred.shape)}`,
  );
}

/** Targets and predictions as floats of one shape. */
function pair(name: string, yTrue: TensorLike, yPred: TensorLike): [Tensor, Tensor] {
  const target = float(yTrue);
  const prediction = float(yPred);
  const meet =
    target.rank === prediction.rank &&
    target.shape.every((extent, axis) => {
      const other = prediction.shape[axis];
      return extent === other || extent === 1 || other === 1;
    });
  if (!meet) checkSameShape(name, target, prediction);
  return [target, prediction];
}

/** (target − prediction)², the mean over the last axis. @throws if the ranks differ */
export function meanSquaredError(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair("mean_squared_error", yTrue, yPred);
  return square(subtract(t, p)).mean(-1);
}

/** |target − prediction|, the mean over the last axis. @throws if the ranks differ */
export function meanAbsoluteError(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair("mean_absolute_error", yTrue, yPred);
  return absolute(subtract(t, p)).mean(-1);
}

/** 100 · |target − prediction| / max(|target|, 1e-7), the mean over the last axis. @throws if the ranks differ */
export function meanAbsolutePercentageError(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair("mean_absolute_percentage_error", yTrue, yPred);
  return absolute(divide(subtract(t, p), maximum(absolute(t), EPSILON)))
    .mean(-1)
    .mul(100);
}

/** (log(1 + target) − log(1 + prediction))² of numbers raised to 1e-7, the mean over the last axis. @throws if the ranks differ */
export function meanSquaredLogarithmicError(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair("mean_squared_logarithmic_error", yTrue, yPred);
  const log1 = (x: Tensor) => log(add(maximum(x, EPSILON), 1));
  return square(subtract(log1(t), log1(p))).mean(-1);
}

/** Squared for errors up to `delta`, linear beyond. */
export function huber(yTrue: TensorLike, yPred: TensorLike, delta = 1): Tensor {
  const [t, p] = pair("huber", yTrue, yPred);
  const error = subtract(p, t);
  const size = absolute(error);
  const small = multiply(square(error), 0.5);
  const large = subtract(multiply(size, delta), 0.5 * delta * delta);
  return where(size.lessEqual(delta), small, large).mean(-1);
}

/** log(cosh(error)), without overflow. */
export function logCosh(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair("log_cosh", yTrue, yPred);
  const error = subtract(p, t);
  return subtract(add(error, softplus(multiply(error, -2))), Math.log(2)).mean(-1);
}

/** Σ target · log(target / prediction) */
export function klDivergence(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair("kl_divergence", yTrue, yPred).map((x) => clip(x, EPSILON, 1));
  return multiply(t, log(divide(t, p))).sum(-1);
}

/** prediction − target · log(prediction + 1e-7), the mean over the last axis. @throws if the ranks differ */
export function poisson(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair("poisson", yTrue, yPred);
  return subtract(p, multiply(t, log(add(p, EPSILON)))).mean(-1);
}

/** Targets −1 or 1 (0 counts as −1). */
function signed(t: Tensor): Tensor {
  // Keras converts when all targets are 0 or 1; the test is part of the program
  const binary = t.equal(0).astype("int32").maximum(t.equal(1).astype("int32")).min();
  return where(binary.equal(1), subtract(multiply(t, 2), 1), t);
}

/** max(1 − target · prediction, 0) for targets −1 and 1 (or 0 and 1), the mean over the last axis. @throws if the ranks differ */
export function hinge(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair("hinge", yTrue, yPred);
  return maximum(subtract(1, multiply(signed(t), p)), 0).mean(-1);
}

/** max(1 − target · prediction, 0)² for targets −1 and 1 (or 0 and 1), the mean over the last axis. @throws if the ranks differ */
export function squaredHinge(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair("squared_hinge", yTrue, yPred);
  return square(maximum(subtract(1, multiply(signed(t), p)), 0)).mean(-1);
}

/** max(0, 1 + the largest prediction of another class − that of the labelled class), for one-hot labels. */
export function categoricalHinge(yTrue: TensorLike, yPred: TensorLike): Tensor {
  const [t, p] = pair("categorical_hinge", yTrue, yPred);
  const own = multiply(t, p).sum(-1);
  const other = multiply(subtract(1, t), p).max(-1);
  return maximum(add(subtract(other, own), 1), 0);
}

/** −Σ t·p / (|t|·|p|): −1 for vectors of one direction. */
export function cosineSimilarity(yTrue: TensorLike, yPred: TensorLike, axis = -1): Tensor {
  const [t, p] = pair("cosine_similarity", yTrue, yPred);
  return multiply(normalize(t, axis), normalize(p, axis)).sum(axis).neg();
}
