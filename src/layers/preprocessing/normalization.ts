import { variance as varianceOver } from "../../ops/arrays.js";
import { runOnce } from "../../ops/compile.js";
import { add, divide, maximum, multiply, sqrt, subtract } from "../../ops/elementwise.js";
import { Tensor, type TensorLike, tensor, toTensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import { formatShape, normalizeAxis, type PartialShape } from "../../tensor/shape.js";
import type { Config, Json } from "../../utils/serialization.js";
import { show } from "../arguments.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

type Numbers = number | readonly number[];

export interface NormalizationOptions extends LayerOptions {
  /** The axes that keep a mean and variance of their own; null: one for all. Default −1. */
  readonly axis?: number | readonly number[] | null;
  /** With `variance`: given instead of learned from data by `adapt`. */
  readonly mean?: Numbers | readonly Numbers[] | null;
  readonly variance?: Numbers | readonly Numbers[] | null;
  /** Whether the layer undoes a normalization. Default false. */
  readonly invert?: boolean;
}

/** The smallest standard deviation that is divided by (Keras's `backend.epsilon()`). */
const EPSILON = 1e-7;

/**
 * `(x − mean) / √variance`, with mean and variance of the data given to `adapt`.
 *
 * ```ts
 * const normalization = new layers.Normalization();
 * normalization.adapt(trainX);
 * ```
 *
 * @see https://keras.io/api/layers/preprocessing_layers/numerical/normalization/
 */
export class Normalization extends Layer {
  static override readonly className = "Normalization";
  override supportsMasking = true;
  readonly axis: readonly number[];
  readonly inputMean: Json;
  readonly inputVariance: Json;
  readonly invert: boolean;
  /** The learned statistics; none if they were given. */
  adaptMean: Variable | null = null;
  adaptVariance: Variable | null = null;
  count: Variable | null = null;

  /** @throws if only one of `mean` and `variance` is given, or their shapes differ */
  constructor(options: NormalizationOptions = {}) {
    super(options);
    const { axis = -1, mean = null, variance = null } = options;
    this.axis = axis === null ? [] : typeof axis === "number" ? [axis] : [...axis];
    this.inputMean = mean as Json;
    this.inputVariance = variance as Json;
    this.invert = options.invert ?? false;
    if ((mean === null) !== (variance === null)) {
      throw new Error(
        `When setting values directly, both \`mean\` and \`variance\` must be set. Layer '${this.name}' received: mean=${show(mean)} and variance=${show(variance)}`,
      );
    }
    if (mean === null || variance === null) return;
    const [m, v] = [tensor(mean as number[]), tensor(variance as number[])];
    if (formatShape(m.shape) !== formatShape(v.shape) || m.rank > this.axis.length) {
      throw new Error(
        `\`mean\` and \`variance\` must have the same shape, of at most as many axes as \`axis\` names (${this.axis.length}). Layer '${this.name}' received: mean shape ${formatShape(m.shape)} and variance shape ${formatShape(v.shape)}`,
      );
    }
  }

  #kept(shape: PartialShape): number[] {
    return this.axis.map((axis) => normalizeAxis(axis, shape.length)).sort((a, b) => a - b);
  }

  override build(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    const extents = this.#kept(shape).map((axis) => shape[axis]);
    if (extents.includes(null)) {
      throw new Error(
        `All \`axis\` values to be kept must have a known shape. Layer '${this.name}' received axis=${show(this.axis)}, inputs.shape=${formatShape(shape)}`,
      );
    }
    if (this.inputMean !== null) return;
    const weight = (name: string, size: number[], initializer: "zeros" | "ones") =>
      this.addWeight({ name, shape: size, initializer, trainable: false });
    this.adaptMean = weight("mean", extents as number[], "zeros");
    this.adaptVariance = weight("variance", extents as number[], "ones");
    this.count = this.addWeight({
      name: "count",
      shape: [],
      dtype: "int32",
      initializer: "zeros",
      trainable: false,
    });
  }

  /**
   * Takes mean and variance from data: one tensor, or batches one after another.
   * @throws if the mean and variance were given, or the data do not fit
   */
  adapt(data: TensorLike | Iterable<Tensor>): void {
    if (this.inputMean !== null)
      throw new Error(`Layer '${this.name}' was given \`mean\` and \`variance\`: there is nothing to adapt.`);
    const batches = isBatches(data) ? data : [toTensor(data as TensorLike)];
    let total: { mean: Tensor; variance: Tensor; count: number } | undefined;
    for (const batch of batches) {
      this.build(batch.shape);
      this.checkInput(batch.shape);
      const kept = this.#kept(batch.shape);
      const axes = batch.shape.map((_, axis) => axis).filter((axis) => !kept.includes(axis));
      const count = axes.reduce((product, axis) => product * batch.shape[axis], 1);
      const next = statistics(batch.astype("float32"), axes);
      total = total ? merged(total, { ...next, count }) : { ...next, count };
    }
    if (!total)
      throw new Error(`adapt() of layer '${this.name}' received no batches. Expected at least one batch.`);
    this.adaptMean?.assign(total.mean);
    this.adaptVariance?.assign(total.variance);
  }

  override checkInput(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    const built = this.inputShape as PartialShape | undefined;
    if (!built) return;
    for (const axis of this.#kept(built)) {
      if (shape.length === built.length && shape[axis] === built[axis]) continue;
      throw new Error(
        `Layer '${this.name}' was built with input_shape=${formatShape(built)}, but received data with an incompatible shape ${formatShape(shape)}`,
      );
    }
  }

  override call(x: Tensor): Tensor {
    const kept = this.#kept(x.shape);
    const spread = (given: Tensor) => {
      // given values may have fewer axes than there are kept ones: aligned at the end
      const sizes = [...given.shape];
      const shape = x.shape.map(() => 1);
      for (const axis of [...kept].reverse()) shape[axis] = sizes.pop() ?? 1;
      return given.reshape(shape);
    };
    const mean = spread(this.adaptMean?.value ?? tensor(this.inputMean as number[]));
    const deviation = maximum(
      sqrt(spread(this.adaptVariance?.value ?? tensor(this.inputVariance as number[]))),
      EPSILON,
    );
    const values = x.astype("float32");
    return this.invert ? add(mean, multiply(values, deviation)) : divide(subtract(values, mean), deviation);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      axis: this.axis,
      invert: this.invert,
      mean: this.inputMean,
      variance: this.inputVariance,
    };
  }
}

function isBatches(data: TensorLike | Iterable<Tensor>): data is Iterable<Tensor> {
  if (data instanceof Tensor || typeof data !== "object" || ArrayBuffer.isView(data)) return false;
  return Array.isArray(data) ? data.every((batch) => batch instanceof Tensor) : Symbol.iterator in data;
}

function statistics(x: Tensor, axes: readonly number[]): { mean: Tensor; variance: Tensor } {
  return runOnce([x], (t) => ({
    mean: axes.length === 0 ? t : t.mean(axes),
    variance: axes.length === 0 ? subtract(t, t) : varianceOver(t, axes),
  })) as { mean: Tensor; variance: Tensor };
}

interface Statistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly count: number;
}

/** Mean and variance of both together. */
function merged(a: Statistics, b: Statistics): Statistics {
  const count = a.count + b.count;
  const [share, rest] = [b.count / count, 1 - b.count / count];
  const mean = add(multiply(a.mean, rest), multiply(b.mean, share));
  const around = ({ mean: own, variance }: Statistics) => add(variance, subtract(own, mean).pow(2));
  return { mean, variance: add(multiply(around(a), rest), multiply(around(b), share)), count };
}
