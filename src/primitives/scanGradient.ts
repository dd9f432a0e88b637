import { traceGraph, withGraph } from "../trace/current.js";
import { gradient } from "../trace/grad.js";
import type { Body, Graph, Node, TensorType, Value } from "../trace/graph.js";
import { full, splatOf } from "./broadcast.js";
import { type DotParams, dotGeneral } from "./contraction.js";
import { sumOfCotangents } from "./cotangents.js";
import { add } from "./elementwise.js";
import { reduceSum } from "./reduction.js";
import { between, inlineGraph, partBetween } from "./subgraph.js";

// The derivative of a scan is a scan in the other direction. What it needs of the forward steps is kept rather than computed
// again, and what it only adds up over all steps (the gradients of weights) is one product over all of them after the loop.

export interface ScanShape {
  readonly body: Body;
  readonly length: number;
  readonly constants: number;
  readonly carries: number;
}

/** What the derivative of a scan consists of. Values are those of one graph that has a step and its derivative. */
export interface ScanGradient {
  /** The body with more results: `kept` after its own. */
  readonly forward: Body;
  readonly kept: readonly Value[];
  /** (constants…, sums…, cotangents of carries…, stacked…, cotangents of results…) → (sums…, cotangents of carries…, results…) */
  readonly backward: Body;
  /** What is added up inside of the loop. */
  readonly sums: readonly TensorType[];
  /** Operands that the backward scan takes slices of. */
  readonly stacked: readonly Value[];
  /** What the backward scan gives for each step. */
  readonly results: readonly Value[];
  /** Values of a step that are operands of the scan: of which slice. */
  readonly slices: ReadonlyMap<Value, number>;
  /** The step's results, by their position: those that `kept` need not repeat. */
  readonly own: ReadonlyMap<Value, number>;
  /** The cotangents of the slices, for each float32 one. */
  readonly ofSlices: readonly Value[];
  /**
   * The cotangents of the float32 constants.
   * @param sumOf what the loop added up
   * @param stackOf a value of all steps
   */
  ofConstants(sumOf: (index: number) => Value, stackOf: (value: Value) => Value): Value[];
}

const isFloat = (type: TensorType) => type.dtype === "float32";

/** @param given which results have cotangents (those of carries always flow) */
export function gradientOfScan(scan: ScanShape, given: readonly boolean[]): ScanGradient {
  const { body, constants, carries } = scan;
  const seeded = body.outputs.map((type, i) => isFloat(type) && (i < carries || given[i]));
  const floats = body.inputs.map(isFloat);
  let outputs: Value[] = [];
  let cotangents: Value[] = [];
  const joint = traceGraph([...body.inputs, ...body.outputs.filter((_, i) => seeded[i])], (...values) => {
    const inputs = values.slice(0, body.inputs.length);
    outputs = inlineGraph(body, inputs);
    const wanted = inputs.filter((_, i) => floats[i]);
    cotangents = gradient(
      outputs.filter((_, i) => seeded[i]),
      values.slice(body.inputs.length),
      wanted,
      sumOfCotangents,
    ).map((value, i) => value ?? full(wanted[i].shape, 0, "float32"));
    return cotangents;
  });
  const fixed = joint.inputs.slice(0, constants);
  const before = joint.inputs.slice(constants, constants + carries);
  const sliced = joint.inputs.slice(constants + carries, body.inputs.length);
  const seeds = joint.inputs.slice(body.inputs.length);
  const numberOfCarries = before.filter(isFloat).length;
  const numberOfConstants = fixed.filter(isFloat).length;
  const ofConstants = cotangents.slice(0, numberOfConstants);
  const ofCarries = cotangents.slice(numberOfConstants, numberOfConstants + numberOfCarries);
  const ofSlices = cotangents.slice(numberOfConstants + numberOfCarries);

  const nature = new Nature(joint, fixed, seeds);
  const operands = ofConstants.flatMap((value) => productsIn(value, nature).flatMap((node) => node.inputs));
  const overAllSteps = new OverAllSteps(new Set([...operands, ...ofSlices]), nature);
  const totals = ofConstants.map((value) => overAllSteps.of(value));
  const stackedLater = [...new Set([...overAllSteps.operands, ...ofSlices])];

  // sums that stay in the loop: each goes on with what came before
  const sums: Value[] = [];
  const added = withGraph(joint, () =>
    totals.flatMap(({ inside }) => {
      if (inside.length === 0) return [];
      const so = joint.input(inside[0]);
      sums.push(so);
      return [add(so, inside.reduce(add))];
    }),
  );

  const computed = stackedLater.filter((value) => nature.of(value) === "backward");
  const roots = [...added, ...ofCarries, ...computed];
  const known = stackedLater.filter((value) => nature.of(value) === "forward" && !sliced.includes(value));
  const kept = keptOf(roots, known, { nature, sliced });
  const needed = [...between([...kept, ...joint.inputs], roots)];
  const reads = new Set([...needed.flatMap((node) => node.inputs), ...roots]);
  const stacked = [...kept, ...sliced].filter((value) => reads.has(value));
  const own = new Map(outputs.map((value, i) => [value, i] as const).filter(([, i]) => i >= carries));
  const more = kept.filter((value) => !own.has(value));
  return {
    forward: partBetween(joint.inputs.slice(0, body.inputs.length), [...outputs, ...more]),
    kept: more,
    backward: partBetween(
      [...fixed, ...sums, ...seeds.slice(0, numberOfCarries), ...stacked, ...seeds.slice(numberOfCarries)],
      roots,
    ),
    sums,
    stacked,
    results: computed,
    slices: new Map(sliced.map((value, i) => [value, i])),
    own,
    ofSlices,
    ofConstants(sumOf, stackOf) {
      let next = 0;
      return totals.map(({ after, inside }, i) => {
        const parts = after.map((build) => build(stackOf));
        if (inside.length > 0) parts.push(sumOf(next++));
        return parts.length > 0 ? parts.reduce(add) : full(ofConstants[i].shape, 0, "float32");
      });
    },
  };
}

