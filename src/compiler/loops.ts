import type { Graph, Node, Value } from "../trace/graph.js";
import { type Expression, type Kernel, type LoopKernel, readsOf, type Store, writesOf } from "./kernel.js";
import type { Lowered, Repetition } from "./lower.js";
import { simplify } from "./passes.js";
import { ALIGNMENT, reservedBytes, type Schedule, scheduleBody } from "./schedule.js";
import { temporary } from "./views.js";

/**
 * The bodies are compiled like programs of their own, with all their memory in one scratch buffer. What is the same in every step
 * is computed once, before the loop.
 *
 * @param inputs where the operands lie
 * @param lower makes kernels of a body
 * @param kernels receives those that run before the loop
 */
export function lowerLoop(
  node: Node,
  inputs: readonly Value[],
  lower: (graph: Graph, repetition: Repetition) => Lowered,
  kernels: Kernel[],
): LoopKernel {
  const params = node.params as LoopParams;
  const bodies: Record<string, Schedule> = {};
  const constants: Value[] = [];
  const hoisted: Value[] = [];
  let bytes = 0;
  for (const key of ["condition", "body"] as const) {
    const graph = params[key];
    if (!graph) continue;
    const simple = simplify(graph);
    const fixed = simple.inputs.slice(0, params.constants);
    const lowered = lower(simple, { fixed: new Set(fixed), times: params.length ?? 1 });
    const before = invariantKernels(lowered, fixed);
    const outside = new Map(fixed.map((input, i) => [input, inputs[i]]));
    for (const kernel of before) kernels.push(withBuffers(kernel, outside));
    const inside = { ...lowered, kernels: lowered.kernels.filter((kernel) => !before.has(kernel)) };
    const made = new Set([...before].flatMap(writesOf));
    const needed = [...new Set(inside.kernels.flatMap(readsOf))].filter((buffer) => made.has(buffer));
    const carries = node.primitive.name === "scan" ? (params.carries ?? 0) : 0;
    const body = scheduleBody(simple, inside, {
      given: [...hoisted, ...needed],
      carries: simple.inputs.slice(params.constants, params.constants + carries),
    });
    hoisted.push(...needed);
    bodies[key] = body;
    constants.push(...body.constants.map((constant) => constant.value));
    bytes += scratchBytes(body, simple);
  }
  const scratch = temporary((node.outputs[0] ?? node.inputs[0]).graph, { shape: [bytes], dtype: "uint8" });
  return {
    kind: "loop",
    primitive: node.primitive.name as "scan" | "while",
    params,
    bodies,
    inputs: [...inputs, ...hoisted, ...constants],
    hoisted: hoisted.length,
    outputs: node.outputs,
    scratch,
    split: params.condition ? undefined : bodies.body.split,
  };
}

interface LoopParams {
  readonly condition?: Graph;
  readonly body: Graph;
  readonly length?: number;
  readonly constants: number;
  readonly carries?: number;
}

/** The arena of a body, and one copy of its inputs and of its results. */
function scratchBytes(body: Schedule, graph: Graph): number {
  return (
    body.arenaBytes +
    [...graph.inputs, ...graph.outputs].reduce((sum, value) => sum + reservedBytes(value), 0) +
    ALIGNMENT
  );
}

/** The kernels of a body that compute the same in every step, apart from those that write its results. */
function invariantKernels({ kernels, outputs }: Lowered, fixed: readonly Value[]): Set<Kernel> {
  const invariant = new Set(kernels);
  const changing = new Set<Value>(outputs);
  for (let before = -1; before !== invariant.size; ) {
    before = invariant.size;
    for (const kernel of invariant) {
      const buffers = [...readsOf(kernel), ...writesOf(kernel)];
      if (!buffers.some((buffer) => changing.has(buffer) || isGiven(buffer, fixed))) continue;
      invariant.delete(kernel);
      for (const buffer of writesOf(kernel)) changing.add(buffer);
    }
  }
  return invariant;
}

/** Whether a buffer is an input of the body that changes from step to step. */
function isGiven(buffer: Value, fixed: readonly Value[]): boolean {
  return buffer.node.primitive.name === "input" && !fixed.includes(buffer);
}

/** The same kernel with other buffers in place of some. */
function withBuffers(kernel: Kernel, replaced: ReadonlyMap<Value, Value>): Kernel {
  const at = <T extends { readonly buffer: Value }>(access: T): T => ({
    ...access,
    buffer: replaced.get(access.buffer) ?? access.buffer,
  });
  const done = new Map<Expression, Expression>();
  const rewrite = (expression: Expression): Expression => {
    let result = done.get(expression);
    if (!result) {
      result = expression;
      if (expression.kind === "load") result = { ...expression, access: at(expression.access) };
      if (expression.kind === "apply") result = { ...expression, operands: expression.operands.map(rewrite) };
      done.set(expression, result);
    }
    return result;
  };
  const stores = (list: readonly Store[]) =>
    list.map((store) => ({ access: at(store.access), expression: rewrite(store.expression) }));
  const all = (buffers: readonly Value[]) => buffers.map((buffer) => replaced.get(buffer) ?? buffer);
  switch (kernel.kind) {
    case "map":
      return { ...kernel, stores: stores(kernel.stores) };
    case "reduce":
      return { ...kernel, input: rewrite(kernel.input), stores: stores(kernel.stores) };
    case "product":
      return {
        ...kernel,
        a: at(kernel.a),
        b: at(kernel.b),
        initial: kernel.initial && at(kernel.initial),
        stores: stores(kernel.stores),
      };
    case "pooled_product":
    case "winograd":
      return {
        ...kernel,
        a: at(kernel.a),
        b: at(kernel.b),
        value: rewrite(kernel.value),
        maximum: at(kernel.maximum),
        winner: kernel.winner && at(kernel.winner),
      };
    case "nonzeros":
      return { ...kernel, a: at(kernel.a) };
    case "plain":
    case "loop":
      return { ...kernel, inputs: all(kernel.inputs) };
    case "fill":
      return kernel;
  }
}
