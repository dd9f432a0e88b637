import { sizeOf, stridesOf } from "../tensor/shape.js";
import {
  constantData,
  constantPrimitive,
  type Graph,
  inputPrimitive,
  type Node,
  type Value,
} from "../trace/graph.js";
import { blocked, type KnownPanels, rowsOf } from "./blocking.js";
import { collapseFold, collapseMap, collapseProduct } from "./collapse.js";
import { inShortLoops } from "./fission.js";
import { type Fusion, fuse, isFold, isView, type Unit } from "./fusion.js";
import {
  type Access,
  type Expression,
  type Fold,
  type Kernel,
  readsOf,
  type Store,
  writesOf,
} from "./kernel.js";
import { withoutZeros } from "./nonZeros.js";
import { ownedProducts } from "./ownership.js";
import { lowerPad } from "./pad.js";
import { lowerProduct } from "./products.js";
import { neededRule, rule } from "./rules.js";
import { accessTo, identityIndex, Places, temporary } from "./views.js";

/** How a body is repeated: what stays the same, and how often it is used at least. */
export interface Repetition {
  readonly fixed: ReadonlySet<Value>;
  readonly times: number;
}

/** The kernels that compute a graph (in no particular order but for writers of one buffer) and where its results lie. */
export interface Lowered {
  readonly kernels: readonly Kernel[];
  /** The buffer that holds each graph output, row-major. */
  readonly outputs: readonly Value[];
}

/**
 * Turns a simplified graph into kernels.
 * @param repetition for the body of a loop: what stays the same
 */
export function lower(graph: Graph, repetition?: Repetition): Lowered {
  const fusion = fuse(graph);
  const parts = partsOf(graph, fusion);
  const kernels: Kernel[] = [];
  const places = new Places(kernels);
  for (const unit of fusion.units) lowerUnit(unit, { fusion, parts, places, kernels });
  const used = new Set<Value>();
  const outputs = graph.outputs.map((output) => {
    const buffer = places.bufferOf(output);
    // an output needs memory of its own: not that of an input, a constant or another output
    const own =
      !used.has(buffer) &&
      buffer.node.primitive !== inputPrimitive &&
      buffer.node.primitive !== constantPrimitive;
    if (own) {
      used.add(buffer);
      return buffer;
    }
    const copy = temporary(output.graph, output);
    places.copy(output, copy);
    return copy;
  });
  return { kernels: inPieces({ kernels, outputs }, graph, repetition), outputs };
}

/** Long loops and large products as several kernels, in their places. */
function inPieces(lowered: Lowered, graph: Graph, repetition: Repetition | undefined): readonly Kernel[] {
  const { kernels } = lowered;
  const known: KnownPanels = new Map();
  // these multiply and update what is in panels during the whole run
  const owned = ownedProducts(graph, lowered);
  const pieces = new Map<Kernel, readonly Kernel[]>();
  // the largest first: others may find that their operand is in panels already
  const products = kernels.filter((kernel) => kernel.kind === "product");
  for (const product of products.sort((a, b) => rowsOf(b) - rowsOf(a))) {
    // of what stays the same in a loop, a copy in another order is made but once
    const again = repetition && isInvariant(product.b.buffer, kernels, repetition.fixed);
    pieces.set(
      product,
      owned.has(product) ? [product] : blocked(product, graph, again ? repetition.times : 1, known),
    );
  }
  // what the body of a loop is given is nothing that is known to have zeros
  if (!repetition) leaveOutZeros(pieces, lowered, graph);
  return kernels.flatMap((kernel) => {
    if (kernel.kind === "map") return inShortLoops(collapseMap(kernel), graph);
    return pieces.get(kernel) ?? [kernel];
  });
}

/** Of products that are whole, and whose rows were not packed. */
function leaveOutZeros(pieces: Map<Kernel, readonly Kernel[]>, lowered: Lowered, graph: Graph): void {
  const whole = [...pieces].flatMap(([product, parts]) => {
    const last = parts[parts.length - 1];
    return last.kind === "product" && product.kind === "product" && last.a === product.a ? [last] : [];
  });
  const without = withoutZeros(whole, lowered, graph);
  for (const kernel of lowered.kernels) {
    const parts = pieces.get(kernel) ?? [kernel];
    pieces.set(
      kernel,
      parts.flatMap((part) => without.get(part) ?? [part]),
    );
  }
}

