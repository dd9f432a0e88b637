import type * as constraints from "../../constraints/index.js";
import type * as initializers from "../../initializers/index.js";
import { add, multiply, rsqrt } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import type * as regularizers from "../../regularizers/index.js";
import type { Config } from "../../utils/serialization.js";
import { WeightRule } from "../core/weightRule.js";
import { Layer, type LayerOptions } from "../layer.js";

export interface ScaleOptions extends LayerOptions {
  /** Whether a learned offset is added. Default true. */
  readonly center?: boolean;
  /** Whether a learned factor is applied. Default true. */
  readonly scale?: boolean;
  readonly betaInitializer?: initializers.InitializerIdentifier;
  readonly gammaInitializer?: initializers.InitializerIdentifier;
  readonly betaRegularizer?: regularizers.RegularizerIdentifier;
  readonly gammaRegularizer?: regularizers.RegularizerIdentifier;
  readonly betaConstraint?: constraints.ConstraintIdentifier;
  readonly gammaConstraint?: constraints.ConstraintIdentifier;
}

/** A learned factor (gamma) and offset (beta). */
export abstract class Normalizing extends Layer {
  readonly center: boolean;
  readonly scale: boolean;
  readonly epsilon: number;
  gamma: Variable | null = null;
  beta: Variable | null = null;
  readonly #betaRule: WeightRule;
  readonly #gammaRule: WeightRule;

  constructor(options: ScaleOptions & { epsilon?: number }) {
    super(options);
    this.center = options.center ?? true;
    this.scale = options.scale ?? true;
    this.epsilon = options.epsilon ?? 1e-3;
    this.#betaRule = new WeightRule("beta", options, "zeros");
    this.#gammaRule = new WeightRule("gamma", options, "ones");
  }

  protected buildScale(shape: readonly number[]): void {
    if (this.scale) this.gamma = this.addWeight(this.#gammaRule.weight("gamma", shape));
    if (this.center) this.beta = this.addWeight(this.#betaRule.weight("beta", shape));
  }

  /** `(x − mean) / √(variance + epsilon) · gamma + beta`, in Keras's order of operations. */
  protected normalize(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    reshape: (weight: Variable) => Tensor,
  ): Tensor {
    let factor = rsqrt(add(variance, this.epsilon));
    if (this.gamma) factor = multiply(factor, reshape(this.gamma));
    let offset = multiply(mean.neg(), factor);
    if (this.beta) offset = add(offset, reshape(this.beta));
    return add(multiply(x, factor), offset);
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      epsilon: this.epsilon,
      center: this.center,
      scale: this.scale,
      ...this.#betaRule.getConfig(),
      ...this.#gammaRule.getConfig(),
    };
  }
}
