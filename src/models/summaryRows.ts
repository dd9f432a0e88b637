import { Layer } from "../layers/layer.js";
import type { GraphOperation, KerasTensor } from "../ops/kerasTensor.js";
import { mapStructure } from "../ops/structure.js";
import type { PartialShape } from "../tensor/shape.js";
import type { FunctionalGraph } from "./functional/graph.js";
import type { SummaryRow } from "./summary.js";

export interface RowOptions {
  /** Whether the layers of nested models are shown too. */
  readonly expandNested: boolean;
  /** Names or regular expressions of the first and the last layer to show. */
  readonly layerRange: readonly [string, string] | undefined;
}

/**
 * A row for each layer (and, in a functional model, for each operation).
 * @param graph of a functional model, whose rows say what they are connected to where it has branches
 * @throws if no layer matches an end of the range
 */
export function summaryRows(
  layers: readonly GraphOperation[],
  graph: FunctionalGraph | undefined,
  { expandNested, layerRange }: RowOptions,
): { kind: "sequential" | "branched"; rows: SummaryRow[] } {
  const branched = graph !== undefined && !isChain(graph);
  const rows: SummaryRow[] = [];
  const add = (operation: GraphOperation, nestedLevel: number) => {
    rows.push(rowOf(operation, nestedLevel, branched ? connections(operation, graph) : undefined));
    if (expandNested && operation instanceof Layer && "layers" in operation)
      for (const inner of operation.layers as readonly Layer[]) add(inner, nestedLevel + 1);
  };
  for (const operation of layers.slice(...indices(layers, layerRange))) add(operation, 0);
  return { kind: branched ? "branched" : "sequential", rows };
}

/** Whether one call follows the other, and no layer is called twice. */
function isChain(graph: FunctionalGraph): boolean {
  return (
    graph.levels.every((level) => level.length === 1 && level[0].inputTensors.length <= 1) &&
    graph.operations.every((operation) => graph.callsOf(operation).length <= 1)
  );
}

function rowOf(
  operation: GraphOperation,
  nestedLevel: number,
  connectedTo: readonly string[] | undefined,
): SummaryRow {
  const layer = operation instanceof Layer ? operation : undefined;
  return {
    name: operation.name,
    className: classNameOf(operation),
    outputShape: outputShape(operation),
    parameters: layer ? (layer.built ? layer.countParams() : null) : 0,
    trainable: layer && layer.weights.length > 0 ? layer.trainable : null,
    nestedLevel,
    connectedTo,
  };
}

function classNameOf(operation: GraphOperation): string {
  if (!(operation instanceof Layer)) return (operation as unknown as { className: string }).className;
  const { constructor } = operation;
  return Object.hasOwn(constructor, "className") ? (constructor as typeof Layer).className : constructor.name;
}

/** Of the last call, or as the layer was built. */
function outputShape(operation: GraphOperation): SummaryRow["outputShape"] {
  const last = operation.inboundNodes.at(-1);
  if (last) return mapStructure<KerasTensor, PartialShape>(last.outputs, ({ shape }) => shape);
  if (!(operation instanceof Layer)) return null;
  try {
    if ("graph" in operation && operation.graph)
      return mapStructure<KerasTensor, PartialShape>(operation.output, ({ shape }) => shape);
    return operation.inputShape === undefined ? null : operation.computeOutputShape(operation.inputShape);
  } catch {
    return null;
  }
}

/** `dense[0][0]` for each input of each call in this model. */
function connections(operation: GraphOperation, graph: FunctionalGraph): string[] {
  const own = new Set(graph.nodes);
  return operation.inboundNodes
    .filter((node) => own.has(node))
    .flatMap(({ inputTensors }) => inputTensors)
    .map(({ history }) => `${history?.operation.name}[${history?.nodeIndex}][${history?.tensorIndex}]`);
}

function indices(
  layers: readonly GraphOperation[],
  range: readonly [string, string] | undefined,
): [number, number] {
  if (!range) return [0, layers.length];
  const ends = range.flatMap((pattern) => {
    const found = layers.flatMap(({ name }, i) => (new RegExp(`^(?:${pattern})`).test(name) ? [i] : []));
    if (found.length === 0)
      throw new Error(
        `Passed layer_names do not match the layer names in the model. Received: layerRange=${JSON.stringify(range)}`,
      );
    return [found[0], found[found.length - 1]];
  });
  return [Math.min(ends[0], ends[2]), Math.max(ends[1], ends[3]) + 1];
}
