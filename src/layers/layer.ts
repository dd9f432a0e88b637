import * as constraints from "../constraints/index.js";
import { constrain } from "../constraints/weights.js";
import * as initializers from "../initializers/index.js";
import { runOnce } from "../ops/compile.js";
import { add } from "../ops/elementwise.js";
import { Tensor, type TensorLike, toTensor } from "../ops/tensor.js";
import { eagerly, Trace } from "../ops/trace.js";
import { Variable, withVariableValues } from "../ops/variable.js";
import { SeedGenerator } from "../random/seedGenerator.js";
import * as regularizers from "../regularizers/index.js";
import type { DType } from "../tensor/dtype.js";
import { formatShape, type PartialShape, type Shape, sameShape } from "../tensor/shape.js";
import { snakeCase, uniqueName } from "../utils/naming.js";
import type { Config, Json } from "../utils/serialization.js";

export interface LayerOptions {
  /** Default: the class name in snake case, numbered. */
  readonly name?: string;
  /** Whether training changes the weights. Default true. */
  readonly trainable?: boolean;
  /** What the layer computes in. Only `"float32"` is supported. */
  readonly dtype?: "float32";
}

export interface WeightOptions {
  readonly name?: string;
  readonly shape: Shape;
  /** Default: `"glorot_uniform"` for floats, `"zeros"` for others. */
  readonly initializer?: initializers.InitializerIdentifier;
  readonly dtype?: DType;
  readonly trainable?: boolean;
  readonly regularizer?: regularizers.RegularizerIdentifier;
  readonly constraint?: constraints.ConstraintIdentifier;
}

export interface CallOptions {
  /** Whether the layer runs as in `fit` (dropout drops, batch statistics are used) or as in `predict`. */
  readonly training: boolean;
}

/** One tensor, or several for layers that merge. */
export type LayerInputs = Tensor | readonly Tensor[];
/** One shape (null: the unknown batch size) or several. */
export type LayerShape = PartialShape | readonly PartialShape[];

/** The penalties of weights. */
const penalties = new WeakMap<Variable, regularizers.Regularizer>();

export function isShapeList(shape: LayerShape): shape is readonly PartialShape[] {
  return Array.isArray(shape[0]);
}

/**
 * A computation with weights. Subclasses define `build` (which makes the weights, once the shape of the input is known) and
 * `call` (which computes with `ops`); both are compiled just as the built-in layers are.
 *
 * ```ts
 * class Scale extends Layer {
 *   scale!: Variable;
 *   override build(inputShape: PartialShape) {
 *     this.scale = this.addWeight({ name: "scale", shape: [inputShape.at(-1)!], initializer: "ones" });
 *   }
 *   override call(x: Tensor) {
 *     return ops.multiply(x, this.scale);
 *   }
 * }
 * ```
 *
 * @see https://keras.io/api/layers/base_layer/
 */
export abstract class Layer {
  static readonly className: string = "Layer";
  static readonly module: string | null = "keras.layers";

  readonly name: string;
  /** Whether the weights exist. */
  built = false;
  /** The shape that the layer was built for. */
  inputShape: LayerShape | undefined;
  readonly dtype: DType;
  #trainable: boolean;
  readonly #variables: Variable[] = [];
  #pathPrefix = "";

  constructor(options: LayerOptions = {}) {
    const { className } = this.constructor as typeof Layer;
    const kind = Object.hasOwn(this.constructor, "className") ? className : this.constructor.name;
    this.name = options.name ?? uniqueName(snakeCase(kind));
    if (this.name.includes("/"))
      throw new Error(`Argument \`name\` cannot contain character '/'. Received: name='${this.name}'`);
    this.#trainable = options.trainable ?? true;
    this.dtype = options.dtype ?? "float32";
    const build = this.build;
    this.build = (inputShape) => {
      if (this.built) return;
      this.inputShape = inputShape;
      // at once, even while a function is traced
      eagerly(() => build.call(this, inputShape));
      this.built = true;
    };
  }

  /**
   * Makes the weights for inputs of this shape. Subclasses override it; calls reach their version only while the layer
   * is not built.
   */
  build(_inputShape: LayerShape): void {}

  /** Computes the outputs. */
  abstract call(inputs: LayerInputs, options: CallOptions): Tensor;

