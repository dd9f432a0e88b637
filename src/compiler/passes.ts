import { splatOf } from "../primitives/broadcast.js";
import { sameShape, sizeOf } from "../tensor/shape.js";
import {
  constantData,
  constantPrimitive,
  Graph,
  inputPrimitive,
  type Node,
  type Value,
} from "../trace/graph.js";
import { rule } from "./rules.js";
import type { ShorterLoop } from "./unwanted.js";

/** Constants of at most this many elements are computed while compiling. */
const FOLDED_SIZE = 64;

/**
 * An equal graph with less in it: dead nodes dropped, equal nodes merged, constants computed, and rewrites that are
 * exact to the bit (x·1 and x−0, but not x+0, which would turn −0 into +0).
 */
export function simplify(graph: Graph): Graph {
  const result = new Graph();
  const replaced = result.takeInputs(graph);
  const known = new Map<string, readonly Value[]>();
  const live = liveNodes(graph);
  const bodies = new Bodies(live);
  for (const node of graph.nodes) {
    if (node.primitive === inputPrimitive || !live.has(node)) continue;
    const inputs = node.inputs.map((input) => replaced.get(input) as Value);
    const outputs =
      rewritten(node, inputs) ?? folded(node, inputs, result) ?? merged(node, inputs, result, known, bodies);
    for (const [i, output] of node.outputs.entries()) replaced.set(output, outputs[i]);
  }
  result.outputs = graph.outputs.map((output) => replaced.get(output) as Value);
  for (const [output, input] of graph.updates) result.updates.set(output, input);
  return withoutDeadNodes(result);
}

function liveNodes(graph: Graph): Set<Node> {
  const live = new Set<Node>(graph.outputs.map((output) => output.node));
  for (const node of [...graph.nodes].reverse()) {
    if (live.has(node)) for (const input of node.inputs) live.add(input.node);
  }
  return live;
}

/** Rewriting leaves unused nodes behind; copies only what is used, of loops the results that are. */
function withoutDeadNodes(graph: Graph): Graph {
  const wanted = new Set<Value>(graph.outputs);
  const live = new Set<Node>();
  const shorter = new Map<Node, ShorterLoop>();
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    live.add(node);
    const loop = node.primitive.name === "scan" ? rule("shorterLoop")?.(node, wanted) : undefined;
    if (loop) shorter.set(node, loop);
    for (const input of (loop ?? node).inputs) wanted.add(input);
  }
  const result = new Graph();
  const copied = result.takeInputs(graph);
  for (const node of graph.nodes) {
    if (node.primitive === inputPrimitive || !live.has(node)) continue;
    const { params, inputs, outputs } = shorter.get(node) ?? node;
    const made = result.add(
      node.primitive,
      params,
      inputs.map((input) => copied.get(input) as Value),
    );
    for (const [i, output] of outputs.entries()) copied.set(output, made[i]);
  }
  result.outputs = graph.outputs.map((output) => copied.get(output) as Value);
  for (const [output, input] of graph.updates) result.updates.set(output, input);
  return result;
}

function merged(
  node: Node,
  inputs: readonly Value[],
  result: Graph,
  known: Map<string, readonly Value[]>,
  bodies: Bodies,
): readonly Value[] {
  const params = bodies.completed(node);
  const operands = inputs.map((i) => `${i.node.id}.${i.index}`).join(" ");
  const key = `${node.primitive.name} ${operands} ${paramsKey(node, params, bodies)}`;
  let outputs = known.get(key);
  if (!outputs) {
    outputs = result.add(node.primitive, params, inputs);
    known.set(key, outputs);
  }
  return outputs;
}

interface LoopParams {
  readonly body?: Graph;
  readonly extended?: Graph;
  readonly reverse?: boolean;
}

/** What is known of the bodies of loops: a number for each, and which loops give more than others. */
class Bodies {
  readonly #numbers = new Map<Graph, number>();
  readonly #extensions = new Map<string, object>();

  constructor(live: ReadonlySet<Node>) {
    for (const { params, inputs } of live) {
      const { extended } = params as LoopParams;
      if (extended) this.#extensions.set(this.#key(extended, params, inputs), params);
    }
  }

  numberOf(body: Graph): number {
    const number = this.#numbers.get(body) ?? this.#numbers.size;
    this.#numbers.set(body, number);
    return number;
  }

  #key(body: Graph, { reverse }: LoopParams, inputs: readonly Value[]): string {
    return [this.numberOf(body), reverse, ...inputs.map(({ node, index }) => `${node.id}.${index}`)].join(
      " ",
    );
  }

  /** The params of a loop that gives all that this one does, and more, if there is one: then the two are one. */
  completed({ params, inputs }: Node): object {
    const { body } = params as LoopParams;
    return (body && this.#extensions.get(this.#key(body, params, inputs))) ?? params;
  }
}

function paramsKey(node: Node, params: object, bodies: Bodies): string {
  const data = constantData(node.outputs[0]);
  if (!data) {
    return JSON.stringify(params, (_, value) => (value instanceof Graph ? bodies.numberOf(value) : value));
  }
  const { dtype, shape } = node.outputs[0];
  // the bits, so that −0 and +0 stay apart
  return `${dtype} ${shape} ${Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).join(",")}`;
}

function folded(node: Node, inputs: readonly Value[], result: Graph): readonly Value[] | undefined {
  if (node.primitive === constantPrimitive || inputs.length === 0) return undefined;
  if (node.outputs.some((output) => sizeOf(output.shape) > FOLDED_SIZE)) return undefined;
  const given = inputs.map((input) => {
    const data = constantData(input);
    return data && { shape: input.shape, dtype: input.dtype, data };
  });
  if (!given.every((array) => array !== undefined)) return undefined;
  const arrays = node.primitive.evaluate(given, node.params, node.outputs);
  return arrays.map((data, i) => {
    const { shape, dtype } = node.outputs[i];
    return result.constant(data, { shape, dtype });
  });
}

type Rule = (node: Node, inputs: readonly Value[]) => Value | undefined;

const rules: Record<string, Rule> = {
  identity: (_, [x]) => x,
  stop_gradient: (_, [x]) => x,
  mul: (_, [x, y]) => (splatOf(y) === 1 ? x : splatOf(x) === 1 ? y : undefined),
  div: (_, [x, y]) => (splatOf(y) === 1 ? x : undefined),
  sub: (_, [x, y]) => (Object.is(splatOf(y), 0) ? x : undefined),
  neg: (_, [x]) => (x.node.primitive.name === "neg" ? x.node.inputs[0] : undefined),
  select: (_, [mask, x, y]) => (splatOf(mask) === undefined ? undefined : splatOf(mask) ? x : y),
  reshape: (node, [x]) => (sameShape(node.outputs[0].shape, x.shape) ? x : undefined),
  broadcast_in_dim: (node, [x]) => (sameShape(node.outputs[0].shape, x.shape) ? x : undefined),
  transpose: (node, [x]) => {
    const { permutation } = node.params as { permutation: readonly number[] };
    if (permutation.every((axis, i) => axis === i)) return x;
    if (x.node.primitive.name !== "transpose") return undefined;
    const inner = (x.node.params as { permutation: readonly number[] }).permutation;
    return permutation.every((axis, i) => inner[axis] === i) ? x.node.inputs[0] : undefined;
  },
};

function rewritten(node: Node, inputs: readonly Value[]): readonly Value[] | undefined {
  const value = rules[node.primitive.name]?.(node, inputs);
  return value && [value];
}
