import * as constraints from "../constraints/index.js";
import { constrain } from "../constraints/weights.js";
import * as initializers from "../initializers/index.js";
import { Metric } from "../metrics/metric.js";
import { runOnce } from "../ops/compile.js";
import { add, divide } from "../ops/elementwise.js";
import {
  type GraphOperation,
  hasKerasTensor,
  type KerasTensor,
  kerasTensorsIn,
  Node,
} from "../ops/kerasTensor.js";
import { maskOf, setMask } from "../ops/mask.js";
import type { Symbolic, SymbolicArguments } from "../ops/operation.js";
import { outputSpec } from "../ops/outputSpec.js";
import { leaves, mapStructure, type Structure } from "../ops/structure.js";
import { Tensor, type TensorLike, toTensor } from "../ops/tensor.js";
import { eagerly, Trace } from "../ops/trace.js";
import { flatten, type Tree } from "../ops/tree.js";
import { Variable, withVariableValues } from "../ops/variable.js";
import { assignFromStore, type Saveable, type WeightStore } from "../ops/weightStore.js";
import { SeedGenerator } from "../random/seedGenerator.js";
import * as regularizers from "../regularizers/index.js";
import type { DType } from "../tensor/dtype.js";
import { formatShape, type Shape, sameShape } from "../tensor/shape.js";
import { snakeCase, uniqueName } from "../utils/naming.js";
import { type Config, camelCaseKeys, type Json, type Registry } from "../utils/serialization.js";
import { takeWeightMemory } from "../utils/weightMemory.js";
import {
  type ApplyInputs,
  type CallOptions,
  inputStructure,
  type LayerInputs,
  type LayerOutputs,
  type LayerShape,
  shapesOf,
  specFor,
  symbolsOf,
} from "./callArguments.js";
import { callTraining, currentPath, withCallContext, withNameScope } from "./callContext.js";
import { ownedBy } from "./tracking.js";

export {
  type ApplyInputs,
  type CallOptions,
  isShapeList,
  type LayerInputs,
  type LayerOutputs,
  type LayerShape,
} from "./callArguments.js";

export interface LayerOptions {
  /** Default: the class name in snake case, numbered. */
  readonly name?: string;
  /** Whether training changes the weights. Default true. */
  readonly trainable?: boolean;
  /** What the layer computes in. Only `"float32"` is supported. */
  readonly dtype?: "float32";
  /** A penalty on the outputs, divided by the batch size. Default none. */
  readonly activityRegularizer?: regularizers.RegularizerIdentifier;
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

/** A class of layers that can be made. */
interface LayerClass {
  readonly constructorArguments: readonly string[];
  new (...args: unknown[]): Layer;
}

/** The penalties of weights. */
const penalties = new WeakMap<Variable, regularizers.Regularizer>();

/** What a layer's `call` gives. */
type Outputs<L extends Layer> = ReturnType<L["call"]>;
/** The options that `apply` takes: those of the layer's `call`, all of them optional. */
type ApplyOptions<L extends Layer> =
  Parameters<L["call"]> extends [unknown, infer O] ? Partial<O> : Partial<CallOptions>;

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
 * **What a layer owns.** Layers, variables, seed generators and metrics among its properties, also in arrays and
 * dictionaries, belong to it: their weights are trained, saved and frozen with it. (Private `#fields` cannot be seen from
 * here: keep what is to be trained in ordinary properties.) Inside of `call`, other layers are called with `apply`; they
 * take over whether the step is a training step.
 *
 * **Masks.** A mask (bool, true where there is something) is attached to a layer's output and found again by the next
 * layer. `apply` reads it from the inputs and hands it to `call` as `options.mask`. A layer with `supportsMasking` attaches
 * what its `computeMask` gives (default: the mask of the input) to its outputs; any other layer drops masks. Losses and
 * metrics leave masked values out.
 *
 * **Further arguments.** `call` gets what else was given to `apply`: `lstm.apply(x, { initialState })`. `callArguments` names
 * them in Keras's order, for configurations.
 *
 * @see https://keras.io/api/layers/base_layer/
 */
export abstract class Layer implements GraphOperation {
  static readonly className: string = "Layer";
  static readonly module: string | null = "keras.layers";
  /**
   * The arguments of Keras's `call` in its order, the inputs first. Where `"mask"` is among them, functional models record the
   * mask that the layer meets; `"training=false"` says that Keras writes this default into them.
   */
  static readonly callArguments: readonly string[] = ["inputs"];
  /** What the constructor takes before its options, by Keras's names. */
  static readonly constructorArguments: readonly string[] = [];