/** Whether values of a step are the same in all steps, follow from the forward step, or need cotangents. */
class Nature {
  readonly #of = new Map<Value, "constant" | "forward" | "backward">();

  constructor(joint: Graph, fixed: readonly Value[], seeds: readonly Value[]) {
    for (const input of joint.inputs) this.#of.set(input, "forward");
    for (const input of fixed) this.#of.set(input, "constant");
    for (const input of seeds) this.#of.set(input, "backward");
  }

  of(value: Value): "constant" | "forward" | "backward" {
    let nature = this.#of.get(value);
    if (!nature) {
      const inputs = value.node.inputs.map((input) => this.of(input));
      nature = inputs.includes("backward") ? "backward" : inputs.includes("forward") ? "forward" : "constant";
      this.#of.set(value, nature);
    }
    return nature;
  }
}

/** Operations of which a sum over all steps can be taken before rather than after. */
const linear = new Set(["transpose", "reshape", "neg", "slice", "reverse", "concatenate", "pad"]);

function isLinear({ primitive, inputs }: Node): boolean {
  return linear.has(primitive.name) && (primitive.name !== "pad" || splatOf(inputs[1]) === 0);
}

/** The operands of a linear operation that are summed: all but the zero that pads. */
function summedOperands({ primitive, inputs }: Node): readonly Value[] {
  return primitive.name === "pad" ? inputs.slice(0, 1) : inputs;
}

function isProductOfSteps({ primitive, inputs }: Node, nature: Nature): boolean {
  return primitive.name === "dot_general" && inputs.every((input) => nature.of(input) !== "constant");
}

/** The products that a cotangent is summed from. */
function productsIn(value: Value, nature: Nature): Node[] {
  const { node } = value;
  if (isProductOfSteps(node, nature)) return [node];
  if (node.primitive.name === "add" || isLinear(node))
    return summedOperands(node).flatMap((operand) => productsIn(operand, nature));
  return [];
}

/** Computes something of all steps from stacked values. */
type OfAllSteps = (stackOf: (value: Value) => Value) => Value;

/** The sum over all steps of a value, in parts: those computed after the loop, and those added up inside of it. */
interface Total {
  readonly after: readonly OfAllSteps[];
  readonly inside: readonly Value[];
}

/** Finds what can be summed over all steps after the loop. */
class OverAllSteps {
  /** What is needed of all steps. */
  readonly operands = new Set<Value>();

  /** @param stacked values that will be known of all steps anyway */
  constructor(
    readonly stacked: ReadonlySet<Value>,
    readonly nature: Nature,
  ) {}

