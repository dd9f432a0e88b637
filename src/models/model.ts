import { platform } from "#platform";
import { shapesOf, symbolsOf } from "../layers/callArguments.js";
import {
  type CallOptions,
  Layer,
  type LayerInputs,
  type LayerOptions,
  type LayerShape,
} from "../layers/layer.js";
import { serialize } from "../layers/serialize.js";
import { KerasTensor } from "../ops/kerasTensor.js";
import type { Concrete } from "../ops/operation.js";
import { outputSpec } from "../ops/outputSpec.js";
import { leaves, mapStructure, type Structure } from "../ops/structure.js";
import type { Tensor } from "../ops/tensor.js";
import type { Variable } from "../ops/variable.js";
import type { LoadWeightsOptions, SaveOptions } from "../saving/files.js";
import type { FileSource } from "../saving/source.js";
import { sameShape, sizeOf } from "../tensor/shape.js";
import { type Config, camelCaseKeys, type Json } from "../utils/serialization.js";
import { graphConfig } from "./functional/config.js";
import { FunctionalGraph } from "./functional/graph.js";
import { standardizeInputs } from "./functional/inputs.js";
import { withInputsOfItsOwn } from "./functional/intermediate.js";
import { formatSummary, type ParameterTotal } from "./summary.js";
import { summaryRows } from "./summaryRows.js";
import { Trainer } from "./trainer.js";
import type { CompileOptions } from "./training/compiled.js";

export interface SummaryOptions {
  /** Width of the table. Default 88, at most the terminal's width less 4. */
  readonly lineLength?: number;
  /** Where the columns end, as fractions of the width. Default as Keras. */
  readonly positions?: readonly number[];
  /** Whether to show the layers of nested models too. Default false. */
  readonly expandNested?: boolean;
  /** Whether to show which layers are trained. Default false. */
  readonly showTrainable?: boolean;
  /** Names, or regular expressions for names, of the first and the last layer to show. Default: all. */
  readonly layerRange?: readonly [first: string, last: string];
  /** Gets the text; default: it is printed. */
  readonly printFn?: (text: string) => void;
}

export interface ModelOptions<Outputs> extends LayerOptions {
  /** Symbolic tensors, made by `Input` or given by layers: one, or several in an array or dictionary. */
  readonly inputs?: Structure<KerasTensor>;
  /** What layers gave for them. */
  readonly outputs?: Outputs;
}

/**
 * Layers that can be trained, evaluated and asked for predictions. Made from symbolic tensors,
 *
 * ```ts
 * const inputs = Input([784]);
 * const hidden = new layers.Dense(64, { activation: "relu" }).apply(inputs);
 * const model = new Model({ inputs, outputs: new layers.Dense(10).apply(hidden) });
 * ```
 *
 * or as a subclass with layers in its properties and a `call` of its own:
 *
 * ```ts
 * class Classifier extends Model {
 *   hidden = new layers.Dense(64, { activation: "relu" });
 *   scores = new layers.Dense(10);
 *   override call(x: Tensor) {
 *     return this.scores.apply(this.hidden.apply(x));
 *   }
 * }
 * ```
 *
 * @see https://keras.io/api/models/model/
 */
export class Model<const Outputs extends Structure<KerasTensor> = KerasTensor> extends Trainer<Outputs> {
  static override readonly className: string = "Functional";
  static override readonly module: string | null = "keras.src.models.functional";
  static override readonly callArguments: readonly string[] = ["inputs", "training", "mask"];
  #graph: FunctionalGraph | undefined;

  /** @throws if the outputs do not depend on the inputs alone, or two layers have one name */
  constructor(options: ModelOptions<Outputs> = {}) {
    super(options);
    const { inputs, outputs } = options;
    if (inputs && outputs) this.setGraph(...withInputsOfItsOwn(inputs, outputs));
    else if (inputs || outputs)
      throw new Error("A functional model needs both: new Model({ inputs, outputs }).");
  }

  /** What the model computes, as calls from symbolic inputs to outputs. */
  protected setGraph(inputs: Structure<KerasTensor>, outputs: Structure<KerasTensor>): void {
    this.#graph = new FunctionalGraph(inputs, outputs);
    this.built = true;
  }

  protected dropGraph(): void {
    this.#graph = undefined;
    this.built = false;
  }

  /** The calls that a functional or sequential model consists of; none of a subclass with its own `call`. */
  get graph(): FunctionalGraph | undefined {
    return this.#graph;
  }

