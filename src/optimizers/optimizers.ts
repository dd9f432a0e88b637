import {
  absolute,
  add,
  divide,
  less,
  maximum,
  multiply,
  power,
  sqrt,
  square,
  subtract,
  where,
} from "../ops/elementwise.js";
import type { Tensor } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";
import type { Config } from "../utils/serialization.js";
import {
  type LearningRate,
  Optimizer,
  type OptimizerOptions,
  type SlotKind,
  type UpdateContext,
} from "./optimizer.js";

// The order of the operations is Keras's: each of them rounds to float32. https://keras.io/api/optimizers/

export type Slot = (name: string) => Variable;

export interface LearningRateOption extends OptimizerOptions {
  /** A number or a schedule. */
  readonly learningRate?: LearningRate;
}

/** The smallest float32 that keeps all of its precision: what is smaller is subnormal. */
const SMALLEST_NORMAL = 2 ** -126;
/** Averages of gradients below this are worth nothing: their products with learning rates would soon be subnormal. */
const SMALLEST_MOMENTUM = 2 ** -100;

/**
 * `value`, which is assigned to the variable; numbers below `smallest` become 0. An average whose gradient has gone (of a
 * pixel that is hardly ever drawn, say) would else shrink to subnormal numbers and stay there, and many processors take a
 * hundred times longer to calculate with these. In Keras on JAX there are none either: XLA takes them for 0 on a CPU.
 */
export function assigned(variable: Variable, value: Tensor, smallest = SMALLEST_NORMAL): Tensor {
  const kept = where(less(absolute(value), smallest), 0, value);
  variable.assign(kept);
  return kept;
}

export interface MomentOptions extends LearningRateOption {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-7. */
  readonly epsilon?: number;
}

/** Keeps moving averages of gradients and of another figure, as Adam and its kin do (learning rate 0.001). */
export abstract class MomentOptimizer extends Optimizer {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;

  constructor(options: MomentOptions = {}) {
    super(options.learningRate ?? 0.001, options);
    this.beta1 = options.beta1 ?? 0.9;
    this.beta2 = options.beta2 ?? 0.999;
    this.epsilon = options.epsilon ?? 1e-7;
  }

  protected slotGroups(): readonly (readonly SlotKind[])[] {
    return [[{ name: "momentum" }, { name: "velocity" }]];
  }

  /** The moving average of gradients with this one. */
  protected momentum(slot: Slot, gradient: Tensor): Tensor {
    return moved(slot("momentum"), gradient, this.beta1, SMALLEST_MOMENTUM);
  }

  /** The moving average of squares with this one's. */
  protected velocity(slot: Slot, gradient: Tensor): Tensor {
    return moved(slot("velocity"), square(gradient), this.beta2);
  }

  /** What an average that began at 0 is divided by. */
  protected correction(beta: number, step: Tensor): Tensor {
    return subtract(1, power(beta, step));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), beta_1: this.beta1, beta_2: this.beta2, epsilon: this.epsilon };
  }
}

/** A moving average, moved towards a value. */
function moved(average: Variable, value: Tensor, beta: number, smallest?: number): Tensor {
  return assigned(average, add(average, multiply(subtract(value, average), 1 - beta)), smallest);
}

export interface SGDOptions extends LearningRateOption {
  /** Default 0. */
  readonly momentum?: number;
  /** Default false. */
  readonly nesterov?: boolean;
}

/** Gradient descent, with momentum if asked for (learning rate 0.01). */
export class SGD extends Optimizer {
  static override readonly className = "SGD";
  readonly momentum: number;
  readonly nesterov: boolean;

  constructor(options: SGDOptions = {}) {
    super(options.learningRate ?? 0.01, options);
    this.momentum = options.momentum ?? 0;
    this.nesterov = options.nesterov ?? false;
    if (!(this.momentum >= 0 && this.momentum <= 1))
      throw new Error(`\`momentum\` must be a float between [0, 1]. Received: momentum=${this.momentum}`);
  }

  protected slotGroups() {
    return this.momentum === 0 ? [] : [[{ name: "momentum" }]];
  }

  protected update(weight: Tensor, gradient: Tensor, slot: Slot, { learningRate }: UpdateContext): Tensor {
    const step = multiply(gradient, learningRate);
    if (this.momentum === 0) return subtract(weight, step);
    const momentum = assigned(slot("momentum"), subtract(multiply(slot("momentum"), this.momentum), step));
    return add(weight, this.nesterov ? subtract(multiply(momentum, this.momentum), step) : momentum);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), momentum: this.momentum, nesterov: this.nesterov };
  }
}

