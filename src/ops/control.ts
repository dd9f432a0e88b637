import * as lax from "../primitives/index.js";
import { prepareLoops } from "../runtime/loops.js";
import { currentGraph, isTracing, traceGraph, withGraph } from "../trace/current.js";
import { formatType, Graph, type TensorType, type Value } from "../trace/graph.js";
import { logicalAnd } from "./elementwise.js";
import { executeGraph } from "./execute.js";
import { Tensor, toTensor, valueOf } from "./tensor.js";
import { Trace } from "./trace.js";
import { flatten, type Tree } from "./tree.js";
import { Variable } from "./variable.js";

export interface ScanOptions {
  /** Number of steps. Default: the length of the first axis of `xs`. */
  readonly length?: number;
  /** Whether to start with the last slice. Default false. */
  readonly reverse?: boolean;
}

/**
 * Goes over the slices of `xs` along the first axis, with something carried from each step to the next.
 *
 * ```ts
 * const [sum, running] = ops.scan((sum: Tensor, x: Tensor) => [sum.add(x), sum.add(x)], tensor(0), tensor([1, 2, 3]));
 * ```
 *
 * @param f `(carry, slice) => [carry, result]`; the carry keeps its structure, shapes and dtypes
 * @param init the first carry: tensors nested in arrays and objects
 * @param xs tensors of one length, nested likewise; left out, `f` gets `undefined` and `length` is needed
 * @returns the last carry, and the results of all steps, stacked along a new first axis
 * @throws if lengths differ or the carry changes its type
 * @see https://keras.io/api/ops/core/ (keras.ops.scan)
 */
export function scan<C extends Tree, X extends Tree, Y extends Tree>(
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs?: X,
  options: ScanOptions = {},
): [C, Y] {
  const carry = flatten(withTensors(init));
  const slices = flatten(withTensors(xs));
  const lengths = new Set(slices.tensors.map((t) => t.shape[0]));
  const length = options.length ?? [...lengths][0];
  if (length === undefined || [...lengths].some((other) => other !== length)) {
    throw new Error(
      `ops.scan: expected \`xs\` of one length along the first axis, or \`length\`. ` +
        `Received: ${slices.tensors.map(formatType).join(" and ") || "nothing"}${options.length === undefined ? "" : `, length=${options.length}`}`,
    );
  }
  let results: ReturnType<typeof flatten> | undefined;
  const tensors = applyLoop([...carry.tensors, ...slices.tensors], (values) => {
    const carries = values.slice(0, carry.tensors.length);
    const sliced = values.slice(carry.tensors.length);
    const types = [...carries, ...sliced.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype }))];
    const body = traceBody(types, (inputs) => {
      const [next, result] = f(
        carry.rebuild(inputs.slice(0, carries.length)) as C,
        slices.rebuild(inputs.slice(carries.length)) as X,
      );
      const after = flatten(withTensors(next));
      if (after.structure !== carry.structure) {
        throw new Error("ops.scan: the carry must keep its structure from step to step.");
      }
      results = flatten(withTensors(result));
      return [...after.tensors, ...results.tensors];
    });
    return lax.scan(body.graph, body.captured, carries, sliced, { length, reverse: options.reverse });
  });
  const stacked = tensors.slice(carry.tensors.length);
  return [carry.rebuild(tensors) as C, (results as ReturnType<typeof flatten>).rebuild(stacked) as Y];
}

/** Loop variables: one, or several in an array, as `cond` and `body` take them. */
type LoopVariables = Tree;

/**
 * Repeats `body` for as long as `cond` gives true. Has no derivative (see `scan` and `foriLoop` for loops that have).
 *
 * @param cond loop variables → a bool scalar
 * @param body loop variables → loop variables of the same structure, shapes and dtypes
 * @param loopVars where they start: a tensor, or tensors nested in arrays and objects
 * @param options.maximumIterations stop after this many (default: no limit)
 * @see https://keras.io/api/ops/core/ (keras.ops.while_loop)
 */