  /** The shape of the outputs for inputs of this shape. Default: the same shape. */
  computeOutputShape(inputShape: LayerShape): PartialShape {
    return inputShape as PartialShape;
  }

  /**
   * Runs the layer on tensors: builds it if need be, checks the input, computes.
   * @param options `training`: default false
   * @throws if the input does not fit the layer
   */
  apply(inputs: TensorLike | readonly TensorLike[], options: Partial<CallOptions> = {}): Tensor {
    const tensors =
      Array.isArray(inputs) && inputs.some((x) => x instanceof Tensor)
        ? (inputs as readonly TensorLike[]).map((x) => toTensor(x))
        : toTensor(inputs as TensorLike);
    const shape: LayerShape = tensors instanceof Tensor ? tensors.shape : tensors.map((t) => t.shape);
    this.build(shape);
    this.checkInput(shape);
    const call = { training: options.training ?? false };
    if (Trace.active) return this.call(tensors, call);
    const list = tensors instanceof Tensor ? [tensors] : tensors;
    return runOnce(list, (...symbols) => this.call(tensors instanceof Tensor ? symbols[0] : symbols, call));
  }

  /** @throws if inputs of this shape do not fit */
  checkInput(_inputShape: LayerShape): void {}

  /** Makes a weight; for use in `build` (or in the constructor, if the shape is known). */
  addWeight(options: WeightOptions): Variable {
    const { shape, dtype = "float32", trainable = true } = options;
    const name = options.name ?? "variable";
    const initializer = initializers.get(
      options.initializer ?? (dtype === "float32" ? "glorot_uniform" : "zeros"),
    );
    const value = eagerly(() => initializer.call(shape, dtype).astype(dtype));
    if (!sameShape(value.shape, shape)) {
      throw new Error(
        `Layer '${this.name}': the initializer of weight '${name}' gave shape ${formatShape(value.shape)}, expected ${formatShape(shape)}.`,
      );
    }
    const variable = new Variable(value, {
      name,
      path: `${this.#pathPrefix}${this.name}/${name}`,
      trainable,
    });
    const regularizer = regularizers.get(options.regularizer);
    if (regularizer) penalties.set(variable, regularizer);
    constrain(variable, constraints.get(options.constraint));
    this.#variables.push(variable);
    return variable;
  }

  /** What stands before this layer's name in the paths of its weights, such as `"sequential/"`. */
  setPathPrefix(prefix: string): void {
    this.#pathPrefix = prefix;
    for (const variable of this.#variables) variable.path = `${prefix}${this.name}/${variable.name}`;
    for (const layer of this.subLayers) layer.setPathPrefix(`${prefix}${this.name}/`);
  }

  /** Layers that this one has in its properties. */
  get subLayers(): Layer[] {
    return Object.values(this).flatMap((value) =>
      value instanceof Layer
        ? [value]
        : Array.isArray(value)
          ? value.filter((element) => element instanceof Layer)
          : [],
    );
  }

  #generators(): SeedGenerator[] {
    return Object.values(this).filter((value): value is SeedGenerator => value instanceof SeedGenerator);
  }

  get trainable(): boolean {
    return this.#trainable;
  }

  /** Freezes (false) or frees (true) the layer and the layers in it. Takes effect when the model is compiled next. */
  set trainable(value: boolean) {
    this.#trainable = value;
    for (const layer of this.subLayers) layer.trainable = value;
  }

  /** The layer's weights: trainable ones first. */
  get weights(): Variable[] {
    return [
      ...this.trainableVariables,
      ...this.nonTrainableVariables.filter((v) => v.name !== "seed_generator_state"),
    ];
  }

  /** All that the layer keeps, with the states of its random generators. */
  get variables(): Variable[] {
    return [...this.trainableVariables, ...this.nonTrainableVariables];
  }

  get trainableVariables(): Variable[] {
    if (!this.#trainable) return [];
    return [
      ...this.#variables.filter((v) => v.trainable),
      ...this.subLayers.flatMap((layer) => layer.trainableVariables),
    ];
  }

  get nonTrainableVariables(): Variable[] {
    const own = this.#trainable ? this.#variables.filter((v) => !v.trainable) : this.#variables;
    const inner = this.subLayers.flatMap((layer) => layer.nonTrainableVariables);
    return [...own, ...inner, ...this.#generators().map((generator) => generator.state)];
  }

  /** The penalties of regularized weights, as symbolic scalars while a function is traced. */
  get losses(): Tensor[] {
    const own = this.#variables.flatMap((variable) => {
      const regularizer = penalties.get(variable);
      return regularizer && variable.trainable && this.#trainable ? [regularizer.call(variable.value)] : [];
    });
    return [...own, ...this.subLayers.flatMap((layer) => layer.losses)];
  }

