import { stack } from "../../ops/arrays.js";
import type { Tensor } from "../../ops/tensor.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config, Registry } from "../../utils/serialization.js";
import type { CallOptions, Layer, LayerShape } from "../layer.js";
import { nested, Wrapper } from "../wrapper.js";

/**
 * Applies a layer to each step of `(batch, steps, …)`.
 * @see https://keras.io/api/layers/recurrent_layers/time_distributed/
 */
export class TimeDistributed<L extends Layer = Layer> extends Wrapper<L> {
  static override readonly className = "TimeDistributed";
  static override readonly constructorArguments = ["layer"];
  static override readonly callArguments = ["inputs", "training", "mask"];
  override supportsMasking = true;

  #stepShape(inputShape: LayerShape): PartialShape {
    const shape = inputShape as PartialShape;
    if (shape.length >= 3) return [shape[0], ...shape.slice(2)];
    throw new Error(
      `\`TimeDistributed\` Layer '${this.name}' should be passed an \`input_shape\` with at least 3 dimensions, received: ${formatShape(shape)}`,
    );
  }

  override build(inputShape: LayerShape): void {
    super.build(this.#stepShape(inputShape));
  }

  override call(x: Tensor, { training, mask }: CallOptions): Tensor {
    const [batch, steps, ...rest] = x.shape;
    const given = mask as Tensor | undefined;
    if (given && (given.rank < 2 || given.shape[0] !== batch || given.shape[1] !== steps)) {
      throw new Error(
        `The \`mask\` passed to the \`TimeDistributed\` layer '${this.name}' has a shape ${formatShape(given.shape)} that is incompatible with the input shape ${formatShape(x.shape)}: the first two dimensions must match.`,
      );
    }
    // masks of whole steps are not for the layer inside
    const inner = given && given.rank > 2 ? given : undefined;
    const run = (step: Tensor, stepMask?: Tensor) =>
      (this.layer as Layer).apply(step, stepMask ? { training, mask: stepMask } : { training }) as Tensor;
    if (this.layer.variables.some((variable) => !variable.trainable)) {
      // what changes from call to call (statistics, random masks) changes from step to step
      const at = (t: Tensor, i: number) => t.transpose(swapped(t)).at(i);
      return stack(
        Array.from({ length: steps }, (_, i) => run(at(x, i), inner && at(inner, i))),
        1,
      );
    }
    const y = run(
      x.reshape([batch * steps, ...rest]),
      inner?.reshape([batch * steps, ...inner.shape.slice(2)]),
    );
    return y.reshape([batch, steps, ...y.shape.slice(1)]);
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const steps = (inputShape as PartialShape)[1];
    const [batch, ...rest] = this.layer.computeOutputShape(this.#stepShape(inputShape)) as PartialShape;
    return [batch, steps, ...rest];
  }

  static override fromConfig(config: Config, registry?: Registry<Layer>): Layer {
    // biome-ignore lint/complexity/noThisInStatic: the class that the configuration names, which inherits this method
    return super.fromConfig({ ...config, layer: nested(config.layer, registry) });
  }
}

function swapped({ shape }: Tensor): number[] {
  return [1, 0, ...shape.slice(2).map((_, i) => i + 2)];
}
