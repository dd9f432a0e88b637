import { Layer } from "../../layers/layer.js";
import type { GraphOperation, KerasTensor } from "../../ops/kerasTensor.js";
import { OperationNode } from "../../ops/operation.js";
import { isDictionary, mapStructure, type Structure } from "../../ops/structure.js";
import { formatShape } from "../../tensor/shape.js";
import { isSerializedObject } from "../../utils/serialization.js";
import { Model } from "../model.js";
import { Sequential } from "../sequential.js";

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

/** The boxes and arrows of a model, as Keras's `model_to_dot` chooses them. */
export function diagramOf(model: Model, options: BoxOptions, expandNested: boolean): Diagram {
  const builder = new DiagramBuilder(options, expandNested);
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
  ) {}

  addModel(model: Model, cluster: string | undefined): void {
    const { graph } = model;
    if (!graph) {
      // what a subclass does in its `call` is its own affair
      this.#addBox(model, cluster);
      return;
    }
    const operations = model instanceof Sequential ? model.layers : graph.operations;
    for (const operation of operations) {
      if (this.#expands(operation)) {
        const id = this.#id(operation);
        this.clusters.push({ id, label: operation.name, parent: cluster });
        this.addModel(operation, id);
      } else this.#addBox(operation, cluster);
    }
    if (model instanceof Sequential) {
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
    return this.expandNested && operation instanceof Model && operation.graph !== undefined;
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
      if (destination instanceof Sequential) destination = destination.layers[0];
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
    if (showShapes) {
      const inputs = call?.inputTensors.length === 1 ? call.inputTensors[0] : call?.inputTensors;
      if (className !== "InputLayer") cells.push(fact("Input shape", inputs ? shapes(inputs) : "?"));
      cells.push(fact("Output shape", call ? shapes(call.outputs) : "?"));
    }
    if (showDtype) {
      const dtypes = call && mapStructure<KerasTensor, string>(call.outputs, ({ dtype }) => dtype);
      const quoted =
        typeof dtypes === "string" ? dtypes : dtypes && written(mapStructure(dtypes, (t) => `'${t}'`));
      cells.push(fact("Output dtype", quoted ?? "?"));
    }
    if (showTrainable && operation instanceof Layer && operation.weights.length > 0) {
      const kind = operation.trainable ? "trainable" : "frozen";
      cells.push({
        words: [{ text: operation.trainable ? "Trainable" : "Non-trainable", bold: true }],
        kind,
      });
    }
    return cells;
  }
}

function shapes(tensors: Structure<KerasTensor>): string {
  return written(mapStructure<KerasTensor, string>(tensors, ({ shape }) => formatShape(shape)));
}

/** `(None, 4)`, `[(None, 4), (None, 2)]`, `a: (None, 4), b: (None, 2)`. */
function written(texts: Structure<string>): string {
  if (typeof texts === "string") return texts;
  if (isDictionary(texts))
    return Object.entries(texts)
      .map(([name, text]) => `${name}: ${written(text as Structure<string>)}`)
      .join(", ");
  return `[${(texts as readonly Structure<string>[]).map(written).join(", ")}]`;
}

function classNameOf(operation: GraphOperation): string {
  if (operation instanceof OperationNode) return operation.className;
  const { constructor } = operation;
  return Object.hasOwn(constructor, "className") ? (constructor as typeof Layer).className : constructor.name;
}

function activationName(operation: GraphOperation): string | undefined {
  const { activation } = operation.getConfig();
  if (activation === undefined || activation === null) return undefined;
  if (typeof activation === "string") return activation;
  return isSerializedObject(activation) ? activation.class_name : "function";
}
