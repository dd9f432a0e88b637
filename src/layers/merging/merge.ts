import { expandDims } from "../../ops/arrays.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import { isShapeList, Layer, type LayerInputs, type LayerShape } from "../layer.js";

/** A layer of several inputs. */
export abstract class Merge extends Layer {
  override supportsMasking = true;
  /** The shapes of the inputs. @throws if there are not several */
  protected several(shape: LayerShape): readonly PartialShape[] {
    if (isShapeList(shape) && shape.length > 0) return shape;
    throw new Error(
      `A merge layer should be called on a list of inputs. Layer '${this.name}' received: ${JSON.stringify(shape)} (not a list of shapes)`,
    );
  }
}

/** A layer that goes over its inputs element by element; they are broadcast. */
export abstract class ElementwiseMerge extends Merge {
  /** Computes with inputs of one rank. */
  protected abstract merge(inputs: readonly Tensor[]): Tensor;

  override build(inputShape: LayerShape): void {
    this.computeOutputShape(inputShape);
  }

  override call(inputs: LayerInputs): Tensor {
    const tensors = inputs as readonly Tensor[];
    const rank = Math.max(...tensors.map((t) => t.rank));
    return this.merge(
      tensors.map((t) => {
        let wide = t;
        while (wide.rank < rank) wide = expandDims(wide, 1);
        return wide;
      }),
    );
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const shapes = this.several(inputShape);
    const batches = new Set(shapes.map(([batch]) => batch).filter((batch) => batch !== null));
    if (batches.size > 1) {
      throw new Error(
        `Cannot merge tensors with different batch sizes. Layer '${this.name}' received shapes ${shapes.map(formatShape).join(" and ")}`,
      );
    }
    const [batch = null] = batches;
    return [
      batch,
      ...shapes.map((shape): PartialShape => shape.slice(1)).reduce((a, b) => this.#broadcast(a, b)),
    ];
  }

  #broadcast(a: PartialShape, b: PartialShape): PartialShape {
    const [long, short] = a.length < b.length ? [b, a] : [a, b];
    const offset = long.length - short.length;
    return long.map((m, axis) => {
      const n = axis < offset ? 1 : short[axis - offset];
      if (n === 1) return m;
      if (m === 1) return n;
      if (m === null || n === null) return null;
      if (m === n) return m;
      throw new Error(
        `Inputs have incompatible shapes. Layer '${this.name}' received shapes ${formatShape(a)} and ${formatShape(b)} (without the batch)`,
      );
    });
  }
}
