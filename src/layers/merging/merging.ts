import { concatenate } from "../../ops/arrays.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape, normalizeAxis, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import {
  addAll,
  isShapeList,
  Layer,
  type LayerInputs,
  type LayerOptions,
  type LayerShape,
  layerOptions,
} from "../layer.js";

function several(layer: Layer, shape: LayerShape): readonly PartialShape[] {
  if (isShapeList(shape) && shape.length > 1) return shape;
  throw new Error(
    `A merge layer should be called on a list of at least 2 inputs. Layer '${layer.name}' received: ${JSON.stringify(shape)}`,
  );
}

/** The sum of its inputs, which are broadcast. @see https://keras.io/api/layers/merging_layers/add/ */
export class Add extends Layer {
  static override readonly className = "Add";
  override supportsMasking = true;

  override build(inputShape: LayerShape): void {
    several(this, inputShape);
  }

  override call(inputs: LayerInputs): Tensor {
    return addAll(inputs as readonly Tensor[]);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    return several(this, inputShape).reduce((a, b) => {
      const rank = Math.max(a.length, b.length);
      return Array.from({ length: rank }, (_, i) => {
        const m = a[i - rank + a.length] ?? (i - rank + a.length < 0 ? 1 : null);
        const n = b[i - rank + b.length] ?? (i - rank + b.length < 0 ? 1 : null);
        if (m === null || n === null) return m === 1 ? n : n === 1 ? m : (m ?? n);
        if (m !== n && m !== 1 && n !== 1) {
          throw new Error(
            `Inputs have incompatible shapes. Layer '${this.name}' received shapes ${formatShape(a)} and ${formatShape(b)}`,
          );
        }
        return Math.max(m, n);
      });
    });
  }

  static override fromConfig(config: Config): Add {
    return new Add(layerOptions(config));
  }
}

/** Its inputs one after another along an axis. @see https://keras.io/api/layers/merging_layers/concatenate/ */
export class Concatenate extends Layer {
  static override readonly className = "Concatenate";
  override supportsMasking = true;
  readonly axis: number;

  /** @param options `axis`: default −1 */
  constructor(options: LayerOptions & { axis?: number } = {}) {
    super(options);
    this.axis = options.axis ?? -1;
  }

  override build(inputShape: LayerShape): void {
    this.computeOutputShape(inputShape);
  }

  override call(inputs: LayerInputs): Tensor {
    return concatenate(inputs as readonly Tensor[], this.axis);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const shapes = several(this, inputShape);
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

  static override fromConfig(config: Config): Concatenate {
    return new Concatenate({ ...layerOptions(config), axis: config.axis as number | undefined });
  }
}