/** Whether `kernels` make a buffer from nothing but what stays the same. */
function isInvariant(buffer: Value, kernels: readonly Kernel[], fixed: ReadonlySet<Value>): boolean {
  if (fixed.has(buffer) || constantData(buffer)) return true;
  const writers = kernels.filter((kernel) => writesOf(kernel).includes(buffer));
  return (
    writers.length > 0 &&
    writers.every((writer) => readsOf(writer).every((read) => isInvariant(read, kernels, fixed)))
  );
}

/** What lowering knows of the whole graph. */
interface Context {
  readonly fusion: Fusion;
  readonly parts: ReadonlyMap<Value, Part>;
  readonly places: Places;
  readonly kernels: Kernel[];
}

/** Where a value is a part of a concatenation. */
interface Part {
  readonly result: Value;
  readonly axis: number;
  readonly start: number;
}

/** Values that are written where they are concatenated, since nobody else wants them. */
function partsOf(graph: Graph, { unitOf }: Fusion): Map<Value, Part> {
  const uses = new Map<Value, number>();
  for (const value of [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs])
    uses.set(value, (uses.get(value) ?? 0) + 1);
  const parts = new Map<Value, Part>();
  for (const { primitive, params, inputs, outputs } of graph.nodes) {
    if (primitive.name !== "concatenate") continue;
    const { axis } = params as { axis: number };
    let start = 0;
    for (const value of inputs) {
      const computed = unitOf.get(value.node)?.members.has(value.node);
      if (computed && uses.get(value) === 1) parts.set(value, { result: outputs[0], axis, start });
      start += value.shape[axis];
    }
  }
  return parts;
}

function lowerUnit(unit: Unit, context: Context): void {
  const { fusion, places, kernels } = context;
  const { anchor } = unit;
  if (!anchor) {
    const { shape } = [...unit.members][0].outputs[0];
    kernels.push({ kind: "map", extents: shape, stores: storesOf(unit, context, shape.length) });
  } else if (unit.product) {
    const { product, prologue: between } = unit;
    const { stored } = fusion;
    if (product.primitive.name === "winograd_convolution")
      kernels.push(neededRule("lowerWinograd")(product, places, { pool: anchor, between, stored }));
    else kernels.push(...neededRule("lowerPooledProduct")(anchor, product, between, stored, places));
  } else if (isFold(anchor)) {
    kernels.push(lowerFold(anchor, unit, context));
  } else if (isProduct(anchor)) {
    const products = lowerProduct(anchor, (rank) => storesOf(unit, context, rank), places);
    kernels.push(...products.map(collapseProduct));
  } else {
    lowerPlain(anchor, context);
  }
}

function isProduct(node: Node): boolean {
  return ["dot_general", "conv_general_dilated", "conv_kernel_gradient"].includes(node.primitive.name);
}

/** What a unit computes after its anchor, over a loop nest of `rank` axes that are those of its results. */
function storesOf(unit: Unit, { fusion, parts, places }: Context, rank: number): Store[] {
  const results = [...unit.members].flatMap((node) => node.outputs);
  const result = unit.anchor?.outputs[0];
  const build = expressionBuilder(unit.members, places, rank, result);
  const wanted = (result ? [result, ...results] : results).filter((value) => fusion.stored.has(value));
  return wanted.map((value) => ({
    access: storeOf(value, parts.get(value), rank),
    expression: build(value),
  }));
}

/** Where a value is stored: in memory of its own, or where it is part of a concatenation. */
function storeOf(value: Value, part: Part | undefined, rank: number): Access {
  const { result, axis, start } = part ?? { result: value, axis: 0, start: 0 };
  const index = identityIndex(value.shape.length).map((i) => (i.axis === axis ? { ...i, offset: start } : i));
  return accessTo(result, result.shape, value.dtype, index, rank);
}

/** Builds expressions over a loop nest: `inside` nodes are computed there, everything else is read. */
function expressionBuilder(
  inside: ReadonlySet<Node>,
  places: Places,
  rank: number,
  result?: Value,
): (value: Value) => Expression {
  const built = new Map<Value, Expression>();
  const build = (value: Value): Expression => {
    const known = built.get(value);
    if (known) return known;
    let expression: Expression;
    if (value === result) {
      expression = { kind: "result", dtype: value.dtype };
    } else if (inside.has(value.node)) {
      const { primitive, params, inputs } = value.node;
      expression = { kind: "apply", dtype: value.dtype, primitive, params, operands: inputs.map(build) };
    } else {
      expression = places.read(value, identityIndex(value.shape.length), rank);
    }
    built.set(value, expression);
    return expression;
  };
  return build;
}

