import {
  add,
  ceil,
  cos,
  divide,
  equal,
  floor,
  less,
  log,
  minimum,
  multiply,
  power,
  subtract,
  where,
} from "../../ops/elementwise.js";
import { type Tensor, tensor } from "../../ops/tensor.js";
import { type Config, camelCaseKeys } from "../../utils/serialization.js";
import { LearningRateSchedule } from "./schedule.js";

// The order of the operations is Keras's: each of them rounds to float32.

interface Named {
  /** Default: the class's name. */
  readonly name?: string;
}

/** @throws if `value` is not above 0 */
function positive(argument: string, value: number): number {
  if (value > 0) return value;
  throw new Error(`Argument \`${argument}\` must be > 0. Received: ${argument}=${value}`);
}

export interface ExponentialDecayOptions extends Named {
  /** Whether the rate goes down once every `decaySteps`, rather than a little at each step. Default false. */
  readonly staircase?: boolean;
}

/** A rate that goes down by a share of the initial one, by the number of periods of `decaySteps` that are over. */
abstract class PeriodicDecay extends LearningRateSchedule {
  readonly decaySteps: number;
  readonly staircase: boolean;
  readonly name: string;

  /** @throws if `decaySteps` is not above 0 */
  constructor(
    readonly initialLearningRate: number,
    decaySteps: number,
    readonly decayRate: number,
    options: ExponentialDecayOptions = {},
  ) {
    super();
    this.decaySteps = positive("decay_steps", decaySteps);
    this.staircase = options.staircase ?? false;
    this.name = options.name ?? (this.constructor as typeof LearningRateSchedule).className;
  }

  protected abstract after(periods: Tensor): Tensor;

  call(step: Tensor): Tensor {
    const periods = divide(step, this.decaySteps);
    return this.after(this.staircase ? floor(periods) : periods);
  }

  override getConfig(): Config {
    return {
      initial_learning_rate: this.initialLearningRate,
      decay_steps: this.decaySteps,
      decay_rate: this.decayRate,
      staircase: this.staircase,
      name: this.name,
    };
  }

  static fromConfig<D>(
    this: new (
      rate: number,
      steps: number,
      decay: number,
      options: ExponentialDecayOptions,
    ) => D,
    config: Config,
  ): D {
    const { initial_learning_rate: rate, decay_steps: steps, decay_rate: decay } = config;
    return new this(rate as number, steps as number, decay as number, config as ExponentialDecayOptions);
  }
}

/**
 * `initialLearningRate · decayRate ^ (step / decaySteps)`
 * @see https://keras.io/api/optimizers/learning_rate_schedules/exponential_decay/
 */
export class ExponentialDecay extends PeriodicDecay {
  static override readonly className = "ExponentialDecay";
  protected override after(periods: Tensor): Tensor {
    return multiply(power(this.decayRate, periods), this.initialLearningRate);
  }
}

/**
 * `initialLearningRate / (1 + decayRate · step / decaySteps)`
 * @see https://keras.io/api/optimizers/learning_rate_schedules/inverse_time_decay/
 */
export class InverseTimeDecay extends PeriodicDecay {
  static override readonly className = "InverseTimeDecay";
  protected override after(periods: Tensor): Tensor {
    return divide(this.initialLearningRate, add(1, multiply(periods, this.decayRate)));
  }
}

/**
 * `values[0]` up to step `boundaries[0]`, `values[1]` up to `boundaries[1]`, …, then the last value.
 * @see https://keras.io/api/optimizers/learning_rate_schedules/piecewise_constant_decay/
 */
export class PiecewiseConstantDecay extends LearningRateSchedule {
  static override readonly className = "PiecewiseConstantDecay";
  readonly boundaries: readonly number[];
  readonly values: readonly number[];
  readonly name: string;

  /** @throws if there is not one value more than there are boundaries */
  constructor(boundaries: readonly number[], values: readonly number[], options: Named = {}) {
    super();
    if (boundaries.length === 0 || boundaries.length !== values.length - 1) {
      throw new Error(
        `The length of boundaries should be 1 less than the length of values. Received: boundaries=${JSON.stringify(boundaries)} of length ${boundaries.length}, and values=${JSON.stringify(values)} of length ${values.length}.`,
      );
    }
    this.boundaries = [...boundaries];
    this.values = [...values];
    this.name = options.name ?? "PiecewiseConstant";
  }