export interface AdamOptions extends MomentOptions {
  /** Default false. */
  readonly amsgrad?: boolean;
}

/** Bias-corrected moving averages of gradients and squares (learning rate 0.001). https://arxiv.org/abs/1412.6980 */
export class Adam extends MomentOptimizer {
  static override readonly className: string = "Adam";
  readonly amsgrad: boolean;

  constructor(options: AdamOptions = {}) {
    super(options);
    this.amsgrad = options.amsgrad ?? false;
  }

  protected override slotGroups() {
    const moments = super.slotGroups();
    return this.amsgrad ? [...moments, [{ name: "velocity_hat" }]] : moments;
  }

  protected update(
    weight: Tensor,
    gradient: Tensor,
    slot: Slot,
    { learningRate, step }: UpdateContext,
  ): Tensor {
    const correction1 = this.correction(this.beta1, step);
    const correction2 = this.correction(this.beta2, step);
    const alpha = divide(multiply(learningRate, sqrt(correction2)), correction1);
    const first = this.momentum(slot, gradient);
    let second = this.velocity(slot, gradient);
    if (this.amsgrad) second = assigned(slot("velocity_hat"), maximum(slot("velocity_hat"), second));
    return subtract(weight, divide(multiply(first, alpha), add(sqrt(second), this.epsilon)));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), amsgrad: this.amsgrad };
  }
}

/** Adam with weight decay 0.004. https://arxiv.org/abs/1711.05101 */
export class AdamW extends Adam {
  static override readonly className = "AdamW";
  constructor(options: AdamOptions = {}) {
    super({ ...options, weightDecay: options.weightDecay ?? 0.004 });
  }
}

export interface RMSpropOptions extends LearningRateOption {
  /** Default 0.9. */
  readonly rho?: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Default 1e-7. */
  readonly epsilon?: number;
  /** Whether the mean gradient is taken off. Default false. */
  readonly centered?: boolean;
}

/** Gradients divided by the root of their moving mean square (learning rate 0.001). */
export class RMSprop extends Optimizer {
  static override readonly className = "RMSprop";
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly centered: boolean;

  constructor(options: RMSpropOptions = {}) {
    super(options.learningRate ?? 0.001, options);
    this.rho = options.rho ?? 0.9;
    this.momentum = options.momentum ?? 0;
    this.epsilon = options.epsilon ?? 1e-7;
    this.centered = options.centered ?? false;
  }

  protected slotGroups() {
    return [
      [{ name: "velocity" }],
      ...(this.momentum > 0 ? [[{ name: "momentum" }]] : []),
      ...(this.centered ? [[{ name: "average_gradient" }]] : []),
    ];
  }

  protected update(weight: Tensor, gradient: Tensor, slot: Slot, { learningRate }: UpdateContext): Tensor {
    const v = slot("velocity");
    const velocity = assigned(v, add(multiply(v, this.rho), multiply(square(gradient), 1 - this.rho)));
    let denominator = add(velocity, this.epsilon);
    if (this.centered) {
      const a = slot("average_gradient");
      const average = assigned(a, add(multiply(a, this.rho), multiply(gradient, 1 - this.rho)));
      denominator = add(subtract(velocity, square(average)), this.epsilon);
    }
    const increment = divide(multiply(learningRate, gradient), sqrt(denominator));
    if (!(this.momentum > 0)) return subtract(weight, increment);
    return subtract(
      weight,
      assigned(slot("momentum"), add(multiply(slot("momentum"), this.momentum), increment)),
    );
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      rho: this.rho,
      momentum: this.momentum,
      epsilon: this.epsilon,
      centered: this.centered,
    };
  }
}

/** Gradients divided by the root of the sum of their squares (learning rate 0.001). https://jmlr.org/papers/v12/duchi11a.html */
export class Adagrad extends Optimizer {
  static override readonly className = "Adagrad";
  readonly initialAccumulatorValue: number;
  readonly epsilon: number;

  constructor(options: LearningRateOption & { initialAccumulatorValue?: number; epsilon?: number } = {}) {
    super(options.learningRate ?? 0.001, options);
    this.initialAccumulatorValue = options.initialAccumulatorValue ?? 0.1;
    this.epsilon = options.epsilon ?? 1e-7;
  }

