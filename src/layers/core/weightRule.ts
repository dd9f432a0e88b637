import * as constraints from "../../constraints/index.js";
import * as initializers from "../../initializers/index.js";
import * as regularizers from "../../regularizers/index.js";
import type { Shape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import type { WeightOptions } from "../layer.js";

/**
 * How a weight starts, what its penalty is and what keeps it in bounds. Made in a layer's constructor: random initializers draw
 * their seeds in that order.
 */
export class WeightRule {
  readonly initializer: initializers.Initializer;
  readonly regularizer: regularizers.Regularizer | null;
  readonly constraint: constraints.Constraint | null;

  constructor(
    initializer: initializers.InitializerIdentifier,
    regularizer?: regularizers.RegularizerIdentifier,
    constraint?: constraints.ConstraintIdentifier,
  ) {
    this.initializer = initializers.get(initializer);
    this.regularizer = regularizers.get(regularizer);
    this.constraint = constraints.get(constraint);
  }

  /** What `addWeight` needs. */
  weight(name: string, shape: Shape): WeightOptions {
    const { initializer, regularizer, constraint } = this;
    return { name, shape, initializer, regularizer, constraint };
  }

  /** `{ kernel_initializer, kernel_regularizer, kernel_constraint }` for the prefix `kernel`. */
  getConfig(prefix: string): Config {
    return {
      [`${prefix}_initializer`]: initializers.serialize(this.initializer),
      [`${prefix}_regularizer`]: regularizers.serialize(this.regularizer),
      [`${prefix}_constraint`]: constraints.serialize(this.constraint),
    };
  }
}
