import { eye, matmul } from "../ops/arrays.js";
import { absolute, multiply, square, subtract } from "../ops/elementwise.js";
import { normalize } from "../ops/normalization.js";
import type { Tensor } from "../ops/tensor.js";
import { formatShape } from "../tensor/shape.js";
import { type Config, type Json, Registry, serializeObject } from "../utils/serialization.js";

/** A penalty on a weight, added to the loss. @see https://keras.io/api/layers/regularizers/ */
export abstract class Regularizer {
  static readonly className: string = "Regularizer";
  static readonly module: string | null = "keras.regularizers";
  /** The penalty, a scalar. */
  abstract call(x: Tensor): Tensor;
  getConfig(): Config {
    return {};
  }
}

function checked(name: string, value: number): number {
  if (!(Number.isFinite(value) && value >= 0))
    throw new Error(
      `Invalid value for argument ${name}: expected a non-negative float. Received: ${name}=${value}`,
    );
  return value;
}

/** `l1 · Σ|x|` (default 0.01) */
export class L1 extends Regularizer {
  static override readonly className = "L1";
  readonly l1: number;
  constructor(l1 = 0.01) {
    super();
    this.l1 = checked("l1", l1);
  }
  call(x: Tensor): Tensor {
    return absolute(x).sum().mul(this.l1);
  }
  /** The factor as float32, as Keras writes it. */
  override getConfig(): Config {
    return { l1: Math.fround(this.l1) };
  }
  static fromConfig(config: Config): L1 {
    return new L1(config.l1 as number | undefined);
  }
}

/** `l2 · Σx²` (default 0.01) */
export class L2 extends Regularizer {
  static override readonly className = "L2";
  readonly l2: number;
  constructor(l2 = 0.01) {
    super();
    this.l2 = checked("l2", l2);
  }
  call(x: Tensor): Tensor {
    return square(x).sum().mul(this.l2);
  }
  override getConfig(): Config {
    return { l2: this.l2 };
  }
  static fromConfig(config: Config): L2 {
    return new L2(config.l2 as number | undefined);
  }
}

/** `l1 · Σ|x| + l2 · Σx²` (defaults 0; `"l1_l2"` 0.01 each) */
export class L1L2 extends Regularizer {
  static override readonly className = "L1L2";
  readonly l1: number;
  readonly l2: number;
  constructor(options: { l1?: number; l2?: number } = {}) {
    super();
    this.l1 = checked("l1", options.l1 ?? 0);
    this.l2 = checked("l2", options.l2 ?? 0);
  }
  call(x: Tensor): Tensor {
    return absolute(x).sum().mul(this.l1).add(square(x).sum().mul(this.l2));
  }
  override getConfig(): Config {
    return { l1: this.l1, l2: this.l2 };
  }
  static fromConfig(config: Config): L1L2 {
    return new L1L2(config as object);
  }
}

/** Which vectors of a matrix are to be orthogonal. */
export type OrthogonalMode = "rows" | "columns";

/**
 * `factor · mean |cos|` over all pairs of different rows (or columns) of a matrix: 0 where they are orthogonal. Defaults: factor
 * 0.01, rows.
 */
export class OrthogonalRegularizer extends Regularizer {
  static override readonly className = "OrthogonalRegularizer";
  readonly factor: number;
  readonly mode: OrthogonalMode;
  /** @throws if the factor is negative or not finite, or the mode is unknown */
  constructor(options: { factor?: number; mode?: OrthogonalMode } = {}) {
    super();
    this.factor = checked("factor", options.factor ?? 0.01);
    this.mode = options.mode ?? "rows";
    if (this.mode !== "rows" && this.mode !== "columns")
      throw new Error(
        `Invalid value for argument \`mode\`. Expected one of "rows", "columns". Received: mode=${String(this.mode)}`,
      );
  }
  /** @throws if `x` is no matrix */
  call(x: Tensor): Tensor {
    if (x.rank !== 2)
      throw new Error(
        `Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape=${formatShape(x.shape)}`,
      );
    const vectors = normalize(this.mode === "rows" ? x : x.transpose(), 1);
    const [count] = vectors.shape;
    const cosines = multiply(matmul(vectors, vectors.transpose()), subtract(1, eye(count)));
    return absolute(cosines)
      .sum()
      .mul(this.factor * 0.5)
      .div((count * (count - 1)) / 2);
  }
  override getConfig(): Config {
    return { factor: Math.fround(this.factor), mode: this.mode };
  }
  static fromConfig(config: Config): OrthogonalRegularizer {
    return new OrthogonalRegularizer(config as object);
  }
}

export type RegularizerName = "l1" | "l2" | "l1_l2" | "orthogonal_regularizer";
export type RegularizerIdentifier =
  | RegularizerName
  | Regularizer
  | ((x: Tensor) => Tensor)
  | null
  | { readonly class_name: string; readonly config: object };

class FunctionRegularizer extends Regularizer {
  static override readonly module = null;
  constructor(readonly fn: (x: Tensor) => Tensor) {
    super();
  }
  call(x: Tensor): Tensor {
    return this.fn(x);
  }
}

const registry = /* @__PURE__ */ new Registry<Regularizer>(
  "regularizer",
  [L1, L2, L1L2, OrthogonalRegularizer],
  { l1: L1, l2: L2, orthogonal_regularizer: OrthogonalRegularizer },
);

/** @throws if the name is unknown */
export function get(identifier: RegularizerIdentifier | undefined): Regularizer | null {
  if (identifier === null || identifier === undefined) return null;
  if (identifier instanceof Regularizer) return identifier;
  if (typeof identifier === "function") return new FunctionRegularizer(identifier);
  if (identifier === "l1_l2") return new L1L2({ l1: 0.01, l2: 0.01 });
  return registry.deserialize(identifier);
}

export function serialize(regularizer: Regularizer | null): Json {
  return regularizer && serializeObject(regularizer);
}

export function deserialize(config: Json): Regularizer | null {
  return get(config as RegularizerIdentifier);
}
