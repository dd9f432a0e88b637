import type * as constraints from "../../constraints/index.js";
import type * as initializers from "../../initializers/index.js";
import { relu } from "../../ops/activations.js";
import { add, multiply } from "../../ops/elementwise.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import type * as regularizers from "../../regularizers/index.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { expectRank } from "../arguments.js";
import { WeightRule } from "../core/weightRule.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

export interface PReLUOptions extends LayerOptions {
  /** Default `"zeros"`. */
  readonly alphaInitializer?: initializers.InitializerIdentifier;
  readonly alphaRegularizer?: regularizers.RegularizerIdentifier;
  readonly alphaConstraint?: constraints.ConstraintIdentifier;
  /** Axes (from 1) along which one slope is used. Default none. */
  readonly sharedAxes?: number | readonly number[] | null;
}

/**
 * x, but `alpha · x` below 0 with a learned slope `alpha`.
 * @see https://keras.io/api/layers/activation_layers/prelu/
 */
export class PReLU extends Layer {
  static override readonly className = "PReLU";
  override supportsMasking = true;
  readonly sharedAxes: readonly number[] | null;
  readonly #rule: WeightRule;
  /** The input's shape without the batch, 1 along the shared axes. */
  alpha!: Variable;

  constructor(options: PReLUOptions = {}) {
    super(options);
    this.#rule = new WeightRule("alpha", options, "zeros");
    const { sharedAxes = null } = options;
    this.sharedAxes = typeof sharedAxes === "number" ? [sharedAxes] : sharedAxes && [...sharedAxes];
  }

  override build(inputShape: LayerShape): void {
    const full = inputShape as PartialShape;
    const shape = full.slice(1).map((extent, i) => (this.sharedAxes?.includes(i + 1) ? 1 : extent));
    if (shape.includes(null)) {
      throw new Error(
        `Layer '${this.name}': axes that are not shared need known sizes. Received: shape=${formatShape(full)}, shared_axes=${JSON.stringify(this.sharedAxes)}`,
      );
    }
    this.alpha = this.addWeight(this.#rule.weight("alpha", shape as number[]));
  }

  override checkInput(inputShape: LayerShape): void {
    expectRank(inputShape as PartialShape, this.alpha.shape.length + 1, this.name);
  }

  override call(x: Tensor): Tensor {
    return add(relu(x), multiply(this.alpha.value.neg(), relu(x.neg())));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...this.#rule.getConfig(), shared_axes: this.sharedAxes };
  }
}