  /** The contents of `weights`. */
  getWeights(): Tensor[] {
    return this.weights.map((variable) => variable.value);
  }

  /**
   * Replaces the contents of `weights`.
   * @throws if their number or shapes differ; then nothing is changed
   */
  setWeights(values: readonly TensorLike[]): void {
    const { weights } = this;
    if (values.length !== weights.length) {
      throw new Error(
        `You called \`setWeights(weights)\` on layer '${this.name}' with a weight list of length ${values.length}, but the layer was expecting ${weights.length} weights.`,
      );
    }
    const tensors = values.map((value) => toTensor(value));
    for (const [i, variable] of weights.entries()) {
      if (!sameShape(variable.shape, tensors[i].shape)) {
        throw new Error(
          `Layer '${this.name}' weight shape ${formatShape(variable.shape)} (of '${variable.path}') is not compatible with provided weight shape ${formatShape(tensors[i].shape)}.`,
        );
      }
    }
    for (const [i, variable] of weights.entries()) variable.assign(tensors[i]);
  }

  /** Number of numbers in the weights. */
  countParams(): number {
    return this.weights.reduce((sum, variable) => sum + variable.shape.reduce((a, b) => a * b, 1), 0);
  }

  /**
   * Runs the layer with given contents of its variables and gives what they hold afterwards, without changing them.
   * @returns `[outputs, nonTrainable]`
   */
  statelessCall(
    trainable: readonly TensorLike[],
    nonTrainable: readonly TensorLike[],
    inputs: TensorLike | readonly TensorLike[],
    options: Partial<CallOptions> = {},
  ): [Tensor, Tensor[]] {
    const frozen = this.nonTrainableVariables;
    const variables = [...this.trainableVariables, ...frozen];
    const values = [...trainable, ...nonTrainable].map((value) => toTensor(value));
    if (values.length !== variables.length) {
      throw new Error(
        `Layer '${this.name}': statelessCall expected ${variables.length - frozen.length} trainable and ${frozen.length} non-trainable values. Received: ${trainable.length} and ${nonTrainable.length}.`,
      );
    }
    const list = (
      Array.isArray(inputs) && inputs.some((x) => x instanceof Tensor)
        ? (inputs as readonly TensorLike[])
        : [inputs as TensorLike]
    ).map((x) => toTensor(x));
    const single = !(Array.isArray(inputs) && inputs.some((x) => x instanceof Tensor));
    this.build(single ? list[0].shape : list.map((t) => t.shape));
    const result = runOnce([...values, ...list], (...symbols) => {
      const given = new Map(variables.map((variable, i) => [variable, symbols[i]]));
      const x = symbols.slice(variables.length);
      const [outputs, after] = withVariableValues(given, () =>
        this.call(single ? x[0] : x, { training: options.training ?? false }),
      );
      return [outputs, frozen.map((variable) => after.get(variable) as Tensor)];
    }) as unknown as [Tensor, Tensor[]];
    return result;
  }

  /** What makes an equal layer through `fromConfig`, in Keras's words. */
  getConfig(): Config {
    return {
      name: this.name,
      trainable: this.#trainable,
      dtype: {
        module: "keras",
        class_name: "DTypePolicy",
        config: { name: this.dtype },
        registered_name: null,
      },
    };
  }

  /** Keras's dictionary with the shape that the layer was built for; none if it is not built. */
  getBuildConfig(): Config | undefined {
    return this.inputShape && { input_shape: this.inputShape as Json };
  }

  static fromConfig(_config: Config): Layer {
    throw new Error(`The class \`${Layer.className}\` has no static fromConfig(config).`);
  }
}

/** The options that all layers have, from Keras's dictionary. */
export function layerOptions(config: Config): LayerOptions {
  return { name: config.name as string | undefined, trainable: config.trainable as boolean | undefined };
}

/** The sum of tensors. */
export function addAll(tensors: readonly Tensor[]): Tensor {
  return tensors.reduce((sum, t) => add(sum, t));
}