  readonly name: string;
  /** Whether the weights exist. */
  built = false;
  /** The shape that the layer was built for. */
  inputShape: LayerShape | undefined;
  readonly dtype: DType;
  /** Whether masks go on to the layers behind this one. Default false. */
  supportsMasking = false;
  readonly activityRegularizer: regularizers.Regularizer | null;
  #trainable: boolean;
  readonly #variables: Variable[] = [];
  readonly #inboundNodes: Node[] = [];
  /** Shapes of tensors that were given beside the inputs when the layer was built, by argument. */
  #argumentShapes: Readonly<Record<string, LayerShape>> = {};
  #callLosses: Tensor[] = [];
  /** Where the layer was first used, as paths of variables begin. */
  #parentPath: string | undefined;

  constructor(options: LayerOptions = {}) {
    const { className } = this.constructor as typeof Layer;
    const kind = Object.hasOwn(this.constructor, "className") ? className : this.constructor.name;
    this.name = options.name ?? uniqueName(snakeCase(kind));
    if (this.name.includes("/"))
      throw new Error(`Argument \`name\` cannot contain character '/'. Received: name='${this.name}'`);
    this.#trainable = options.trainable ?? true;
    this.dtype = options.dtype ?? "float32";
    this.activityRegularizer = regularizers.get(options.activityRegularizer);
    const build = this.build;
    this.build = (inputShape, argumentShapes = {}) => {
      if (this.built) return;
      this.inputShape = inputShape;
      this.#argumentShapes = argumentShapes;
      // at once, even while a function is traced
      this.#inScope(() => eagerly(() => build.call(this, inputShape, argumentShapes)));
      this.built = true;
    };
  }

  /**
   * Makes the weights for inputs of this shape. Subclasses override it; calls reach their version only while the layer
   * is not built.
   * @param _argumentShapes the shapes of further tensors given to `apply`, by argument
   */
  build(_inputShape: LayerShape, _argumentShapes?: Readonly<Record<string, LayerShape>>): void {}

  /** Sees to it that the weights exist when `apply` computes. Models whose `call` builds what it uses do nothing here. */
  protected buildForCall(
    inputShape: LayerShape,
    shapesOfArguments: Readonly<Record<string, LayerShape>>,
  ): void {
    this.build(inputShape, shapesOfArguments);
  }

  /** Computes the outputs. */
  abstract call(inputs: LayerInputs, options: CallOptions): LayerOutputs;

  /** The shape of the outputs for inputs of this shape. Default: worked out by tracing `call`. */
  computeOutputShape(inputShape: LayerShape): LayerShape {
    this.build(inputShape);
    return shapesOf(outputSpec([symbolsOf(inputShape, this.dtype)], (x) => this.run([x], {})));
  }

  /** The mask of the outputs. Default: the mask of the inputs. */
  computeMask(
    _inputs: Structure<Tensor | KerasTensor>,
    mask: Structure<Tensor | KerasTensor | undefined> | undefined,
  ): Structure<Tensor | KerasTensor | undefined> | undefined {
    return mask;
  }

