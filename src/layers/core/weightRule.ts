import * as constraints from "../../constraints/index.js";
import * as initializers from "../../initializers/index.js";
import * as regularizers from "../../regularizers/index.js";
import type { Shape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import type { WeightOptions } from "../layer.js";

/** The options of a weight: `kernelInitializer`, `kernelRegularizer`, `kernelConstraint` for the prefix `kernel`. */
export type WeightRuleOptions<Prefix extends string> = {
  readonly [Name in `${Prefix}Initializer`]?: initializers.InitializerIdentifier;
} & {
  readonly [Name in `${Prefix}Regularizer`]?: regularizers.RegularizerIdentifier;
} & {
  readonly [Name in `${Prefix}Constraint`]?: constraints.ConstraintIdentifier;
};

/**
 * How a weight starts, what its penalty is and what keeps it in bounds. Made in a layer's constructor: random initializers draw
 * their seeds in that order.
 */
export class WeightRule<Prefix extends string = string> {
  readonly initializer: initializers.Initializer;
  readonly regularizer: regularizers.Regularizer | null;
  readonly constraint: constraints.Constraint | null;

  /**
   * @param prefix what options and configurations call the weight
   * @param initializer if the options name none
   */
  constructor(
    readonly prefix: Prefix,
    options: WeightRuleOptions<Prefix>,
    initializer: initializers.InitializerIdentifier,
  ) {
    const given = options as Readonly<Record<string, undefined>>;
    this.initializer = initializers.get(given[`${prefix}Initializer`] ?? initializer);
    this.regularizer = regularizers.get(given[`${prefix}Regularizer`]);
    this.constraint = constraints.get(given[`${prefix}Constraint`]);
  }

  /** What `addWeight` needs. */
  weight(name: string, shape: Shape): WeightOptions {
    const { initializer, regularizer, constraint } = this;
    return { name, shape, initializer, regularizer, constraint };
  }

  /** `{ kernel_initializer, kernel_regularizer, kernel_constraint }` for the prefix `kernel`. */
  getConfig(): Config {
    const { prefix } = this;
    return {
      [`${prefix}_initializer`]: initializers.serialize(this.initializer),
      [`${prefix}_regularizer`]: regularizers.serialize(this.regularizer),
      [`${prefix}_constraint`]: constraints.serialize(this.constraint),
    };
  }
}
