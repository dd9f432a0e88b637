import { KerasTensor } from "../../ops/kerasTensor.js";
import type { Tensor } from "../../ops/tensor.js";
import type { DType } from "../../tensor/dtype.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { Layer } from "../layer.js";

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

  /**
   * @param shape of one sample
   * @throws if a size is not a positive integer or null
   */
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
    this.supportsMasking = true;
    this.built = true;
    this.record([], {}, new KerasTensor(this.batchShape, this.inputDtype, options.name));
  }

  override get output(): KerasTensor {
    return super.output as KerasTensor;
  }

  override call(x: Tensor): Tensor {
    return x;
  }

  override computeOutputShape(): PartialShape {
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
 * A symbolic tensor that stands for a model's data: the start of a functional model, or the first element of a `Sequential`.
 *
 * ```ts
 * const inputs = Input([28, 28]);
 * const outputs = new layers.Dense(10).apply(new layers.Flatten().apply(inputs));
 * const model = new Model({ inputs, outputs });
 * ```
 *
 * @param shape of one sample, without the batch; null for sizes that vary
 * @throws if a size is not a positive integer or null
 * @see https://keras.io/api/layers/core_layers/input/
 */
export function Input(shape: PartialShape, options: InputOptions = {}): KerasTensor {
  return new InputLayer(shape, options).output;
}