  call(step: Tensor): Tensor {
    const last = tensor(this.values[this.values.length - 1]);
    return this.boundaries.reduceRight(
      (rate, boundary, i) => where(step.lessEqual(boundary), this.values[i], rate),
      last,
    );
  }

  override getConfig(): Config {
    return { boundaries: this.boundaries, values: this.values, name: this.name };
  }

  static fromConfig(config: Config): PiecewiseConstantDecay {
    return new PiecewiseConstantDecay(
      config.boundaries as number[],
      config.values as number[],
      camelCaseKeys(config),
    );
  }
}

export interface PolynomialDecayOptions extends Named {
  /** Default 0.0001. */
  readonly endLearningRate?: number;
  /** Default 1: a straight line. */
  readonly power?: number;
  /** Whether it starts again, over longer periods, once it has ended. Default false. */
  readonly cycle?: boolean;
}

/**
 * `(initialLearningRate − endLearningRate) · (1 − step / decaySteps) ^ power + endLearningRate`
 * @see https://keras.io/api/optimizers/learning_rate_schedules/polynomial_decay/
 */
export class PolynomialDecay extends LearningRateSchedule {
  static override readonly className = "PolynomialDecay";
  readonly decaySteps: number;
  readonly endLearningRate: number;
  readonly power: number;
  readonly cycle: boolean;
  readonly name: string;

  /** @throws if `decaySteps` is not above 0 */
  constructor(
    readonly initialLearningRate: number,
    decaySteps: number,
    options: PolynomialDecayOptions = {},
  ) {
    super();
    this.decaySteps = positive("decay_steps", decaySteps);
    this.endLearningRate = options.endLearningRate ?? 0.0001;
    this.power = options.power ?? 1;
    this.cycle = options.cycle ?? false;
    this.name = options.name ?? "PolynomialDecay";
  }

  call(step: Tensor): Tensor {
    const { decaySteps, endLearningRate } = this;
    const period = this.cycle
      ? multiply(where(equal(step, 0), 1, ceil(divide(step, decaySteps))), decaySteps)
      : tensor(decaySteps);
    const p = divide(this.cycle ? step : minimum(step, decaySteps), period);
    const span = Math.fround(Math.fround(this.initialLearningRate) - Math.fround(endLearningRate));
    return add(multiply(power(subtract(1, p), this.power), span), endLearningRate);
  }

  override getConfig(): Config {
    return {
      initial_learning_rate: this.initialLearningRate,
      decay_steps: this.decaySteps,
      end_learning_rate: this.endLearningRate,
      power: this.power,
      cycle: this.cycle,
      name: this.name,
    };
  }

  static fromConfig(config: Config): PolynomialDecay {
    return new PolynomialDecay(
      config.initial_learning_rate as number,
      config.decay_steps as number,
      camelCaseKeys(config),
    );
  }
}

export interface CosineDecayOptions extends Named {
  /** What is left at the end, as a share of the rate at the start of the decay. Default 0. */
  readonly alpha?: number;
  /** The rate that is reached after `warmupSteps`, where the decay starts. Default: no warmup. */
  readonly warmupTarget?: number | null;
  /** Default 0. */
  readonly warmupSteps?: number;
}

/** `½ (1 + cos(π · fraction))` */
function halfCosine(fraction: Tensor): Tensor {
  return multiply(add(cos(multiply(fraction, Math.PI)), 1), 0.5);
}

/**
 * A warmup along a straight line, if asked for, then half a period of a cosine.
 * @see https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay/ and https://arxiv.org/abs/1608.03983
 */
export class CosineDecay extends LearningRateSchedule {
  static override readonly className = "CosineDecay";
  readonly decaySteps: number;
  readonly alpha: number;
  readonly warmupTarget: number | null;
  readonly warmupSteps: number;
  readonly name: string;

  /** @throws if `decaySteps` is not above 0 */
  constructor(
    readonly initialLearningRate: number,
    decaySteps: number,
    options: CosineDecayOptions = {},
  ) {
    super();
    this.decaySteps = positive("decay_steps", decaySteps);
    this.alpha = options.alpha ?? 0;
    this.warmupTarget = options.warmupTarget ?? null;
    this.warmupSteps = options.warmupSteps ?? 0;
    this.name = options.name ?? "CosineDecay";
  }

