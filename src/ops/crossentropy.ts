import * as lax from "../primitives/index.js";
import { formatShape, normalizeAxis, sameShape } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import { logSoftmax } from "./activations.js";
import { operation } from "./operation.js";
import { asFloat } from "./promotion.js";
import { apply, type Tensor, type TensorLike, toTensor } from "./tensor.js";

// https://keras.io/api/ops/nn/: losses for each element or row

/** The smallest probability (Keras's `backend.epsilon()`). */
const EPSILON = 1e-7;
const limited = (v: Value) => lax.clamp(EPSILON, v, 1 - EPSILON);

/** @throws if two shapes that must be the same differ */
function expectSame(name: string, target: readonly number[], output: readonly number[]): void {
  if (!sameShape(target, output)) {
    throw new Error(
      `ops.${name}: arguments \`target\` and \`output\` must have the same shape. Received: target.shape=${formatShape(target)}, output.shape=${formatShape(output)}`,
    );
  }
}
/** log(1 + e^−|x|) + max(−x, 0) = −log sigmoid(x) */
const negativeLogSigmoid = (v: Value) =>
  lax.add(lax.max(lax.neg(v), 0), lax.log1p(lax.exp(lax.neg(lax.abs(v)))));

/**
 * −target · log(output) − (1 − target) · log(1 − output), element by element.
 * @param fromLogits whether `output` is what a sigmoid makes probabilities of
 * @throws if the shapes differ
 */
export const binaryCrossentropy = /* @__PURE__ */ operation(
  "nn.BinaryCrossentropy(target, output; from_logits=false)",
  (target: TensorLike, output: TensorLike, fromLogits = false): Tensor =>
    apply([toTensor(target), toTensor(output)], (a, b) => {
      const [y, x] = [asFloat(a), asFloat(b)];
      expectSame("binaryCrossentropy", y.shape, x.shape);
      if (fromLogits) {
        const logits = lax.add(
          lax.mul(y, negativeLogSigmoid(x)),
          lax.mul(lax.sub(1, y), negativeLogSigmoid(lax.neg(x))),
        );
        return logits;
      }
      const p = limited(x);
      return lax.neg(lax.add(lax.mul(y, lax.log(p)), lax.mul(lax.sub(1, y), lax.log(lax.sub(1, p)))));
    }),
);

/** log of probabilities that have sum 1 along `axis`, or of what softmax makes of logits. */
function logProbabilities(output: TensorLike, fromLogits: boolean, axis: number): Tensor {
  if (fromLogits) return logSoftmax(output, axis);
  return apply([toTensor(output)], (v) => {
    const p = asFloat(v);
    const at = normalizeAxis(axis, p.shape.length);
    const total = lax.reshape(
      lax.reduceSum(p, [at]),
      p.shape.map((extent, a) => (a === at ? 1 : extent)),
    );
    return lax.log(limited(lax.div(p, total)));
  });
}

/**
 * −Σ target · log(output) along `axis`.
 * @param fromLogits whether `output` is what softmax makes probabilities of
 * @throws if the shapes differ
 */
export const categoricalCrossentropy = /* @__PURE__ */ operation(
  "nn.CategoricalCrossentropy(target, output; from_logits=false, axis=-1)",
  (target: TensorLike, output: TensorLike, fromLogits = false, axis = -1): Tensor => {
    const [y, x] = [toTensor(target), toTensor(output)];
    expectSame("categoricalCrossentropy", y.shape, x.shape);
    return y
      .astype("float32")
      .mul(logProbabilities(x, fromLogits, axis))
      .sum(axis)
      .neg();
  },
);

/**
 * −log(output) at the class that `target` names, along `axis`.
 * @param target integers of the shape of `output` without its last axis
 * @param fromLogits whether `output` is what softmax makes probabilities of
 * @throws if the shapes do not fit
 */
export const sparseCategoricalCrossentropy = /* @__PURE__ */ operation(
  "nn.SparseCategoricalCrossentropy(target, output; from_logits=false, axis=-1)",
  (target: TensorLike, output: TensorLike, fromLogits = false, axis = -1): Tensor => {
    const x = toTensor(output);
    let labels = toTensor(target, "int32").astype("int32");
    if (labels.rank === x.rank && labels.shape[labels.rank - 1] === 1)
      labels = labels.reshape(labels.shape.slice(0, -1));
    expectSame("sparseCategoricalCrossentropy", labels.shape, x.shape.slice(0, -1));
    const at = normalizeAxis(axis, x.rank);
    return apply([labels, logProbabilities(x, fromLogits, at)], (l, p) => {
      const [wanted, logs] = [l as Value, p as Value];
      const others = logs.shape.map((_, a) => a).filter((a) => a !== at);
      const spread = lax.broadcastInDim(wanted, logs.shape, others);
      const hit = lax.eq(spread, lax.iota(logs.shape, "int32", at));
      return lax.neg(lax.reduceSum(lax.select(hit, logs, 0), [at]));
    });
  },
);
