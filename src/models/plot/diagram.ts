import type { Layer } from "../../layers/layer.js";
import type { GraphOperation, KerasTensor } from "../../ops/kerasTensor.js";
import type { OperationNode } from "../../ops/operation.js";
import type { Structure } from "../../ops/structure.js";
import type { PartialShape } from "../../tensor/shape.js";
import type { Model } from "../model.js";
import type { Sequential } from "../sequential.js";

// Operations are told apart by what they can do, and nothing is imported but types: pages load what draws on its own, and the
// classes would tear the file that they load first into pieces.

/** What boxes say. */
export interface BoxOptions {
  readonly showShapes: boolean;
  readonly showDtype: boolean;
  readonly showLayerNames: boolean;
  readonly showLayerActivations: boolean;
  readonly showTrainable: boolean;
}

/** A part of a text; names and values stand out. */
export interface Words {
  readonly text: string;
  readonly bold?: boolean;
}

/** A cell of a box's last row. */
export interface Cell {
  readonly words: readonly Words[];
  readonly kind: "plain" | "trainable" | "frozen";
}

/** A layer or operation. */
export interface Box {
  readonly id: string;
  readonly title: readonly Words[];
  readonly activation: readonly Words[] | undefined;
  readonly cells: readonly Cell[];
  /** The nested model that it lies in. */
  readonly cluster: string | undefined;
}

/** A nested model that is shown with its layers. */
export interface Cluster {
  readonly id: string;
  readonly label: string;
  readonly parent: string | undefined;
}

export interface Diagram {
  readonly boxes: readonly Box[];
  readonly clusters: readonly Cluster[];
  /** From box to box, each once. */
  readonly edges: readonly (readonly [from: string, to: string])[];
}

export type FormatShape = (shape: PartialShape) => string;

/** The boxes and arrows of a model, as Keras's `model_to_dot` chooses them. */
export function diagramOf(
  model: Model,
  options: BoxOptions,
  expandNested: boolean,
  formatShape: FormatShape,
): Diagram {
  const builder = new DiagramBuilder(options, expandNested, formatShape);
  builder.addModel(model, undefined);
  return builder;
}

class DiagramBuilder implements Diagram {
  readonly boxes: Box[] = [];
  readonly clusters: Cluster[] = [];
  readonly edges: (readonly [string, string])[] = [];
  readonly #ids = new Map<GraphOperation, string>();

  constructor(
    readonly options: BoxOptions,
    readonly expandNested: boolean,
    readonly formatShape: FormatShape,
  ) {}

  addModel(model: Model, cluster: string | undefined): void {
    const { graph } = model;
    if (!graph) {
      // what a subclass does in its `call` is its own affair
      this.#addBox(model, cluster);
      return;
    }
    const operations = isSequential(model) ? model.layers : graph.operations;
    for (const operation of operations) {
      if (this.#expands(operation)) {
        const id = this.#id(operation);
        this.clusters.push({ id, label: operation.name, parent: cluster });
        this.addModel(operation, id);
      } else this.#addBox(operation, cluster);
    }
    if (isSequential(model)) {
      for (const [i, layer] of model.layers.slice(1).entries()) this.#connect(model.layers[i], 0, layer, 0);
      return;
    }
    for (const operation of operations) {
      for (const call of graph.callsOf(operation)) {
        for (const [i, { history }] of operation.inboundNodes[call].inputTensors.entries())
          if (history) this.#connect(history.operation, history.tensorIndex, operation, i);
      }
    }
  }

