import { absolute, square } from "../ops/elementwise.js";
import type { Tensor } from "../ops/tensor.js";
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
  if (!Number.isFinite(value))
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
  override getConfig(): Config {
    return { l1: this.l1 };
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

export type RegularizerName = "l1" | "l2" | "l1_l2";
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

const registry = /* @__PURE__ */ new Registry<Regularizer>("regularizer", [L1, L2, L1L2], { l1: L1, l2: L2 });

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