  /** The symbolic inputs of a functional model. @throws if it is none */
  get inputs(): readonly KerasTensor[] {
    return this.#needGraph("inputs").flatInputs;
  }

  /** The symbolic outputs of a functional model. @throws if it is none */
  get outputs(): readonly KerasTensor[] {
    return this.#needGraph("outputs").flatOutputs;
  }

  override get input(): Structure<KerasTensor> {
    return this.#graph ? this.#graph.inputs : super.input;
  }

  override get output(): Structure<KerasTensor> {
    return this.#graph ? this.#graph.outputs : super.output;
  }

  #needGraph(what: string): FunctionalGraph {
    if (this.#graph) return this.#graph;
    throw new Error(`Model '${this.name}' has no defined ${what} yet.`);
  }

  /** The layers, in Keras's order. */
  override get layers(): readonly Layer[] {
    return this.subLayers;
  }

  override get subLayers(): Layer[] {
    return [...new Set([...(this.#graph?.layers ?? []), ...super.subLayers])];
  }

  override call(inputs: LayerInputs, options: CallOptions): Concrete<Outputs> {
    const graph = this.#graph;
    if (!graph) {
      throw new Error(
        `Model '${this.name}' does not have a \`call\` method: define call(inputs, { training }), or make it from \`inputs\` and \`outputs\`.`,
      );
    }
    const values = standardizeInputs(this.name, graph, inputs);
    return graph.run<Tensor>(values, ({ operation }, args, given) =>
      operation.run(args, operation instanceof Layer ? { ...given, training: options.training } : given),
    ) as Concrete<Outputs>;
  }

  override build(inputShape: LayerShape): void {
    // a subclass makes what its layers need when it is called
    if (!this.#graph) shapesOf(this.computeOutputSpec([symbolsOf(inputShape)], {}));
  }

  protected override buildForCall(inputShape: LayerShape): void {
    if (Object.getPrototypeOf(this).build !== Model.prototype.build) this.build(inputShape);
  }

  override computeOutputSpec(
    args: readonly unknown[],
    options: Readonly<Record<string, unknown>>,
  ): Structure<KerasTensor> {
    const graph = this.#graph;
    if (!graph)
      return outputSpec([args[0], options], (x, rest) => this.run([x], rest as Record<string, unknown>));
    const given = leaves(args[0] as Structure<KerasTensor>);
    const same = given.every(({ shape }, i) => sameShape(shape, graph.flatInputs[i]?.shape));
    if (same)
      return mapStructure<KerasTensor, KerasTensor>(
        graph.outputs,
        ({ shape, dtype }) => new KerasTensor(shape, dtype),
      );
    return graph.run<KerasTensor>(given, ({ operation }, inner, rest) =>
      operation.computeOutputSpec(inner, rest),
    );
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    return shapesOf(this.computeOutputSpec([symbolsOf(inputShape)], {}));
  }

  override saveableChildren(): ReturnType<Layer["saveableChildren"]> {
    const children = super.saveableChildren();
    children.push(["layers", this.layers]);
    if (this.optimizer) children.push(["optimizer", this.optimizer]);
    return children.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  override getBuildConfig(): Config | undefined {
    // Keras builds functional models by calling them
    return Object.getPrototypeOf(this) === Model.prototype ? { input_shape: null } : super.getBuildConfig();
  }

  /**
   * Compiles the model with what `getCompileConfig` has given, and makes the optimizer's state if the model is built.
   * @throws if a class or function in it is unknown
   */
  compileFromConfig(config: Config): void {
    // an uncompiled model has said nothing
    if (Object.keys(config).length === 0) return;
    const given = ([name, value]: [string, Json]) => value !== null && COMPILE_OPTIONS.includes(name);
    this.compile(camelCaseKeys(Object.fromEntries(Object.entries(config).filter(given))) as CompileOptions);
    if (this.built) this.optimizer?.build(this.trainableVariables);
  }

  protected override get outputNames(): readonly string[] | undefined {
    return this.#graph?.flatOutputs.map(({ history }) => history?.operation.name ?? "");
  }

  protected override get callable(): boolean {
    return this.#graph !== undefined || this.call !== Model.prototype.call;
  }

  /**
   * Writes the model to a `.keras` file: configuration, weights, how it was compiled, the optimizer's state. Python Keras opens
   * it. There is always the old file or the new one, whenever the process is stopped. In a page, where there are no files,
   * `saving.toBytes(model)` gives the bytes. A name that ends in `.json` gives a TensorFlow.js layers-model: `model.json` and its
   * weights beside it.
   * @throws if the name ends in neither, `overwrite` is false and the file exists, or it cannot be written
   * @see https://keras.io/api/models/model_saving_apis/model_saving_and_loading/#save-method
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    const { saveModel } = await import("../saving/files.js");
    await saveModel(this, path, options);
  }

  /**
   * Writes the weights (and the optimizer's state, if the model is compiled) to a `.weights.h5` file.
   * @throws as `save`
   * @see https://keras.io/api/models/model_saving_apis/weights_saving_and_loading/#saveweights-method
   */
  async saveWeights(path: string, options: SaveOptions = {}): Promise<void> {
    const { saveWeights } = await import("../saving/files.js");
    await saveWeights(this, path, options);
  }

  /**
   * Takes the weights from a `.weights.h5`, `.keras` or `.h5` file.
   * @throws if the file is damaged or does not fit; then the model is as it was
   * @see https://keras.io/api/models/model_saving_apis/weights_saving_and_loading/#loadweights-method
   */
  async loadWeights(source: FileSource, options: LoadWeightsOptions = {}): Promise<void> {
    const { loadWeights } = await import("../saving/files.js");
    await loadWeights(this, source, options);
  }

  /** @throws if there is no such layer; the message lists the names */
  getLayer(nameOrIndex: string | number): Layer {
    const { layers } = this;
    const layer =
      typeof nameOrIndex === "number"
        ? layers.at(nameOrIndex)
        : layers.find(({ name }) => name === nameOrIndex);
    if (layer) return layer;
    throw new Error(
      `No such layer: ${JSON.stringify(nameOrIndex)}. Existing layers are: ${layers.map(({ name }) => name).join(", ")}.`,
    );
  }

  /** Prints the layers with their output shapes and parameters, as Keras does. */
  summary(options: SummaryOptions = {}): void {
    const toTerminal = !options.printFn && platform.isTerminal();
    const columns = Number(platform.environment("COLUMNS")) || platform.columns() || 80;
    const text = formatSummary({
      modelName: this.name,
      ...summaryRows(this.#ownGraph?.operations ?? this.layers, this.#ownGraph, {
        expandNested: options.expandNested ?? false,
        layerRange: options.layerRange,
      }),
      totals: this.#totals(),
      columns,
      lineLength: options.lineLength,
      positions: options.positions,
      showTrainable: options.showTrainable,
      color: toTerminal,
    });
    (options.printFn ?? platform.write)(text);
  }

  /** What Keras writes of any layer; without what the model consists of. */
  protected ownConfig(): Config {
    return super.getConfig();
  }

  override getConfig(): Config {
    const graph = this.#graph;
    // a subclass has a constructor of its own, and says itself what that needs
    if (!graph || Object.getPrototypeOf(this) !== Model.prototype) return super.getConfig();
    return { name: this.name, trainable: this.trainable, ...graphConfig(graph, isFunctional) };
  }

  /**
   * The architecture as text; `models.modelFromJSON` makes a model of it.
   * @see https://keras.io/api/models/model_saving_apis/model_config_serialization/#tojson-method
   */
  toJSON(): string {
    return JSON.stringify(serialize(this));
  }

  /** The graph of a functional model, but not of a sequential one, which shows its layers alone. */
  get #ownGraph(): FunctionalGraph | undefined {
    return this.layers[0] === this.#graph?.layers[0] ? this.#graph : undefined;
  }

  #totals(): { trainable: ParameterTotal; nonTrainable: ParameterTotal; optimizer?: ParameterTotal } {
    const total = (variables: readonly Variable[]): ParameterTotal => {
      const parameters = variables.reduce((sum, variable) => sum + sizeOf(variable.shape), 0);
      return { parameters, bytes: parameters * 4 };
    };
    const trainable = this.trainableVariables;
    const nonTrainable = this.weights.filter((variable) => !trainable.includes(variable));
    const { optimizer } = this;
    return {
      trainable: total(trainable),
      nonTrainable: total(nonTrainable),
      ...(optimizer?.built ? { optimizer: total(optimizer.variables) } : {}),
    };
  }
}

/** Keras counts the calls of nested functional models from 1. */
function isFunctional(layer: Layer): boolean {
  return layer instanceof Model && Object.getPrototypeOf(layer) === Model.prototype;
}

/** What of Keras's compile configuration means something here; the rest is about how Python runs a step. */
const COMPILE_OPTIONS = ["optimizer", "loss", "loss_weights", "metrics", "weighted_metrics"];
