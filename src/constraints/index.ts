import { clip, greaterEqual, square } from "../ops/elementwise.js";
import { normalizeAxes, type Tensor } from "../ops/tensor.js";
import { type Config, type Json, Registry, serializeObject } from "../utils/serialization.js";

/** A condition that a weight is brought back to after each update. @see https://keras.io/api/layers/constraints/ */
export abstract class Constraint {
  static readonly className: string = "Constraint";
  static readonly module: string | null = "keras.constraints";
  /** The nearest weight that meets the condition. */
  abstract call(w: Tensor): Tensor;
  getConfig(): Config {
    return {};
  }
}

const EPSILON = 1e-7;

function norms(w: Tensor, axis: number | readonly number[]): Tensor {
  return square(w).sum(normalizeAxes(axis, w.rank), true).sqrt();
}

/** Norms along `axis` (default 0) of at most `maxValue` (default 2). */
export class MaxNorm extends Constraint {
  static override readonly className = "MaxNorm";
  constructor(
    readonly maxValue = 2,
    readonly axis: number | readonly number[] = 0,
  ) {
    super();
  }
  call(w: Tensor): Tensor {
    const n = norms(w, this.axis);
    return w.mul(clip(n, 0, this.maxValue).div(n.add(EPSILON)));
  }
  override getConfig(): Config {
    return { max_value: this.maxValue, axis: this.axis };
  }
  static fromConfig(config: Config): MaxNorm {
    return new MaxNorm(config.max_value as number | undefined, config.axis as number | undefined);
  }
}

/** No element below 0. */
export class NonNeg extends Constraint {
  static override readonly className = "NonNeg";
  call(w: Tensor): Tensor {
    return w.mul(greaterEqual(w, 0).astype("float32"));
  }
  static fromConfig(): NonNeg {
    return new NonNeg();
  }
}

/** Norms along `axis` (default 0) of 1. */
export class UnitNorm extends Constraint {
  static override readonly className = "UnitNorm";
  constructor(readonly axis: number | readonly number[] = 0) {
    super();
  }
  call(w: Tensor): Tensor {
    return w.div(norms(w, this.axis).add(EPSILON));
  }
  override getConfig(): Config {
    return { axis: this.axis };
  }
  static fromConfig(config: Config): UnitNorm {
    return new UnitNorm(config.axis as number | undefined);
  }
}

/** Norms along `axis` between two values, approached at `rate`. */
export class MinMaxNorm extends Constraint {
  static override readonly className = "MinMaxNorm";
  readonly minValue: number;
  readonly maxValue: number;
  readonly rate: number;
  readonly axis: number | readonly number[];
  constructor(
    options: { minValue?: number; maxValue?: number; rate?: number; axis?: number | readonly number[] } = {},
  ) {
    super();
    this.minValue = options.minValue ?? 0;
    this.maxValue = options.maxValue ?? 1;
    this.rate = options.rate ?? 1;
    this.axis = options.axis ?? 0;
  }
  call(w: Tensor): Tensor {
    const n = norms(w, this.axis);
    const desired = clip(n, this.minValue, this.maxValue)
      .mul(this.rate)
      .add(n.mul(1 - this.rate));
    return w.mul(desired.div(n.add(EPSILON)));
  }
  override getConfig(): Config {
    return { min_value: this.minValue, max_value: this.maxValue, rate: this.rate, axis: this.axis };
  }
  static fromConfig(config: Config): MinMaxNorm {
    const { min_value, max_value, rate, axis } = config as Record<string, number | undefined>;
    return new MinMaxNorm({ minValue: min_value, maxValue: max_value, rate, axis });
  }
}

export type ConstraintName = "max_norm" | "non_neg" | "unit_norm" | "min_max_norm";
export type ConstraintIdentifier =
  | ConstraintName
  | Constraint
  | ((w: Tensor) => Tensor)
  | null
  | { readonly class_name: string; readonly config: object };

class FunctionConstraint extends Constraint {
  static override readonly module = null;
  constructor(readonly fn: (w: Tensor) => Tensor) {
    super();
  }
  call(w: Tensor): Tensor {
    return this.fn(w);
  }
}

const registry = /* @__PURE__ */ new Registry<Constraint>(
  "constraint",
  [MaxNorm, NonNeg, UnitNorm, MinMaxNorm],
  {
    max_norm: MaxNorm,
    non_neg: NonNeg,
    unit_norm: UnitNorm,
    min_max_norm: MinMaxNorm,
  },
);

/** @throws if the name is unknown */
export function get(identifier: ConstraintIdentifier | undefined): Constraint | null {
  if (identifier === null || identifier === undefined) return null;
  if (identifier instanceof Constraint) return identifier;
  if (typeof identifier === "function") return new FunctionConstraint(identifier);
  return registry.deserialize(identifier);
}

export function serialize(constraint: Constraint | null): Json {
  return constraint && serializeObject(constraint);
}

export function deserialize(config: Json): Constraint | null {
  return get(config as ConstraintIdentifier);
}
