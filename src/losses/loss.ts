import { runOnce } from "../ops/compile.js";
import { divideNoNan, multiply, where } from "../ops/elementwise.js";
import { maskOf } from "../ops/mask.js";
import { type Tensor, type TensorLike, toTensor } from "../ops/tensor.js";
import { formatShape } from "../tensor/shape.js";
import { snakeCase } from "../utils/naming.js";
import type { Config } from "../utils/serialization.js";

/** How the losses of the samples become one number. */
export type Reduction = "sum_over_batch_size" | "mean" | "sum" | "mean_with_sample_weight" | "none" | null;

export interface LossOptions {
  /** Default `"sum_over_batch_size"`. */
  readonly reduction?: Reduction;
  readonly name?: string;
}

const reductions: readonly Reduction[] = [
  "sum_over_batch_size",
  "mean",
  "sum",
  "mean_with_sample_weight",
  "none",
  null,
];

/**
 * What training makes small. Subclasses define `call`, the loss of each sample.
 * @see https://keras.io/api/losses/
 */
export abstract class Loss {
  static readonly className: string = "Loss";
  static readonly module: string | null = "keras.losses";
  readonly name: string;
  readonly reduction: Reduction;

  constructor(options: LossOptions = {}) {
    this.name = options.name ?? snakeCase((this.constructor as typeof Loss).className);
    this.reduction = options.reduction === undefined ? "sum_over_batch_size" : options.reduction;
    if (!reductions.includes(this.reduction)) {
      throw new Error(
        `Invalid value for argument \`reduction\`. Expected one of ${reductions.map(String).join(", ")}. Received: reduction=${this.reduction}`,
      );
    }
  }

  /** The loss of each sample: one number fewer axes than `yPred`. */
  abstract call(yTrue: Tensor, yPred: Tensor): Tensor;

  /**
   * The reduced loss.
   * @param options `sampleWeight`: factors for the samples; they do not change what the sum is divided by
   */
  apply(yTrue: TensorLike, yPred: TensorLike, options: { sampleWeight?: TensorLike | null } = {}): Tensor {
    const { sampleWeight } = options;
    const given = [
      toTensor(yTrue),
      toTensor(yPred),
      ...(sampleWeight === undefined || sampleWeight === null ? [] : [toTensor(sampleWeight)]),
    ];
    return runOnce(given, (truth, prediction, weight) => {
      const mask = maskOf(prediction);
      const [t, p] = squeezeOrExpand(truth, prediction.astype("float32"));
      return reduceWeighted(this.call(t, p), withMask(weight ?? null, mask, this.reduction), this.reduction);
    });
  }

  getConfig(): Config {
    return { name: this.name, reduction: this.reduction };
  }
}

/** Makes `(n,)` and `(n, 1)` meet as Keras does: a lone axis gets a second one, more axes lose a last one of size 1. */
export function squeezeOrExpand(a: Tensor, b: Tensor): [Tensor, Tensor] {
  if (b.rank === a.rank + 1) {
    const [second, first] = squeezeOrExpand(b, a);
    return [first, second];
  }
  if (a.rank !== b.rank + 1 || a.shape[a.rank - 1] !== 1) return [a, b];
  return b.rank === 1 ? [a, b.reshape([...b.shape, 1])] : [a.reshape(a.shape.slice(0, -1)), b];
}

/**
 * Weights that leave masked values out. Where the losses are averaged, those that count are scaled up, so that the average is over
 * them alone.
 */
export function withMask(
  sampleWeight: Tensor | null,
  mask: Tensor | undefined,
  reduction: Reduction,
): Tensor | null {
  if (!mask) return sampleWeight;
  const counts = mask.astype("bool");
  const averaged = reduction === "mean" || reduction === "sum_over_batch_size";
  const factor = averaged ? divideNoNan(mask.size, counts.astype("float32").sum()) : 1;
  const weight = where(counts, factor, 0).astype("float32");
  return sampleWeight ? multiply(fitted(sampleWeight.astype("float32"), weight), weight) : weight;
}

/** Weighs the samples' losses and reduces them. */
export function reduceWeighted(values: Tensor, sampleWeight: Tensor | null, reduction: Reduction): Tensor {
  const weight = sampleWeight && fitted(sampleWeight.astype("float32"), values);
  const weighted = weight ? multiply(values, weight) : values;
  switch (reduction) {
    case "none":
    case null:
      return weighted;
    case "sum":
      return weighted.sum();
    case "mean_with_sample_weight":
      return weight ? divideNoNan(weighted.sum(), weight.sum()) : weighted.mean();
    default:
      return weighted.sum().div(Math.max(weighted.size, 1));
  }
}

function fitted(weight: Tensor, values: Tensor): Tensor {
  // one loss for the whole batch is weighed by each
  if (values.rank === 0) return weight;
  if (weight.rank === values.rank + 1 && weight.shape[weight.rank - 1] === 1)
    return weight.reshape(weight.shape.slice(0, -1));
  if (weight.rank > values.rank)
    throw new Error(
      `sample_weight of shape ${formatShape(weight.shape)} does not fit losses of shape ${formatShape(values.shape)}.`,
    );
  return weight.reshape([...weight.shape, ...Array.from({ length: values.rank - weight.rank }, () => 1)]);
}