  /**
   * Runs the layer: builds it if need be, checks the input, computes. On symbolic tensors (see `Input`) the call becomes a node
   * of a functional model.
   * @param inputs a tensor, or several in an array or dictionary
   * @param options `training`: default that of the call around this one, else false; `mask`: default that of the inputs
   * @throws if the input does not fit the layer
   */
  apply<L extends Layer>(this: L, inputs: ApplyInputs, options?: ApplyOptions<L>): Outputs<L>;
  apply<L extends Layer>(
    this: L,
    inputs: Structure<TensorLike | KerasTensor>,
    options?: SymbolicArguments<ApplyOptions<L>>,
  ): Symbolic<Outputs<L>>;
  apply<L extends Layer>(this: L, inputs: ApplyInputs, options?: Partial<CallOptions>): Outputs<L>;
  apply(inputs: unknown, options: Readonly<Record<string, unknown>> = {}): unknown {
    if (hasKerasTensor(inputs) || hasKerasTensor(options))
      return this.#record(inputs as Structure<KerasTensor>, options);
    const given = inputStructure(inputs);
    if (Trace.active) return this.#applyInTrace(given, options);
    const masks = masksOf(given);
    const tree = flatten([given, { mask: masks, ...withMasks(options) }] as Tree);
    const [outputs, outputMasks] = runOnce(tree.tensors, (...symbols) => {
      const [x, rest] = tree.rebuild(symbols) as [LayerInputs, Record<string, unknown>];
      const result = this.#applyInTrace(x, rest);
      return [result, masksOf(result) ?? null] as Tree;
    }) as [LayerOutputs, Structure<Tensor | undefined> | null];
    if (outputMasks) attach(outputs, outputMasks);
    return outputs;
  }

