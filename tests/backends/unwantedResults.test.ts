import { describe, expect, it } from "vitest";
import type { LoopKernel } from "../../src/compiler/kernel.js";
import { lower } from "../../src/compiler/lower.js";
import { simplify } from "../../src/compiler/passes.js";
import * as lax from "../../src/primitives/index.js";
import { prepareLoops } from "../../src/runtime/loops.js";
import { traceGraph } from "../../src/trace/current.js";
import type { Graph, TensorType, Value } from "../../src/trace/graph.js";
import { numbers } from "./numbers.js";
import { expectSameBits } from "./run.js";

prepareLoops();

const state: TensorType = { shape: [4, 8], dtype: "float32" };
const STEPS = 5;

/** Two chains that know nothing of each other. Each is carried on; stacked are the first, and a further product of the second. */
const body = traceGraph(
  [{ shape: [8, 8], dtype: "float32" }, { shape: [8, 8], dtype: "float32" }, state, state, state, state],
  (first, second, a, b, x, z) => {
    const product = (before: Value, kernel: Value) =>
      lax.dotGeneral(before, kernel, { contracting: [[1], [0]], batch: [[], []] });
    const nextA = lax.tanh(lax.add(product(a, first), x));
    const nextB = lax.tanh(lax.add(product(b, second), z));
    return [nextA, nextB, nextA, product(nextB, second)];
  },
);

/** The loop's four results, as many as are wanted: two last states, two stacks. */
function loop(...wanted: readonly number[]): Graph {
  const kernel: TensorType = { shape: [8, 8], dtype: "float32" };
  const stack: TensorType = { shape: [STEPS, 4, 8], dtype: "float32" };
  return traceGraph([kernel, kernel, state, state, stack, stack], (first, second, a, b, x, z) => {
    // what only the second chain reads
    const slices = [x, lax.tanh(z)];
    const results = lax.scan(body, [first, second], [a, b], slices, { length: STEPS });
    return wanted.map((i) => results[i]);
  });
}

function kernelsOf(graph: Graph): { products: number; around: number; results: number } {
  const { kernels } = lower(simplify(graph));
  const loops = kernels.filter((kernel): kernel is LoopKernel => kernel.kind === "loop");
  expect(loops).toHaveLength(1);
  const { phases } = loops[0].bodies.body;
  return {
    products: phases.flat().filter(({ kernel }) => kernel.kind === "product").length,
    around: kernels.length - 1,
    results: loops[0].outputs.length,
  };
}

describe("of a loop only what is wanted is computed", () => {
  const all = kernelsOf(loop(0, 1, 2, 3));

  it("drops stacks that nobody reads, and what was computed for them", () => {
    const one = kernelsOf(loop(0, 1, 2));
    expect(all).toMatchObject({ products: 3, results: 4 });
    expect(one).toEqual({ products: 2, results: 3, around: all.around });
  });

  it("drops a chain that is carried on for itself alone, and its operands", () => {
    for (const wanted of [[0], [2], [0, 2]]) {
      const one = kernelsOf(loop(...wanted));
      // a stack needs the state that it is computed from
      const results = wanted.includes(2) ? 2 : 1;
      // the other chain's slices were computed before the loop
      expect(one).toEqual({ products: 1, results, around: all.around - 1 });
    }
  });

  it("keeps a state that another one needs", () => {
    const both = traceGraph([state, state], (a, b) => {
      const mixed = traceGraph([state, state], (x, y) => [lax.add(x, 1), lax.mul(x, y)]);
      return [lax.scan(mixed, [], [a, b], [], { length: STEPS })[1]];
    });
    const { nodes } = simplify(both);
    expect(nodes.find(({ primitive }) => primitive.name === "scan")?.outputs).toHaveLength(2);
  });

  it("gives the same bits", () => {
    for (const wanted of [[0], [1], [2], [3], [0, 3], [1, 2], [3, 2, 1]]) {
      const graph = loop(...wanted);
      const inputs = graph.inputs.map(({ shape, dtype }, i) => ({
        shape,
        dtype,
        data: numbers(shape, i + 1).data,
      }));
      expectSameBits(graph, inputs);
    }
  });
});