  protected slotGroups() {
    return [[{ name: "accumulator", initial: this.initialAccumulatorValue }]];
  }

  protected update(weight: Tensor, gradient: Tensor, slot: Slot, { learningRate }: UpdateContext): Tensor {
    const sum = assigned(slot("accumulator"), add(slot("accumulator"), square(gradient)));
    return subtract(weight, divide(multiply(learningRate, gradient), sqrt(add(sum, this.epsilon))));
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      initial_accumulator_value: this.initialAccumulatorValue,
      epsilon: this.epsilon,
    };
  }
}

/** Steps in units of earlier steps (learning rate 0.001). https://arxiv.org/abs/1212.5701 */
export class Adadelta extends Optimizer {
  static override readonly className = "Adadelta";
  readonly rho: number;
  readonly epsilon: number;

  constructor(options: LearningRateOption & { rho?: number; epsilon?: number } = {}) {
    super(options.learningRate ?? 0.001, options);
    this.rho = options.rho ?? 0.95;
    this.epsilon = options.epsilon ?? 1e-7;
  }

  protected slotGroups() {
    return [[{ name: "accumulated_grad" }, { name: "accumulated_delta_var" }]];
  }

  protected update(weight: Tensor, gradient: Tensor, slot: Slot, { learningRate }: UpdateContext): Tensor {
    const { rho, epsilon } = this;
    const mean = (old: Variable, x: Tensor) => add(multiply(old, rho), multiply(square(x), 1 - rho));
    const deltas = slot("accumulated_delta_var");
    const squares = assigned(slot("accumulated_grad"), mean(slot("accumulated_grad"), gradient));
    const delta = divide(multiply(sqrt(add(deltas, epsilon)), gradient), sqrt(add(squares, epsilon))).neg();
    assigned(deltas, mean(deltas, delta));
    return add(weight, multiply(learningRate, delta));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), rho: this.rho, epsilon: this.epsilon };
  }
}

/** Adam with the maximum norm (learning rate 0.001). https://arxiv.org/abs/1412.6980 */
export class Adamax extends MomentOptimizer {
  static override readonly className = "Adamax";

  protected override slotGroups() {
    return [[{ name: "momentum" }, { name: "norm" }]];
  }

  protected update(
    weight: Tensor,
    gradient: Tensor,
    slot: Slot,
    { learningRate, step }: UpdateContext,
  ): Tensor {
    const momentum = this.momentum(slot, gradient);
    const norm = assigned(slot("norm"), maximum(multiply(slot("norm"), this.beta2), absolute(gradient)));
    const correction = this.correction(this.beta1, step);
    return subtract(
      weight,
      divide(multiply(learningRate, momentum), multiply(correction, add(norm, this.epsilon))),
    );
  }
}

/** Adam with Nesterov momentum (learning rate 0.001). https://cs229.stanford.edu/proj2015/054_report.pdf */
export class Nadam extends MomentOptimizer {
  static override readonly className = "Nadam";
  /** The products of the momentum schedule up to this step, and with the next one. */
  #now: { u: Tensor; next: Tensor; product: Tensor; productNext: Tensor } | undefined;

  protected override extraVariables() {
    return [{ name: "variable", initial: 1 }];
  }

  protected override beginStep({ step }: UpdateContext): void {
    const schedule = (t: Tensor) => multiply(subtract(1, multiply(power(0.96, t), 0.5)), this.beta1);
    const u = schedule(step);
    const next = schedule(add(step, 1));
    const product = assigned(this.extra(0), multiply(this.extra(0), u));
    this.#now = { u, next, product, productNext: multiply(product, next) };
  }

  protected update(
    weight: Tensor,
    gradient: Tensor,
    slot: Slot,
    { learningRate, step }: UpdateContext,
  ): Tensor {
    const { u, next, product, productNext } = this.#now as {
      u: Tensor;
      next: Tensor;
      product: Tensor;
      productNext: Tensor;
    };
    const momentum = this.momentum(slot, gradient);
    const velocity = this.velocity(slot, gradient);
    const mHat = add(
      divide(multiply(next, momentum), subtract(1, productNext)),
      divide(multiply(subtract(1, u), gradient), subtract(1, product)),
    );
    const vHat = divide(velocity, this.correction(this.beta2, step));
    return subtract(weight, divide(multiply(mHat, learningRate), add(sqrt(vHat), this.epsilon)));
  }
}
