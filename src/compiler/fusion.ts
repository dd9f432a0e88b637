import { sameShape } from "../tensor/shape.js";
import { constantPrimitive, type Graph, inputPrimitive, type Node, type Value } from "../trace/graph.js";
import { rule } from "./rules.js";

/**
 * What becomes one kernel: elementwise nodes of one shape, computed together; possibly the fold or product whose
 * result they take up (`anchor`), and the elementwise nodes that a fold reads (`prologue`).
 */
export interface Unit {
  readonly members: Set<Node>;
  readonly prologue: Set<Node>;
  anchor?: Node;
  /** The convolution whose results the anchor, a max-pooling, takes up. */
  readonly product?: Node;
}

export interface Fusion {
  readonly units: readonly Unit[];
  readonly unitOf: ReadonlyMap<Node, Unit>;
  /** Results that get memory because somebody else than their own unit reads them. */
  readonly stored: ReadonlySet<Value>;
}

const views = new Set(["broadcast_in_dim", "transpose", "slice", "reverse", "reshape", "iota"]);

/** Whether a node only says where elements lie (or follows from the index). */
export function isView(node: Node): boolean {
  return views.has(node.primitive.name);
}

export function isFold(node: Node): boolean {
  return node.primitive.name.startsWith("reduce_") && !node.primitive.name.startsWith("reduce_window");
}

/** Products whose result's last axis is the operand's contiguous one, so that others' computations can follow. */
function canTakeUp(node: Node): boolean {
  if (isFold(node)) return true;
  if (node.primitive.name === "dot_general") {
    const { contracting, batch } = node.params as {
      contracting: readonly number[][];
      batch: readonly number[][];
    };
    return node.inputs[1].shape.length - contracting[1].length - batch[1].length === 1;
  }
  if (node.primitive.name === "conv_general_dilated" || node.primitive.name === "conv_kernel_gradient") {
    return (node.params as { groups: number }).groups === 1;
  }
  return false;
}

/** More operations than this do not follow a product: its tiles are unrolled, and so would they be. */
const MAX_EPILOGUE = 40;

function isFull(unit: Unit): boolean {
  return unit.anchor !== undefined && !isFold(unit.anchor) && unit.members.size >= MAX_EPILOGUE;
}

/** Decides what is computed together. Nodes are taken last to first, so that all users of a node are placed. */
export function fuse(graph: Graph): Fusion {
  const users = new Map<Value, Node[]>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node]);
  }
  const outputs = new Set(graph.outputs);
  const unitOf = new Map<Node, Unit>();
  const units: Unit[] = [];
  const stored = new Set<Value>();

  const usersOf = (node: Node) => [...new Set(node.outputs.flatMap((output) => users.get(output) ?? []))];
  const reaches = (from: Unit, to: Unit, seen = new Set<Unit>()): boolean => {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    const nodes = [...from.members, ...from.prologue, ...(from.anchor ? [from.anchor] : [])];
    return nodes.some((node) => usersOf(node).some((user) => reaches(unitOf.get(user) as Unit, to, seen)));
  };
  const alone = (node: Node, kind: "member" | "anchor"): Unit => {
    const unit: Unit = {
      members: new Set(kind === "member" ? [node] : []),
      prologue: new Set(),
      anchor: kind === "anchor" ? node : undefined,
    };
    units.push(unit);
    return unit;
  };

  /** Units that compute what `node` is concatenated with: one loop computes all of it. */
  const neighbours = (node: Node, nodeUsers: readonly Node[]): Unit[] =>
    nodeUsers
      .filter((user) => user.primitive.name === "concatenate")
      .flatMap((user) => user.inputs)
      .filter((value) => sameShape(value.shape, node.outputs[0].shape))
      .map((value) => ({ unit: unitOf.get(value.node), value }))
      .filter(({ unit, value }) => unit && !unit.anchor && unit.members.has(value.node))
      .map(({ unit }) => unit as Unit);

  /** The unit that `node` can join as something that all its members may use, if any. */
  const home = (
    node: Node,
    nodeUsers: readonly Node[],
    accepts: (unit: Unit) => boolean,
  ): Unit | undefined => {
    const candidates = new Set([
      ...nodeUsers.map((user) => unitOf.get(user) as Unit),
      ...(node.primitive.elementwise ? neighbours(node, nodeUsers) : []),
    ]);
    for (const unit of candidates) {
      if (!accepts(unit) || isFull(unit)) continue;
      const legal = nodeUsers.every((user) => {
        const other = unitOf.get(user) as Unit;
        return other === unit ? unit.members.has(user) : !reaches(other, unit);
      });
      if (legal) return unit;
    }
    return undefined;
  };

  for (const node of [...graph.nodes].reverse()) {
    // what a pooling took up is placed already
    if (unitOf.has(node)) continue;
    const nodeUsers = usersOf(node);
    const isOutput = node.outputs.some((output) => outputs.has(output));
    const [value] = node.outputs;
    if (node.primitive === inputPrimitive || node.primitive === constantPrimitive || isView(node)) {
      unitOf.set(node, { members: new Set(), prologue: new Set(), anchor: node });
      continue;
    }
    const only =
      new Set(nodeUsers.map((user) => unitOf.get(user) as Unit)).size === 1
        ? (unitOf.get(nodeUsers[0]) as Unit)
        : undefined;
    if (node.primitive.elementwise) {
      const feedsFold =
        only?.anchor &&
        isFold(only.anchor) &&
        nodeUsers.every((user) => user === only.anchor || only.prologue.has(user));
      if (feedsFold && !isOutput) {
        only.prologue.add(node);
        unitOf.set(node, only);
        continue;
      }
      const unit = home(node, nodeUsers, (u) => u.members.size > 0) ?? alone(node, "member");
      unit.members.add(node);
      unitOf.set(node, unit);
      if (isOutput || only !== unit) stored.add(value);
    } else if (canTakeUp(node)) {
      const fits = (u: Unit) =>
        u.members.size > 0 && !u.anchor && (isFold(node) || u.members.size <= MAX_EPILOGUE);
      const unit = home(node, nodeUsers, fits) ?? alone(node, "anchor");
      unit.anchor = node;
      unitOf.set(node, unit);
      if (isOutput || only !== unit) stored.add(value);
    } else {
      const pooled = rule("pooledConvolution")?.(node, usersOf, outputs);
      const unit: Unit = {
        members: new Set(),
        prologue: new Set(pooled?.between),
        anchor: node,
        product: pooled?.product,
      };
      units.push(unit);
      unitOf.set(node, unit);
      if (pooled) for (const taken of [...pooled.between, pooled.product]) unitOf.set(taken, unit);
      // where the maxima came from is only wanted for the derivative
      const optional = node.primitive.name === "reduce_window_max";
      for (const output of node.outputs) {
        if (!optional || outputs.has(output) || (users.get(output) ?? []).length > 0) stored.add(output);
      }
    }
  }
  return { units: units.reverse(), unitOf, stored };
}