export function whileLoop<C extends LoopVariables>(
  cond: (variables: C) => Tensor | boolean,
  body: (variables: C) => C,
  loopVars: C,
  options: { readonly maximumIterations?: number } = {},
): C {
  const { maximumIterations } = options;
  const start = flatten(withTensors(loopVars));
  const tensors = applyLoop([...start.tensors, new Tensor(new Int32Array(1), scalarInt)], (values) => {
    const bodies = traceBodies(values, [
      (inputs) => {
        const holds = toTensor(cond(start.rebuild(inputs) as C)).astype("bool");
        const counter = inputs[inputs.length - 1];
        return [maximumIterations === undefined ? holds : logicalAnd(holds, counter.less(maximumIterations))];
      },
      (inputs) => {
        const after = flatten(withTensors(body(start.rebuild(inputs) as C)));
        if (after.structure !== start.structure) {
          throw new Error("ops.whileLoop: the loop variables must keep their structure.");
        }
        return [...after.tensors, inputs[inputs.length - 1].add(1)];
      },
    ]);
    const [condition, repeated] = bodies.graphs;
    return lax.whileLoop(condition, repeated, bodies.captured, values);
  });
  return start.rebuild(tensors) as C;
}

/**
 * Repeats `body(i, value)` for i from `lower` to `upper` − 1, and gives the last value.
 * @see https://keras.io/api/ops/core/ (keras.ops.fori_loop)
 */
export function foriLoop<C extends Tree>(
  lower: number,
  upper: number,
  body: (i: Tensor, value: C) => C,
  initVal: C,
): C {
  const length = Math.max(upper - lower, 0);
  const steps = new Tensor(
    Int32Array.from({ length }, (_, i) => lower + i),
    { shape: [length], dtype: "int32" },
  );
  return scan<C, Tensor, null>((value, i) => [body(i, value), null], initVal, steps)[0];
}

const scalarInt: TensorType = { shape: [], dtype: "int32" };

/** Numbers as tensors: what goes from step to step has a type. */
function withTensors(tree: Tree): Tree {
  if (typeof tree === "number" || typeof tree === "boolean") return toTensor(tree);
  if (tree instanceof Tensor || tree instanceof Variable || typeof tree !== "object" || tree === null)
    return tree;
  if (Array.isArray(tree)) return (tree as readonly Tree[]).map(withTensors);
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, withTensors(value)]));
}

/** Appends to the graph that is being traced, or else runs at once. */
function applyLoop(
  inputs: readonly Tensor[],
  build: (inputs: readonly Value[]) => readonly Value[],
): Tensor[] {
  prepareLoops();
  if (isTracing())
    return build(inputs.map((input) => valueOf(input))).map((value) => new Tensor(value, value));
  const graph = traceGraph(inputs, (...values) => build(values));
  return executeGraph(graph, inputs).map((array) => new Tensor(array.data, array));
}

function traceBody(types: readonly TensorType[], build: (inputs: Tensor[]) => readonly Tensor[]) {
  const { graphs, captured } = traceBodies(types, [build]);
  return { graph: graphs[0], captured };
}

/**
 * Traces bodies of a loop as graphs of their own. Tensors of the surrounding trace that they use become inputs
 * that stay the same in every step; these come first, and are the same for all bodies.
 */
function traceBodies(
  types: readonly TensorType[],
  builds: readonly ((inputs: Tensor[]) => readonly Tensor[])[],
): { graphs: Graph[]; captured: Value[] } {
  const outer = currentGraph();
  const captured: Value[] = [];
  const assigned = Trace.active && new Map(Trace.active.assigned);
  const drafts = builds.map((build) => {
    const graph = new Graph();
    const values = types.map((type) => graph.input(type));
    const stands = new Map<Value, Value>();
    graph.capture = (foreign) => {
      const value = foreign.graph === outer ? foreign : (outer.capture?.(foreign) ?? foreign);
      const inside = stands.get(value) ?? graph.input(value);
      stands.set(value, inside);
      if (!captured.includes(value)) captured.push(value);
      return inside;
    };
    withGraph(graph, () => {
      graph.outputs = build(values.map((value) => new Tensor(value, value))).map((t) => valueOf(t));
    });
    return { graph, values, stands };
  });
  for (const [holder, value] of Trace.active?.assigned ?? []) {
    if (assigned?.get(holder) !== value) {
      throw new Error(
        "A variable was assigned inside of a loop body. Carry its value through the loop, and assign it afterwards.",
      );
    }
  }
  const graphs = drafts.map(({ graph, values, stands }) =>
    traceGraph([...captured, ...types], (...inputs) => {
      const given = new Map<Value, Value>(values.map((value, i) => [value, inputs[captured.length + i]]));
      for (const [value, inside] of stands) given.set(inside, inputs[captured.indexOf(value)]);
      return lax.inlineGraph(
        graph,
        graph.inputs.map((input) => given.get(input) as Value),
      );
    }),
  );
  return { graphs, captured };
}