  #applyInTrace(inputs: LayerInputs, options: Readonly<Record<string, unknown>>): LayerOutputs {
    const shape = shapesOf(inputs);
    const outermost = callTraining() === undefined;
    if (outermost) this.#clearLosses();
    return this.#inScope(() => {
      this.buildForCall(shape, argumentShapes(options));
      this.checkInput(shape);
      const training = (options.training as boolean | undefined) ?? callTraining() ?? false;
      const mask = (options.mask as Structure<Tensor | undefined> | undefined) ?? masksOf(inputs);
      return withCallContext({ training }, () => {
        const outputs = this.call(inputs, { ...withMasks(options), training, mask } as CallOptions);
        if (this.activityRegularizer) this.#addActivityLosses(this.activityRegularizer, outputs);
        this.#attachMask(inputs, outputs, mask);
        if (!this.built) {
          this.built = true;
          this.inputShape = shape;
        }
        return outputs;
      });
    });
  }

  #addActivityLosses(regularizer: regularizers.Regularizer, outputs: LayerOutputs): void {
    for (const output of leaves(outputs)) {
      const loss = regularizer.call(output);
      this.addLoss(output.rank > 0 ? divide(loss, output.shape[0]) : loss);
    }
  }

  #attachMask<T extends Tensor | KerasTensor>(
    inputs: Structure<T>,
    outputs: Structure<T>,
    mask: Structure<T | undefined> | undefined,
  ): void {
    if (!this.supportsMasking || leaves(outputs).every((output) => maskOf(output))) return;
    const masks = this.computeMask(inputs, mask) as Structure<T | undefined> | undefined;
    if (masks !== undefined) attach(outputs, masks);
  }

  /** Makes a node of a functional model. */
  #record(
    inputs: Structure<KerasTensor>,
    options: Readonly<Record<string, unknown>>,
  ): Structure<KerasTensor> {
    const { callArguments } = this.constructor as typeof Layer;
    const mask = (options.mask ?? masksOf(inputs)) as Structure<KerasTensor | undefined> | undefined;
    const given: Record<string, unknown> = { ...options };
    if (callArguments.includes("training=false")) given.training ??= callTraining() ?? false;
    const single = kerasTensorsIn(Object.values(options)).length === 0;
    if (callArguments.includes("mask") && single) given.mask ??= mask ?? null;
    return this.#inScope(() => {
      const shape = shapesOf(inputs);
      this.build(shape, argumentShapes(options));
      this.checkInput(shape);
      const outputs = this.computeOutputSpec([inputs], given);
      this.#attachMask(inputs, outputs, mask);
      this.record([inputs], given, outputs);
      return outputs;
    });
  }

  record(
    args: readonly unknown[],
    options: Readonly<Record<string, unknown>>,
    outputs: Structure<KerasTensor>,
  ): void {
    this.#inboundNodes.push(new Node(this, args, options, outputs));
  }

  /** The types of the outputs of a call on symbolic tensors. */
  computeOutputSpec(
    [inputs]: readonly unknown[],
    options: Readonly<Record<string, unknown>>,
  ): Structure<KerasTensor> {
    const knowsShape = this.computeOutputShape !== Layer.prototype.computeOutputShape;
    return specFor(
      [inputs, options],
      this.dtype,
      knowsShape ? () => this.computeOutputShape(shapesOf(inputs as Structure<KerasTensor>)) : undefined,
      (x, rest) => this.run([x], rest as Record<string, unknown>),
    );
  }

  /** `apply` as a node of a functional model does it. */
  run([inputs]: readonly unknown[], options: Readonly<Record<string, unknown>>): LayerOutputs {
    const given = Object.entries(options).filter(([, value]) => value !== null && value !== undefined);
    return (this.apply as (inputs: unknown, options: object) => LayerOutputs)(
      inputs,
      Object.fromEntries(given),
    );
  }

  /** Its calls on symbolic tensors, in order. */
  get inboundNodes(): readonly Node[] {
    return this.#inboundNodes;
  }

  /** The symbolic tensors that the layer was first called on. @throws if it was never called on symbolic tensors */
  get input(): Structure<KerasTensor> {
    const { inputTensors } = this.#firstNode("input");
    return inputTensors.length === 1 ? inputTensors[0] : inputTensors;
  }

  /** What the layer's first call on symbolic tensors gave. @throws if it was never called on symbolic tensors */
  get output(): Structure<KerasTensor> {
    return this.#firstNode("output").outputs;
  }

  #firstNode(what: string): Node {
    const [first] = this.#inboundNodes;
    if (first) return first;
    throw new Error(
      `The layer ${this.name} has never been called and thus has no defined ${what}. Call it on a symbolic tensor first: layer.apply(Input(shape)).`,
    );
  }

  #inScope<R>(compute: () => R): R {
    this.#parentPath ??= currentPath();
    return withNameScope([...(this.#parentPath ? [this.#parentPath] : []), this.name], compute);
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
    takeWeightMemory(`Layer '${this.name}', weight '${name}'`, shape);
    const value = eagerly(() => initializer.call(shape, dtype).astype(dtype));
    if (!sameShape(value.shape, shape)) {
      throw new Error(
        `Layer '${this.name}': the initializer of weight '${name}' gave shape ${formatShape(value.shape)}, expected ${formatShape(shape)}.`,
      );
    }
    const path = this.#inScope(() => `${currentPath()}/${name}`);
    const variable = new Variable(value, { name, path, trainable });
    const regularizer = regularizers.get(options.regularizer);
    if (regularizer) penalties.set(variable, regularizer);
    constrain(variable, constraints.get(options.constraint));
    this.#variables.push(variable);
    return variable;
  }

  /** Inside of `call`: adds a scalar to what training makes small. */
  addLoss(loss: Tensor | readonly Tensor[]): void {
    for (const one of Array.isArray(loss) ? (loss as readonly Tensor[]) : [loss as Tensor])
      this.#callLosses.push(one.rank > 0 ? one.mean() : one);
  }

  #clearLosses(): void {
    this.#callLosses = [];
    for (const layer of this.subLayers) layer.#clearLosses();
  }

  /** The layers that this one owns. */
  get subLayers(): Layer[] {
    return ownedBy(this, (value) => value instanceof Layer);
  }

  /** This layer's metrics and those of the layers in it. */
  get metrics(): Metric[] {
    return unique([
      ...ownedBy(this, (value) => value instanceof Metric),
      ...this.subLayers.flatMap((layer) => layer.metrics),
    ]);
  }

  /**
   * What is saved beside the layer's own variables: layers in its properties, under Keras's names for these (snake case; those
   * that begin with `_` last).
   */
  saveableChildren(): [string, Saveable | readonly Saveable[]][] {
    const isLayer = (value: unknown): value is Layer => value instanceof Layer;
    const found = Object.entries(this).flatMap(([name, value]): [string, Layer | readonly Layer[]][] =>
      isLayer(value)
        ? [[snakeCase(name), value]]
        : Array.isArray(value) && value.some(isLayer)
          ? [[snakeCase(name), value.filter(isLayer)]]
          : [],
    );
    const key = ([name]: [string, unknown]) => (name.startsWith("_") ? `~${name}` : name);
    return found.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  /** Puts what a weights file keeps of this layer (without the layers in it) into `store`. */
  saveOwnVariables(store: Map<string, Tensor>): void {
    for (const [i, variable] of this.#ownVariables.entries()) store.set(String(i), variable.value);
  }

  /**
   * Takes what `saveOwnVariables` has put there.
   * @throws if the number of variables or a shape differs
   */
  loadOwnVariables(store: WeightStore): void {
    assignFromStore(`Layer '${this.name}'`, this.#ownVariables, store);
  }

  get trainable(): boolean {
    return this.#trainable;
  }

  /** Freezes (false) or frees (true) the layer and the layers in it. Takes effect when the model is compiled next. */
  set trainable(value: boolean) {
    this.#trainable = value;
    for (const layer of this.subLayers) layer.trainable = value;
  }

  /** Its own variables, those that training may change first. */
  get #ownVariables(): Variable[] {
    const own = [...this.#variables, ...ownedBy(this, (value) => value instanceof Variable)];
    return unique([
      ...own.filter(({ trainable }) => trainable),
      ...own.filter(({ trainable }) => !trainable),
    ]);
  }

  /** The variables that are saved: the layer's own, then those of the layers in it. */
  get weights(): Variable[] {
    return unique([...this.#ownVariables, ...this.subLayers.flatMap(({ weights }) => weights)]);
  }

  get trainableWeights(): Variable[] {
    return this.weights.filter((variable) => this.trainableVariables.includes(variable));
  }

  get nonTrainableWeights(): Variable[] {
    return this.weights.filter((variable) => !this.trainableVariables.includes(variable));
  }

  /** All that the layer keeps: weights and the states of random generators. */
  get variables(): Variable[] {
    const generators = ownedBy(this, (value) => value instanceof SeedGenerator);
    return unique([
      ...this.#ownVariables,
      ...generators.map(({ state }) => state),
      ...this.subLayers.flatMap(({ variables }) => variables),
    ]);
  }

  /** What training changes: nothing of a layer that is not `trainable`. */
  get trainableVariables(): Variable[] {
    if (!this.#trainable) return [];
    return unique([
      ...this.#ownVariables.filter(({ trainable }) => trainable),
      ...this.subLayers.flatMap(({ trainableVariables }) => trainableVariables),
    ]);
  }

  get nonTrainableVariables(): Variable[] {
    const trained = new Set(this.trainableVariables);
    return this.variables.filter((variable) => !trained.has(variable));
  }

  /**
   * What training makes small beside the loss: what `addLoss` was given in the last call, and the penalties of regularized
   * weights. Symbolic scalars while a function is traced; penalties only outside.
   */
  get losses(): Tensor[] {
    const graph = Trace.active?.graph;
    const weights = this.trainableVariables.flatMap((variable) => {
      const regularizer = penalties.get(variable);
      return regularizer ? [regularizer.call(variable.value)] : [];
    });
    return [...this.#lossesOfCalls().filter(({ symbol }) => symbol?.graph === graph), ...weights];
  }

  #lossesOfCalls(): Tensor[] {
    return [...this.#callLosses, ...this.subLayers.flatMap((layer) => layer.#lossesOfCalls())];
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
  statelessCall<L extends Layer>(
    this: L,
    trainable: readonly TensorLike[],
    nonTrainable: readonly TensorLike[],
    inputs: ApplyInputs,
    options: ApplyOptions<L> = {} as ApplyOptions<L>,
  ): [Outputs<L>, Tensor[]] {
    const x = inputStructure(inputs);
    this.build(shapesOf(x), argumentShapes(options));
    const frozen = this.nonTrainableVariables;
    const variables = [...this.trainableVariables, ...frozen];
    const values = [...trainable, ...nonTrainable].map((value) => toTensor(value));
    if (values.length !== variables.length) {
      throw new Error(
        `Layer '${this.name}': statelessCall expected ${variables.length - frozen.length} trainable and ${frozen.length} non-trainable values. Received: ${trainable.length} and ${nonTrainable.length}.`,
      );
    }
    const tree = flatten([x, options] as Tree);
    return runOnce([...values, ...tree.tensors], (...symbols) => {
      const given = new Map(variables.map((variable, i) => [variable, symbols[i]]));
      const [inside, rest] = tree.rebuild(symbols.slice(variables.length)) as [
        LayerInputs,
        Record<string, unknown>,
      ];
      const [outputs, after] = withVariableValues(given, () => this.run([inside], rest));
      return [outputs, frozen.map((variable) => after.get(variable) as Tensor)];
    }) as unknown as [Outputs<L>, Tensor[]];
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
      ...(this.activityRegularizer
        ? { activity_regularizer: regularizers.serialize(this.activityRegularizer) }
        : {}),
    };
  }

  /** Keras's dictionary with the shapes that the layer was built for; none if it is not built. */
  getBuildConfig(): Config | undefined {
    if (!this.inputShape) return undefined;
    const others = Object.entries(this.#argumentShapes);
    if (others.length === 0) return { input_shape: this.inputShape as Json };
    const [first] = (this.constructor as typeof Layer).callArguments;
    const shapes = [[first, this.inputShape] as const, ...others];
    return {
      shapes_dict: Object.fromEntries(
        shapes.map(([name, shape]) => [`${snakeCase(name)}_shape`, shape as Json]),
      ),
    };
  }

  /** Builds the layer for what `getBuildConfig` has written. */
  buildFromConfig(config: Config): void {
    if (Array.isArray(config.input_shape)) this.build(config.input_shape as unknown as LayerShape);
  }

  /**
   * A layer from what `getConfig` has given. By default, the constructor gets `constructorArguments`, then everything with camelCase
   * keys (but for the dtype, which is always float32).
   * @param _registry where classes of layers inside of the configuration are found
   */
  static fromConfig(config: Readonly<Record<string, unknown>>, _registry?: Registry<Layer>): Layer {
    const { dtype: _, ...options } = camelCaseKeys(config);
    // biome-ignore lint/complexity/noThisInStatic: the class that the configuration names, which inherits this method
    const Class = this as unknown as LayerClass;
    return new Class(...Class.constructorArguments.map((name) => config[name]), options);
  }
}

/** The masks of tensors in their structure; undefined if none has one. */
function masksOf<T extends Tensor | KerasTensor>(
  tensors: Structure<T>,
): Structure<T | undefined> | undefined {
  if (!leaves(tensors).some((tensor) => maskOf(tensor))) return undefined;
  return mapStructure<T, T | undefined>(tensors, (tensor) => maskOf(tensor) as T | undefined);
}

/** Further arguments with the masks of the tensors among them: `valueMask` for `value`. */
function withMasks(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const masks = Object.entries(options).flatMap(([name, value]) => {
    const mask = value instanceof Tensor ? maskOf(value) : undefined;
    return mask ? [[`${name}Mask`, mask]] : [];
  });
  return masks.length > 0 ? { ...Object.fromEntries(masks), ...options } : options;
}

/** Attaches masks to outputs that have none. */
function attach<T extends Tensor | KerasTensor>(
  outputs: Structure<T>,
  masks: Structure<T | undefined | null>,
): void {
  const given = leaves(masks);
  for (const [i, output] of leaves(outputs).entries()) {
    const mask = given[i];
    if (mask && !maskOf(output)) setMask(output, mask);
  }
}

/** The shapes of the tensors among further arguments. */
function argumentShapes(options: Readonly<Record<string, unknown>>): Record<string, LayerShape> {
  const shapes: Record<string, LayerShape> = {};
  for (const [name, value] of Object.entries(options)) {
    if (name.toLowerCase().endsWith("mask")) continue;
    const tensors = leaves(value as Structure<unknown>);
    if (tensors.length > 0 && tensors.every((t) => t instanceof Tensor || hasKerasTensor(t)))
      shapes[name] = shapesOf(value as Structure<Tensor>);
  }
  return shapes;
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}

/** The sum of tensors. */
export function addAll(tensors: readonly Tensor[]): Tensor {
  return tensors.reduce((sum, t) => add(sum, t));
}
