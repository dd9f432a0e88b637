import { concatenate as concatenateTensors } from "../../ops/arrays.js";
import type { Tensor, TensorLike } from "../../ops/tensor.js";
import { formatShape, normalizeAxis, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import type { LayerInputs, LayerOptions, LayerShape } from "../layer.js";
import { Merge } from "./merge.js";

export interface ConcatenateOptions extends LayerOptions {
  /** Default −1. */
  readonly axis?: number;
}

/** Its inputs one after another along an axis. @see https://keras.io/api/layers/merging_layers/concatenate/ */
export class Concatenate extends Merge {
  static override readonly className = "Concatenate";
  readonly axis: number;

  constructor(options: ConcatenateOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
  }

  override build(inputShape: LayerShape): void {
    this.computeOutputShape(inputShape);
  }

  override call(inputs: LayerInputs): Tensor {
    return concatenateTensors(inputs as readonly Tensor[], this.axis);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const shapes = this.several(inputShape);
    const axis = normalizeAxis(this.axis, shapes[0].length);
    return shapes.reduce((a, b) => {
      const fits =
        a.length === b.length &&
        a.every((extent, i) => i === axis || extent === b[i] || extent === null || b[i] === null);
      if (!fits) {
        throw new Error(
          `A \`Concatenate\` layer requires inputs with matching shapes except for the concatenation axis. Layer '${this.name}' received: ${shapes.map(formatShape).join(", ")}`,
        );
      }
      return a.map((extent, i) => {
        const other = b[i];
        if (i !== axis) return extent ?? other;
        return extent === null || other === null ? null : extent + other;
      });
    });
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}

/** Makes a `Concatenate` layer and applies it. */
export const concatenate = (inputs: readonly TensorLike[], options?: ConcatenateOptions) =>
  new Concatenate(options).apply(inputs);
