import { InputLayer } from "../layers/core/inputLayer.js";
import { type CallOptions, isShapeList, Layer, type LayerInputs, type LayerShape } from "../layers/layer.js";
import { serialize } from "../layers/serialize.js";
import { KerasTensor } from "../ops/kerasTensor.js";
import type { Structure } from "../ops/structure.js";
import type { Tensor } from "../ops/tensor.js";
import { formatShape, type PartialShape } from "../tensor/shape.js";
import { uniqueName } from "../utils/naming.js";
import type { Config, Json } from "../utils/serialization.js";
import { Model } from "./model.js";

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
  static override readonly module = "keras";
  /** With the InputLayer, if there is one. */
  readonly #stack: Layer[] = [];

  /** @throws if a layer does not fit the one before */
  constructor(
    layers: readonly (Layer | KerasTensor)[] = [],
    options: { name?: string; trainable?: boolean } = {},
  ) {
    super(options);
    for (const layer of layers) this.#append(layer);
    this.#rebuild();
  }

  override get layers(): readonly Layer[] {
    return this.#stack[0] instanceof InputLayer ? this.#stack.slice(1) : [...this.#stack];
  }

  override get subLayers(): Layer[] {
    return [...this.layers];
  }

  override saveableChildren(): ReturnType<Layer["saveableChildren"]> {
    return [["layers", this.layers], ...super.saveableChildren()];
  }

  /** Adds a layer (or first of all an `Input`) at the end. */
  add(layer: Layer | KerasTensor): void {
    this.#append(layer);
    this.#rebuild();
  }

  /** Takes the last layer off. @throws if there is none */
  pop(): Layer {
    const layer = this.#stack.pop();
    if (!layer) throw new Error(`There are no layers in model '${this.name}' to pop.`);
    this.#rebuild();
    return layer;
  }

  #append(given: Layer | KerasTensor): void {
    const operation = given instanceof KerasTensor ? given.history?.operation : given;
    const isInput = operation instanceof InputLayer;
    if (!(operation instanceof Layer) || (given instanceof KerasTensor && !isInput))
      throw new Error(
        `Only instances of Layer can be added to a Sequential model. Received: ${String(given)} (of type ${typeof given})`,
      );
    if (isInput && this.#stack.length > 0) {
      const [first] = this.#stack;
      const shape = first instanceof InputLayer ? formatShape(first.batchShape) : "that of its first layer";
      throw new Error(
        `Sequential model '${this.name}' has already been configured to use input shape ${shape}. An Input can only be the first element.`,
      );
    }
    if (this.#stack.some(({ name }) => name === operation.name)) {
      throw new Error(
        `All layers added to a Sequential model should have unique names. Name '${operation.name}' is already the name of a layer in this model. Update the \`name\` argument to pass a unique name.`,
      );
    }
    this.#stack.push(operation);
  }

  /** Makes the weights as soon as the shape of the input is known. */
  #rebuild(): void {
    this.dropGraph();
    const [first] = this.#stack;
    if (this.#stack.length < 2) return;
    if (first instanceof InputLayer) this.build(first.batchShape);
    else if (first instanceof Model && first.graph) this.build(shapeOf(first.input));
  }

  override build(inputShape: LayerShape): void {
    // several inputs go through the layers one by one, when they come
    if (isShapeList(inputShape) || !Array.isArray(inputShape)) return;
    if (this.#stack.length === 0)
      throw new Error(
        `Sequential model '${this.name}' cannot be built because it has no layers. Call \`model.add(layer)\`.`,
      );
    const shape = inputShape as PartialShape;
    if (!(this.#stack[0] instanceof InputLayer))
      this.#stack.unshift(new InputLayer(shape.slice(1), { batchSize: shape[0] }));
    const input = (this.#stack[0] as InputLayer).output;
    let output: Structure<KerasTensor> = input;
    for (const layer of this.layers) output = layer.apply(output);
    // Keras makes a functional model inside, which uses up one of these names
    uniqueName("functional");
    this.setGraph(input, output);
  }

  override call(inputs: LayerInputs, options: CallOptions): Tensor {
    if (this.graph) return super.call(inputs, options);
    let x = inputs;
    for (const layer of this.layers) x = layer.run([x], { training: options.training });
    return x as Tensor;
  }

  override getConfig(): Config {
    const config: Config = {
      ...this.ownConfig(),
      layers: this.#stack.map((layer) => serialize(layer)),
    };
    const [first] = this.#stack;
    if (this.graph && first instanceof InputLayer) config.build_input_shape = first.batchShape as Json;
    return config;
  }
}

function shapeOf(input: Structure<KerasTensor>): LayerShape {
  return input instanceof KerasTensor ? input.shape : [];
}