  call(step: Tensor): Tensor {
    const { decaySteps, warmupSteps, warmupTarget, alpha, initialLearningRate } = this;
    const decayed = (at: Tensor, from: number) =>
      multiply(add(multiply(halfCosine(divide(at, decaySteps)), 1 - alpha), alpha), from);
    if (warmupTarget === null) return decayed(minimum(step, decaySteps), initialLearningRate);
    const now = minimum(step, decaySteps + warmupSteps);
    const after = decayed(subtract(now, warmupSteps), warmupTarget);
    if (warmupSteps === 0) return after;
    const span = Math.fround(Math.fround(warmupTarget) - Math.fround(initialLearningRate));
    const before = add(multiply(divide(now, warmupSteps), span), initialLearningRate);
    return where(less(now, warmupSteps), before, after);
  }

  override getConfig(): Config {
    return {
      initial_learning_rate: this.initialLearningRate,
      decay_steps: this.decaySteps,
      alpha: this.alpha,
      name: this.name,
      warmup_target: this.warmupTarget,
      warmup_steps: this.warmupSteps,
    };
  }

  static fromConfig(config: Config): CosineDecay {
    return new CosineDecay(
      config.initial_learning_rate as number,
      config.decay_steps as number,
      camelCaseKeys(config),
    );
  }
}

export interface CosineDecayRestartsOptions extends Named {
  /** How much longer each period is than the one before. Default 2. */
  readonly tMul?: number;
  /** The rate at the start of each period, as a share of that of the one before. Default 1. */
  readonly mMul?: number;
  /** What is left at the end of a period, as a share of the initial rate. Default 0. */
  readonly alpha?: number;
}

/**
 * Half periods of a cosine, one after another.
 * @see https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay_restarts/ and https://arxiv.org/abs/1608.03983
 */
export class CosineDecayRestarts extends LearningRateSchedule {
  static override readonly className = "CosineDecayRestarts";
  readonly firstDecaySteps: number;
  readonly tMul: number;
  readonly mMul: number;
  readonly alpha: number;
  readonly name: string;

  /** @throws if `firstDecaySteps` is not above 0 */
  constructor(
    readonly initialLearningRate: number,
    firstDecaySteps: number,
    options: CosineDecayRestartsOptions = {},
  ) {
    super();
    this.firstDecaySteps = positive("first_decay_steps", firstDecaySteps);
    this.tMul = options.tMul ?? 2;
    this.mMul = options.mMul ?? 1;
    this.alpha = options.alpha ?? 0;
    this.name = options.name ?? "SGDRDecay";
  }

  call(step: Tensor): Tensor {
    const { mMul, alpha } = this;
    const [period, fraction] = this.#position(divide(step, this.firstDecaySteps));
    const height = multiply(multiply(power(mMul, period), 0.5), add(cos(multiply(fraction, Math.PI)), 1));
    const decayed = add(multiply(height, Math.fround(1 - Math.fround(alpha))), alpha);
    return multiply(decayed, this.initialLearningRate);
  }

  /** Number of the period, and how much of it is over. */
  #position(periods: Tensor): [Tensor, Tensor] {
    const { tMul } = this;
    if (tMul === 1) {
      const whole = floor(periods);
      return [whole, subtract(periods, whole)];
    }
    const t = Math.fround(tMul);
    const whole = floor(divide(log(subtract(1, multiply(periods, Math.fround(1 - t)))), log(tensor(t))));
    const start = divide(subtract(1, power(t, whole)), Math.fround(1 - t));
    return [whole, divide(subtract(periods, start), power(t, whole))];
  }

  override getConfig(): Config {
    return {
      initial_learning_rate: this.initialLearningRate,
      first_decay_steps: this.firstDecaySteps,
      t_mul: this.tMul,
      m_mul: this.mMul,
      alpha: this.alpha,
      name: this.name,
    };
  }

  static fromConfig(config: Config): CosineDecayRestarts {
    return new CosineDecayRestarts(
      config.initial_learning_rate as number,
      config.first_decay_steps as number,
      camelCaseKeys(config),
    );
  }
}
