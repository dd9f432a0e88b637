import { einsum } from "../../ops/einsum.js";
import { normalize } from "../../ops/normalization.js";
import type { Tensor, TensorLike } from "../../ops/tensor.js";
import { formatShape, normalizeAxis, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import type { LayerInputs, LayerOptions, LayerShape } from "../layer.js";
import { Merge } from "./merge.js";

export interface DotOptions extends LayerOptions {
  /** The axis of both inputs to sum over, or one for each. */
  readonly axes: number | readonly [number, number];
  /** Whether both inputs are brought to length 1 along that axis first (then the result is a cosine). Default false. */
  readonly normalize?: boolean;
}

/** Sums of products of two inputs, sample by sample. @see https://keras.io/api/layers/merging_layers/dot/ */
export class Dot extends Merge {
  static override readonly className = "Dot";
  readonly axes: number | readonly [number, number];
  readonly normalize: boolean;

  /** @throws if `axes` is neither an integer nor two */
  constructor(options: DotOptions) {
    super(options);
    const { axes } = options;
    const integers = typeof axes === "number" ? [axes, axes] : axes;
    if (!Array.isArray(integers) || integers.length !== 2 || !integers.every(Number.isInteger)) {
      throw new Error(
        `Invalid format for argument \`axes\` of layer '${this.name}': it should be an integer or two of them. Received: axes=${JSON.stringify(axes)}`,
      );
    }
    this.axes = axes;
    this.normalize = options.normalize ?? false;
  }

  /** The summed axis of each input. */
  #summed(inputShape: LayerShape): [number, number] {
    const shapes = this.several(inputShape);
    if (shapes.length !== 2) {
      throw new Error(
        `A \`Dot\` layer should be called on a list of 2 inputs. Layer '${this.name}' received: ${JSON.stringify(inputShape)}`,
      );
    }
    const given = typeof this.axes === "number" ? [this.axes, this.axes] : this.axes;
    const [a, b] = shapes.map((shape, i) => normalizeAxis(given[i], shape.length, "axes"));
    const [m, n] = [shapes[0][a], shapes[1][b]];
    if (a === 0 || b === 0 || (m !== n && m !== null && n !== null)) {
      throw new Error(
        `Incompatible input shapes of layer '${this.name}': axis values ${m} (at axis ${a}) != ${n} (at axis ${b}), or the batch axis is named. Full input shapes: ${shapes.map(formatShape).join(", ")}`,
      );
    }
    return [a, b];
  }

  override build(inputShape: LayerShape): void {
    this.#summed(inputShape);
  }

  override call(inputs: LayerInputs): Tensor {
    const [x, y] = inputs as readonly Tensor[];
    const [a, b] = this.#summed([x.shape, y.shape]);
    const scaled = this.normalize ? [normalize(x, a), normalize(y, b)] : [x, y];
    const result = einsum(productOver(x.rank, y.rank, a, b), ...scaled);
    return result.rank === 1 ? result.reshape([result.size, 1]) : result;
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    const [a, b] = this.#summed(inputShape);
    const [x, y] = inputShape as readonly PartialShape[];
    const shape = [...x.filter((_, axis) => axis !== a), ...y.filter((_, axis) => axis !== b && axis > 0)];
    return shape.length === 1 ? [...shape, 1] : shape;
  }

  override getConfig(): Config {
    return { ...super.getConfig(), axes: this.axes, normalize: this.normalize };
  }
}

/** Subscripts for the sum over axis `a` of the first operand and axis `b` of the second; both have the batch first. */
function productOver(rank: number, otherRank: number, a: number, b: number): string {
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const x = letters.slice(0, rank);
  const y = letters.slice(rank, rank + otherRank);
  y[0] = x[0];
  y[b] = x[a];
  const result = [...x.filter((_, axis) => axis !== a), ...y.filter((_, axis) => axis !== b && axis > 0)];
  return `${x.join("")},${y.join("")}->${result.join("")}`;
}

/** Makes a `Dot` layer and applies it (over the last axes, if `axes` is not given). */
export const dot = (inputs: readonly TensorLike[], options: Partial<DotOptions> = {}) =>
  new Dot({ axes: -1, ...options }).apply(inputs);
