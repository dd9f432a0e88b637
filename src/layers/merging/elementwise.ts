import * as elementwise from "../../ops/elementwise.js";
import type { Tensor, TensorLike } from "../../ops/tensor.js";
import { addAll, type LayerOptions, type LayerShape } from "../layer.js";
import { ElementwiseMerge } from "./merge.js";

// Layers, and functions that make one and apply it at once. https://keras.io/api/layers/merging_layers/

/** The sum of its inputs. @see https://keras.io/api/layers/merging_layers/add/ */
export class Add extends ElementwiseMerge {
  static override readonly className = "Add";
  protected override merge(inputs: readonly Tensor[]): Tensor {
    return addAll(inputs);
  }
}
export const add = (inputs: readonly TensorLike[], options?: LayerOptions) => new Add(options).apply(inputs);

/** The first input minus the second. @see https://keras.io/api/layers/merging_layers/subtract/ */
export class Subtract extends ElementwiseMerge {
  static override readonly className = "Subtract";
  /** @throws if there are not exactly two inputs */
  override build(inputShape: LayerShape): void {
    if (this.several(inputShape).length !== 2) {
      throw new Error(
        `A \`Subtract\` layer should be called on exactly 2 inputs. Layer '${this.name}' received: ${JSON.stringify(inputShape)}`,
      );
    }
    super.build(inputShape);
  }
  protected override merge([x, y]: readonly Tensor[]): Tensor {
    return elementwise.subtract(x, y);
  }
}
export const subtract = (inputs: readonly TensorLike[], options?: LayerOptions) =>
  new Subtract(options).apply(inputs);

/** The product of its inputs. @see https://keras.io/api/layers/merging_layers/multiply/ */
export class Multiply extends ElementwiseMerge {
  static override readonly className = "Multiply";
  protected override merge(inputs: readonly Tensor[]): Tensor {
    return inputs.reduce((product, x) => elementwise.multiply(product, x));
  }
}
export const multiply = (inputs: readonly TensorLike[], options?: LayerOptions) =>
  new Multiply(options).apply(inputs);

/** The mean of its inputs. @see https://keras.io/api/layers/merging_layers/average/ */
export class Average extends ElementwiseMerge {
  static override readonly className = "Average";
  protected override merge(inputs: readonly Tensor[]): Tensor {
    return addAll(inputs).div(inputs.length);
  }
}
export const average = (inputs: readonly TensorLike[], options?: LayerOptions) =>
  new Average(options).apply(inputs);

/** The largest of its inputs. @see https://keras.io/api/layers/merging_layers/maximum/ */
export class Maximum extends ElementwiseMerge {
  static override readonly className = "Maximum";
  protected override merge(inputs: readonly Tensor[]): Tensor {
    return inputs.reduce((largest, x) => elementwise.maximum(largest, x));
  }
}
export const maximum = (inputs: readonly TensorLike[], options?: LayerOptions) =>
  new Maximum(options).apply(inputs);

/** The smallest of its inputs. @see https://keras.io/api/layers/merging_layers/minimum/ */
export class Minimum extends ElementwiseMerge {
  static override readonly className = "Minimum";
  protected override merge(inputs: readonly Tensor[]): Tensor {
    return inputs.reduce((smallest, x) => elementwise.minimum(smallest, x));
  }
}
export const minimum = (inputs: readonly TensorLike[], options?: LayerOptions) =>
  new Minimum(options).apply(inputs);
