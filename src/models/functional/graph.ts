import { Layer } from "../../layers/layer.js";
import {
  type GraphOperation,
  type KerasTensor,
  type Node,
  nodeOf,
  replaceKerasTensors,
} from "../../ops/kerasTensor.js";
import { leaves, packAs, type Structure } from "../../ops/structure.js";

/**
 * The calls that lead from symbolic inputs to symbolic outputs, in Keras's order.
 * @see https://keras.io/guides/functional_api/
 */
export class FunctionalGraph {
  readonly flatInputs: readonly KerasTensor[];
  readonly flatOutputs: readonly KerasTensor[];
  /** In an order in which they can be computed. */
  readonly nodes: readonly Node[];
  /** The calls at each distance from the outputs, farthest first. */
  readonly levels: readonly (readonly Node[])[];
  /** Layers and operations as in Keras's `model.layers`. */
  readonly operations: readonly GraphOperation[];

  /** @throws if outputs do not depend on the inputs alone, or two layers have one name */
  constructor(
    readonly inputs: Structure<KerasTensor>,
    readonly outputs: Structure<KerasTensor>,
  ) {
    this.flatInputs = leaves(inputs);
    this.flatOutputs = leaves(outputs);
    const { order, firstMet } = traversal(this.flatInputs, this.flatOutputs);
    const depths = depthsOf(order, this.flatInputs, firstMet);
    this.levels = byDepth(depths.nodes);
    this.nodes = this.levels.flat();
    this.operations = byDepth(depths.operations).flatMap((level) =>
      level.sort((a, b) => (firstMet.get(a) as number) - (firstMet.get(b) as number)),
    );
    this.#checkConnected();
    this.#checkNames();
  }

  get layers(): Layer[] {
    return this.operations.filter((operation) => operation instanceof Layer);
  }

  /** Which of an operation's calls belong to this graph, as indices into `inboundNodes`. */
  callsOf(operation: GraphOperation): number[] {
    const own = new Set(this.nodes);
    return [...operation.inboundNodes.keys()].filter((i) => own.has(operation.inboundNodes[i]));
  }

  /**
   * Goes through the calls.
   * @param values of the inputs, in the order of `flatInputs`
   * @param compute gives the results of one call
   * @returns the outputs in their structure
   */
  run<T>(
    values: readonly T[],
    compute: (
      node: Node,
      args: readonly unknown[],
      options: Readonly<Record<string, unknown>>,
    ) => Structure<T>,
  ): Structure<T> {
    const known = new Map<KerasTensor, T>(this.flatInputs.map((tensor, i) => [tensor, values[i]]));
    for (const node of this.nodes) {
      if (node.isInput) continue;
      const fill = (given: unknown) => replaceKerasTensors(given, (tensor) => known.get(tensor));
      const results = leaves(
        compute(node, fill(node.args) as unknown[], fill(node.options) as Record<string, unknown>),
      );
      for (const [i, tensor] of node.outputTensors.entries()) known.set(tensor, results[i]);
    }
    return packAs(
      this.outputs,
      this.flatOutputs.map((tensor) => known.get(tensor) as T),
    );
  }

  #checkConnected(): void {
    const known = new Set(this.flatInputs);
    const passed: string[] = [];
    for (const node of this.nodes) {
      for (const tensor of node.inputTensors) {
        if (known.has(tensor)) continue;
        throw new Error(
          `Graph disconnected: cannot find parent for tensor ${tensor} at operation '${node.operation.name}'. ` +
            `Is its Input missing among \`inputs\`? The following previous operations were accessed without issue: ${passed.join(", ") || "none"}`,
        );
      }
      passed.push(node.operation.name);
      for (const tensor of node.outputTensors) known.add(tensor);
    }
    for (const tensor of this.flatOutputs) {
      if (!known.has(tensor)) throw new Error(`Output ${tensor} is not connected to \`inputs\`.`);
    }
  }

  #checkNames(): void {
    const names = this.operations.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice === undefined) return;
    throw new Error(
      `The name "${twice}" is used ${names.filter((name) => name === twice).length} times in the model. All operation names should be unique.`,
    );
  }
}

/** Depth first from the outputs, each call behind those that give its inputs. */
export function traversal(inputs: readonly KerasTensor[], outputs: readonly KerasTensor[]) {
  const order: Node[] = [];
  const finished = new Set<Node>();
  const inProgress = new Set<Node>();
  const firstMet = new Map<GraphOperation, number>();
  const starts = new Set(inputs);
  const visit = (tensor: KerasTensor): void => {
    const node = nodeOf(tensor);
    if (!node || finished.has(node)) return;
    if (!node.isInput && starts.has(tensor)) {
      // what gives this tensor lies outside
      finished.add(node);
      return;
    }
    if (inProgress.has(node))
      throw new Error(`Tensor ${tensor} from operation '${node.operation.name}' is part of a cycle.`);
    if (!firstMet.has(node.operation)) firstMet.set(node.operation, firstMet.size);
    inProgress.add(node);
    if (!node.isInput) node.inputTensors.forEach(visit);
    finished.add(node);
    inProgress.delete(node);
    order.push(node);
  };
  outputs.forEach(visit);
  return { order, firstMet };
}

/** The longest way from each call, and from each operation, to an output. Inputs that lead nowhere come last. */
function depthsOf(
  order: readonly Node[],
  inputs: readonly KerasTensor[],
  firstMet: Map<GraphOperation, number>,
) {
  const nodes = new Map<Node, number>();
  const operations = new Map<GraphOperation, number>();
  const inside = new Set(order);
  for (const node of [...order].reverse()) {
    const depth = Math.max(nodes.get(node) ?? 0, operations.get(node.operation) ?? 0);
    operations.set(node.operation, depth);
    nodes.set(node, depth);
    for (const parent of node.parents)
      if (inside.has(parent)) nodes.set(parent, Math.max(depth + 1, nodes.get(parent) ?? 0));
  }
  for (const tensor of inputs) {
    const node = nodeOf(tensor);
    if (!node?.isInput || operations.has(node.operation)) continue;
    operations.set(node.operation, 0);
    nodes.set(node, 0);
    firstMet.set(node.operation, -1);
  }
  return { nodes, operations };
}

function byDepth<T>(depths: ReadonlyMap<T, number>): T[][] {
  const levels = new Map<number, T[]>();
  for (const [member, depth] of depths) {
    const level = levels.get(depth);
    if (level) level.push(member);
    else levels.set(depth, [member]);
  }
  return [...levels].sort(([a], [b]) => b - a).map(([, level]) => level);
}
