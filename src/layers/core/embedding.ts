import * as constraints from "../../constraints/index.js";
import * as initializers from "../../initializers/index.js";
import { take } from "../../ops/arrays.js";
import { notEqual } from "../../ops/elementwise.js";
import type { KerasTensor } from "../../ops/kerasTensor.js";
import type { Structure } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Variable } from "../../ops/variable.js";
import * as regularizers from "../../regularizers/index.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Config } from "../../utils/serialization.js";
import { positiveInteger } from "../arguments.js";
import { Layer, type LayerOptions, type LayerShape } from "../layer.js";

export interface EmbeddingOptions extends LayerOptions {
  /** Default `"uniform"`: ±0.05. */
  readonly embeddingsInitializer?: initializers.InitializerIdentifier;
  readonly embeddingsRegularizer?: regularizers.RegularizerIdentifier;
  readonly embeddingsConstraint?: constraints.ConstraintIdentifier;
  /** Whether 0 means "nothing here". Default false. */
  readonly maskZero?: boolean;
}

/**
 * A vector of `outputDim` numbers for each integer below `inputDim`.
 * @see https://keras.io/api/layers/core_layers/embedding/
 */
export class Embedding extends Layer {
  static override readonly className = "Embedding";
  static override readonly constructorArguments = ["input_dim", "output_dim"];
  readonly inputDim: number;
  readonly outputDim: number;
  readonly maskZero: boolean;
  readonly embeddingsInitializer: initializers.Initializer;
  readonly embeddingsRegularizer: regularizers.Regularizer | null;
  readonly embeddingsConstraint: constraints.Constraint | null;
  embeddings!: Variable;

  constructor(inputDim: number, outputDim: number, options: EmbeddingOptions = {}) {
    super(options);
    this.inputDim = positiveInteger("input_dim", inputDim, this.name);
    this.outputDim = positiveInteger("output_dim", outputDim, this.name);
    this.embeddingsInitializer = initializers.get(options.embeddingsInitializer ?? "uniform");
    this.embeddingsRegularizer = regularizers.get(options.embeddingsRegularizer);
    this.embeddingsConstraint = constraints.get(options.embeddingsConstraint);
    this.maskZero = options.maskZero ?? false;
    this.supportsMasking = this.maskZero;
  }

  override build(): void {
    this.embeddings = this.addWeight({
      name: "embeddings",
      shape: [this.inputDim, this.outputDim],
      initializer: this.embeddingsInitializer,
      regularizer: this.embeddingsRegularizer,
      constraint: this.embeddingsConstraint,
    });
  }

  override computeMask(inputs: Structure<Tensor | KerasTensor>): Tensor | KerasTensor | undefined {
    return this.maskZero ? notEqual(inputs as KerasTensor, 0) : undefined;
  }

  override call(x: Tensor): Tensor {
    return take(this.embeddings, x.astype("int32"), 0);
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    return [...(inputShape as PartialShape), this.outputDim];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      input_dim: this.inputDim,
      output_dim: this.outputDim,
      embeddings_initializer: initializers.serialize(this.embeddingsInitializer),
      embeddings_regularizer: regularizers.serialize(this.embeddingsRegularizer),
      activity_regularizer: regularizers.serialize(this.activityRegularizer),
      embeddings_constraint: constraints.serialize(this.embeddingsConstraint),
      mask_zero: this.maskZero,
      quantization_config: null,
    };
  }
}
