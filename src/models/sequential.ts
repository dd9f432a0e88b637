import { InputLayer } from "../layers/core/inputLayer.js";
import * as layersModule from "../layers/index.js";
import { type CallOptions, Layer, type LayerInputs, type LayerShape } from "../layers/layer.js";
import type { Tensor } from "../ops/tensor.js";
import { formatShape, type PartialShape } from "../tensor/shape.js";
import { uniqueName } from "../utils/naming.js";
import type { Config, Json } from "../utils/serialization.js";
import { Model } from "./model.js";
import type { SummaryRow } from "./summary.js";

/**
 * Layers one after another.
 *
 * ```ts
 * const model = new Sequential([Input([28, 28]), new layers.Flatten(), new layers.Dense(10, { activation: "softmax" })]);
 * ```
 *
 * Without an `Input` the weights are made when the first data come.
 *
 * @see https://keras.io/guides/sequential_model/
 */
export class Sequential extends Model {
  static override readonly className = "Sequential";
  readonly #layers: Layer[] = [];
  #input: InputLayer | undefined;

  /** @throws if a layer does not fit the one before */
  constructor(layers: readonly Layer[] = [], options: { name?: string; trainable?: boolean } = {}) {
    super(options);
    for (const layer of layers) this.#append(layer);
    this.#rebuild();
  }

  override get layers(): readonly Layer[] {
    return this.#layers;
  }

  /** Adds a layer at the end. */
  add(layer: Layer): void {
    this.#append(layer);
    this.#rebuild();
  }

  /** Takes the last layer off. @throws if there is none */
  pop(): Layer {
    const layer = this.#layers.pop();
    if (!layer) throw new Error(`There are no layers in model '${this.name}' to pop.`);
    this.#rebuild();
    return layer;
  }

  #append(layer: Layer): void {
    if (!(layer instanceof Layer))
      throw new Error(
        `Only instances of Layer can be added to a Sequential model. Received: ${String(layer)} (of type ${typeof layer})`,
      );
    if (layer instanceof InputLayer) {
      if (this.#input || this.#layers.length > 0) {
        throw new Error(
          `Sequential model '${this.name}' has already been configured to use input shape ${formatShape(this.#input?.batchShape ?? [])}. An Input can only be the first element.`,
        );
      }
      this.#input = layer;
      return;
    }
    if (this.#layers.some(({ name }) => name === layer.name)) {
      throw new Error(
        `All layers added to a Sequential model should have unique names. Name '${layer.name}' is already the name of a layer in this model. Update the \`name\` argument to pass a unique name.`,
      );
    }
    this.#layers.push(layer);
  }

  /** Makes the weights as soon as the shape of the input is known. */
  #rebuild(): void {
    this.built = false;
    if (this.#input && this.#layers.length > 0) this.build(this.#input.batchShape);
  }

  override build(inputShape: LayerShape): void {
    if (this.#layers.length === 0)
      throw new Error(
        `Sequential model '${this.name}' cannot be built because it has no layers. Call \`model.add(layer)\`.`,
      );
    // Keras makes a functional model inside, which uses up one of these names
    uniqueName("functional");
    let shape = inputShape as PartialShape;
    for (const layer of this.#layers) {
      layer.setPathPrefix(`${this.name}/`);
      layer.build(shape);
      layer.checkInput(shape);
      shape = layer.computeOutputShape(shape);
    }
  }

  override checkInput(inputShape: LayerShape): void {
    const shape = inputShape as PartialShape;
    const expected = this.#input?.batchShape ?? (this.inputShape as PartialShape | undefined);
    if (!expected) return;
    const fits =
      shape.length === expected.length &&
      expected.every(
        (extent, axis) => axis === 0 || extent === null || shape[axis] === null || extent === shape[axis],
      );
    if (fits) return;
    const layer = this.#layers[0]?.name ?? this.name;
    throw new Error(
      `Input 0 of model '${this.name}' (first layer '${layer}') is incompatible: expected shape=${formatShape([null, ...expected.slice(1)])}, found shape=${formatShape(shape)}. Reshape the data, or change Input.`,
    );
  }

  protected override prepare(x: Tensor): Tensor {
    return x.astype(this.#input?.inputDtype ?? "float32");
  }

  override call(inputs: LayerInputs, options: CallOptions): Tensor {
    let x = inputs as Tensor;
    for (const layer of this.#layers) x = layer.call(x, options);
    return x;
  }

  override computeOutputShape(inputShape: LayerShape): PartialShape {
    let shape = inputShape as PartialShape;
    for (const layer of this.#layers) shape = layer.computeOutputShape(shape);
    return shape;
  }

  protected override summaryRows(): SummaryRow[] {
    let shape: PartialShape | undefined = this.built ? (this.inputShape as PartialShape) : undefined;
    if (shape) shape = [null, ...shape.slice(1)];
    return this.#layers.map((layer) => {
      shape = shape && layer.computeOutputShape(shape);
      return {
        name: layer.name,
        className: (layer.constructor as typeof Layer).className,
        outputShape: shape ?? null,
        parameters: layer.built || shape ? layer.countParams() : null,
        trainable: layer.weights.length > 0 ? layer.trainable : null,
      };
    });
  }

  override getConfig(): Config {
    const input = this.#input ? [layersModule.serialize(this.#input)] : [];
    const config: Config = {
      ...super.getConfig(),
      layers: [...input, ...this.#layers.map((layer) => layersModule.serialize(layer))],
    };
    if (this.inputShape) config.build_input_shape = this.inputShape as Json;
    return config;
  }

  static override fromConfig(config: Config): Sequential {
    const layers = (config.layers as readonly Json[]).map((layer) => layersModule.deserialize(layer));
    return new Sequential(layers, {
      name: config.name as string | undefined,
      trainable: config.trainable as boolean | undefined,
    });
  }
}