  #expands(operation: GraphOperation): operation is Model {
    return this.expandNested && isModel(operation) && operation.graph !== undefined;
  }

  #id(operation: GraphOperation): string {
    let id = this.#ids.get(operation);
    if (id === undefined) {
      id = `n${this.#ids.size}`;
      this.#ids.set(operation, id);
    }
    return id;
  }

  /** An arrow; where an end is an expanded model, to or from the box inside that takes or gives the tensor. */
  #connect(from: GraphOperation, output: number, to: GraphOperation, input: number): void {
    let source = from;
    let index = output;
    while (this.#expands(source)) {
      const { history } = source.outputs[index];
      if (!history) return;
      source = history.operation;
      index = history.tensorIndex;
    }
    let destination = to;
    while (this.#expands(destination)) {
      if (isSequential(destination)) destination = destination.layers[0];
      else {
        const { history } = destination.inputs[input];
        if (!history) return;
        destination = history.operation;
      }
    }
    const edge = [this.#id(source), this.#id(destination)] as const;
    if (!this.edges.some(([a, b]) => a === edge[0] && b === edge[1])) this.edges.push(edge);
  }

  #addBox(operation: GraphOperation, cluster: string | undefined): void {
    const id = this.#id(operation);
    if (this.boxes.some((box) => box.id === id)) return;
    const { showLayerNames, showLayerActivations } = this.options;
    const className = classNameOf(operation);
    const activation = showLayerActivations ? activationName(operation) : undefined;
    this.boxes.push({
      id,
      title: showLayerNames
        ? [{ text: operation.name, bold: true }, { text: ` (${className})` }]
        : [{ text: className, bold: true }],
      activation:
        activation === undefined ? undefined : [{ text: "Activation: " }, { text: activation, bold: true }],
      cells: this.#cells(operation, className),
      cluster,
    });
  }

  #cells(operation: GraphOperation, className: string): Cell[] {
    const { showShapes, showDtype, showTrainable } = this.options;
    const [call] = operation.inboundNodes;
    const fact = (name: string, value: string): Cell => ({
      words: [{ text: `${name}: ` }, { text: value, bold: true }],
      kind: "plain",
    });
    const cells: Cell[] = [];
    const shape = (tensor: KerasTensor) => this.formatShape(tensor.shape);
    if (showShapes) {
      const inputs = call?.inputTensors.length === 1 ? call.inputTensors[0] : call?.inputTensors;
      if (className !== "InputLayer") cells.push(fact("Input shape", inputs ? written(inputs, shape) : "?"));
      cells.push(fact("Output shape", call ? written(call.outputs, shape) : "?"));
    }
    if (showDtype) {
      const dtypes =
        call &&
        written(
          call.outputs,
          ({ dtype }) => dtype,
          ({ dtype }) => `'${dtype}'`,
        );
      cells.push(fact("Output dtype", dtypes ?? "?"));
    }
    if (showTrainable && isLayer(operation) && operation.weights.length > 0) {
      const kind = operation.trainable ? "trainable" : "frozen";
      cells.push({
        words: [{ text: operation.trainable ? "Trainable" : "Non-trainable", bold: true }],
        kind,
      });
    }
    return cells;
  }
}

/**
 * Texts of tensors in their structure: `(None, 4)`, `[(None, 4), (None, 2)]`, `a: (None, 4), b: (None, 2)`.
 * @param nested the text of a tensor in an array or a dictionary
 */
function written(
  tensors: Structure<KerasTensor>,
  text: (tensor: KerasTensor) => string,
  nested = text,
): string {
  if ("dtype" in tensors && "shape" in tensors) return text(tensors as KerasTensor);
  const inner = (part: Structure<KerasTensor>) => written(part, nested);
  if (Array.isArray(tensors)) return `[${tensors.map(inner).join(", ")}]`;
  return Object.entries(tensors as Readonly<Record<string, Structure<KerasTensor>>>)
    .map(([name, part]) => `${name}: ${inner(part)}`)
    .join(", ");
}

function isModel(operation: GraphOperation): operation is Model {
  return "trainStep" in operation;
}

function isSequential(model: Model): model is Sequential {
  return "pop" in model;
}

function isLayer(operation: GraphOperation): operation is Layer {
  return "addWeight" in operation;
}

function classNameOf(operation: GraphOperation): string {
  if (!isLayer(operation)) return (operation as OperationNode).className;
  const { constructor } = operation;
  return Object.hasOwn(constructor, "className") ? (constructor as typeof Layer).className : constructor.name;
}

function activationName(operation: GraphOperation): string | undefined {
  const { activation } = operation.getConfig();
  if (activation === undefined || activation === null) return undefined;
  if (typeof activation === "string") return activation;
  const { class_name: className } = activation as { readonly class_name?: unknown };
  return typeof className === "string" ? className : "function";
}