  of(value: Value): Total {
    const after: OfAllSteps[] = [];
    const inside: Value[] = [];
    const visit = (term: Value) => {
      if (splatOf(term) === 0) return;
      if (term.node.primitive.name === "add") {
        term.node.inputs.forEach(visit);
        return;
      }
      const later = this.#later(term);
      if (later) after.push(later);
      else inside.push(term);
    };
    visit(value);
    return { after, inside };
  }

  #later(value: Value): OfAllSteps | undefined {
    const { node } = value;
    const { inputs, primitive, params } = node;
    if (splatOf(value) === 0) return () => full(value.shape, 0, "float32");
    if (isProductOfSteps(node, this.nature)) {
      for (const input of inputs) this.operands.add(input);
      return (stackOf) => dotGeneral(stackOf(inputs[0]), stackOf(inputs[1]), overSteps(params as DotParams));
    }
    if (primitive.name === "reduce_sum" && this.stacked.has(inputs[0])) {
      this.operands.add(inputs[0]);
      const { axes } = params as { axes: readonly number[] };
      return (stackOf) => reduceSum(stackOf(inputs[0]), [0, ...axes.map((axis) => axis + 1)]);
    }
    if (!isLinear(node) && primitive.name !== "add") return undefined;
    const summed = summedOperands(node).map((operand) => this.#later(operand));
    if (!summed.every((operand) => operand !== undefined)) return undefined;
    return (stackOf) => {
      const operands = summed.map((operand) => operand(stackOf));
      const { graph } = operands[0];
      const padding = primitive.name === "pad" ? [full([], 0, "float32")] : [];
      return graph.add(primitive, params, [...operands, ...padding])[0];
    };
  }
}

/** The same product with the steps as the first of the axes that are summed over. */
function overSteps({ contracting, batch }: DotParams): DotParams {
  const moved = (axes: readonly number[]) => axes.map((axis) => axis + 1);
  return {
    contracting: [
      [0, ...moved(contracting[0])],
      [0, ...moved(contracting[1])],
    ],
    batch: [moved(batch[0]), moved(batch[1])],
  };
}

const views = new Set(["reshape", "transpose", "broadcast_in_dim", "reverse"]);

/** Elementwise operations that take no longer than reading their result would. */
const quick = new Set([
  ...["neg", "abs", "sign", "add", "sub", "mul", "max", "min", "select", "clamp", "not", "and", "or", "xor"],
  ...["eq", "ne", "lt", "le", "gt", "ge", "identity", "stop_gradient", "convert", "slice"],
]);
/** So many of them, one after the other, are computed again rather than kept. */
const FEW = 8;

/** Which values of the forward step are kept for the backward one; the others are computed again from these. */
function keptOf(
  roots: readonly Value[],
  known: readonly Value[],
  { nature, sliced }: { readonly nature: Nature; readonly sliced: readonly Value[] },
): Value[] {
  const kept = new Set<Value>(known);
  const wanted = new Set<Value>();
  const want = (value: Value) => {
    if (nature.of(value) !== "forward" || sliced.includes(value)) return;
    const { node } = value;
    if (views.has(node.primitive.name)) node.inputs.forEach(want);
    else wanted.add(value);
  };
  roots.forEach(want);
  for (const node of between([], roots))
    if (node.outputs.some((output) => nature.of(output) === "backward")) node.inputs.forEach(want);

  /** Operations that it takes to compute a value again. */
  const cost = (value: Value, costs: Map<Value, number>): number => {
    if (nature.of(value) === "constant" || kept.has(value) || sliced.includes(value)) return 0;
    let result = costs.get(value);
    if (result === undefined) {
      const { primitive, inputs } = value.node;
      const own = quick.has(primitive.name) ? 1 : views.has(primitive.name) ? 0 : Number.POSITIVE_INFINITY;
      result = inputs.reduce((sum, input) => sum + cost(input, costs), own);
      costs.set(value, result);
    }
    return result;
  };
  const ordered = [...wanted].sort((a, b) => a.node.id - b.node.id);
  for (const value of ordered) if (!quick.has(value.node.primitive.name)) kept.add(value);
  for (const value of ordered) if (cost(value, new Map()) > FEW) kept.add(value);
  return [...kept];
}
