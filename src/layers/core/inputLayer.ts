import type { Tensor } from "../../ops/tensor.js";
import type { DType } from "../../tensor/dtype.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { Layer, type LayerShape } from "../layer.js";

export interface InputOptions {
  /** Number of samples in a batch; default: any. */
  readonly batchSize?: number | null;
  /** Default `"float32"`. */
  readonly dtype?: DType;
  readonly name?: string;
}

/** Where a model's data come in: says their shape. Made by `Input`. */
export class InputLayer extends Layer {
  static override readonly className = "InputLayer";
  /** The batch size (null: any), then the shape of one sample. */
  readonly batchShape: PartialShape;
  readonly inputDtype: DType;

  /** @throws if a size is not a positive integer or null */
  constructor(shape: PartialShape, options: InputOptions = {}) {
    super({ name: options.name });
    const valid =
      Array.isArray(shape) &&
      shape.every((extent) => extent === null || (Number.isInteger(extent) && extent > 0));
    if (!valid) {
      throw new Error(
        `Argument \`shape\` of Input must be an array of positive integers (or null for unknown sizes), such as [28, 28]. Received: shape=${JSON.stringify(shape)}`,
      );
    }
    this.batchShape = [options.batchSize ?? null, ...shape];
    this.inputDtype = options.dtype ?? "float32";
    this.built = true;
  }

  override call(x: Tensor): Tensor {
    return x;
  }

  override computeOutputShape(_inputShape: LayerShape): PartialShape {
    return this.batchShape;
  }

  override getConfig(): Config {
    return {
      batch_shape: this.batchShape,
      dtype: this.inputDtype,
      sparse: false,
      ragged: false,
      name: this.name,
      optional: false,
    };
  }

  override getBuildConfig(): undefined {
    return undefined;
  }

  static override fromConfig(config: Config): InputLayer {
    const shape = (config.batch_shape ?? config.batch_input_shape ?? []) as PartialShape;
    return new InputLayer(shape.slice(1), {
      batchSize: shape[0],
      dtype: config.dtype as DType | undefined,
      name: config.name as string | undefined,
    });
  }

  override toString(): string {
    return `<InputLayer name=${this.name}, shape=${formatShape(this.batchShape)}>`;
  }
}

/**
 * The shape of one sample (without the batch), as the first element of a `Sequential`.
 * @see https://keras.io/api/layers/core_layers/input/
 */
export function Input(shape: PartialShape, options: InputOptions = {}): InputLayer {
  return new InputLayer(shape, options);
}