function lowerFold(node: Node, unit: Unit, context: Context): Kernel {
  const { places } = context;
  const [input] = node.inputs;
  const { axes } = node.params as { axes: readonly number[] };
  const rank = input.shape.length;
  const adjacent = axes.every((axis, i) => i === 0 || axis === axes[i - 1] + 1);
  const from = axes[0] ?? rank;
  if (adjacent) {
    const expression = expressionBuilder(unit.prologue, places, rank)(input);
    const parts = collapseFold(input.shape, expression, [from, from + axes.length]);
    if (parts) return foldKernel(node, parts, storesOf(unit, context, rank - axes.length));
  }
  return foldKernel(
    node,
    foldedTogether(input, unit, axes, places),
    storesOf(unit, context, rank - axes.length),
  );
}

/**
 * Copies what is folded so that the folded axes lie evenly. They go last if the last axis is one of them, else in front of
 * the last axes that are kept: then the copy reads and writes along the same axis.
 */
function foldedTogether(input: Value, unit: Unit, axes: readonly number[], places: Places): FoldParts {
  const { shape, dtype } = input;
  const rank = shape.length;
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const outer = axes.includes(rank - 1) ? kept : kept.filter((axis) => axis < axes[0]);
  const inner = kept.slice(outer.length);
  const order = [...outer, ...axes, ...inner];
  const extents = (list: readonly number[]) => list.map((axis) => shape[axis]);
  const copy = temporary(input.graph, { shape: extents(order), dtype });
  const strides = stridesOf(copy.shape);
  places.kernels.push({
    kind: "map",
    extents: shape,
    stores: [
      {
        access: { buffer: copy, dtype, offset: 0, strides: shape.map((_, a) => strides[order.indexOf(a)]) },
        expression: expressionBuilder(unit.prologue, places, rank)(input),
      },
    ],
  });
  const count = sizeOf(extents(axes));
  const flat = [...extents(outer), count, ...extents(inner)];
  const access = accessTo(copy, flat, dtype, identityIndex(flat.length), flat.length);
  return { outer: extents(outer), count, inner: extents(inner), input: { kind: "load", dtype, access } };
}

interface FoldParts {
  readonly outer: readonly number[];
  readonly count: number;
  readonly inner: readonly number[];
  readonly input: Expression;
}

function foldKernel(node: Node, parts: FoldParts, stores: readonly Store[]): Kernel {
  return {
    kind: "reduce",
    fold: node.primitive.name as Fold,
    outer: parts.outer,
    count: parts.count,
    inner: parts.inner,
    input: parts.input,
    stores,
  };
}

/** Everything with loops of its own reads row-major buffers. */
function lowerPlain(node: Node, context: Context): void {
  const { fusion, places, kernels } = context;
  const { primitive, params } = node;
  if (primitive.name === "input" || primitive.name === "constant" || isView(node)) return;
  if (primitive.name === "pad") {
    const { low, high, interior } = params as {
      low: readonly number[];
      high: readonly number[];
      interior?: readonly number[];
    };
    lowerPad(
      node.inputs[0],
      node.inputs[1],
      { low, high, interior: interior ?? low.map(() => 0) },
      node.outputs[0],
      places,
    );
    return;
  }
  if (primitive.name === "concatenate") {
    lowerConcatenate(node, context);
    return;
  }
  if (primitive.name === "winograd_convolution") {
    kernels.push(neededRule("lowerWinograd")(node, places));
    return;
  }
  const winners = rule("lowerWinners")?.(node, places);
  if (winners) {
    kernels.push(...winners);
    return;
  }
  const inputs = node.inputs.map((input) => places.bufferOf(input));
  if (primitive.name === "scan" || primitive.name === "while") {
    kernels.push(neededRule("lowerLoop")(node, inputs, lower, kernels));
    return;
  }
  const outputs = node.outputs.filter((output) => fusion.stored.has(output));
  kernels.push({ kind: "plain", primitive, params, operands: node.inputs, inputs, outputs });
}

function lowerConcatenate(node: Node, { parts, places, kernels }: Context): void {
  const { axis } = node.params as { axis: number };
  const [result] = node.outputs;
  const strides = stridesOf(result.shape);
  let start = 0;
  for (const input of node.inputs) {
    const rank = input.shape.length;
    const access = { buffer: result, dtype: result.dtype, offset: start * strides[axis], strides };
    start += input.shape[axis];
    if (parts.has(input)) continue;
    const expression = places.read(input, identityIndex(rank), rank);
    kernels.push({ kind: "map", extents: input.shape, stores: [{ access, expression }] });
  }
}
