import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sumSamplesFirst } from "../../src/compiler/samples.js";
import * as lax from "../../src/primitives/index.js";
import { gradient } from "../../src/trace/grad.js";
import type { Graph, TensorType, Value } from "../../src/trace/graph.js";
import { Draw } from "./draw.js";
import { byDefinition, expectSameBits, traced } from "./run.js";

const float = (...shape: number[]): TensorType => ({ shape, dtype: "float32" });

/** A convolution without pooling, perhaps grouped, and a sum over everything but the channels: results and gradients. */
function layer(draw: Draw) {
  const [groups, perGroup, filtersPerGroup] = [draw.int(1, 3), draw.int(1, 3), draw.int(1, 3)];
  const batch = draw.chance(70) ? 4 * draw.int(1, 4) : draw.int(1, 17);
  const size = [draw.int(3, 9), draw.int(3, 9)];
  const convolution = {
    strides: [draw.int(1, 2), draw.int(1, 2)],
    padding: [0, 1].map(() => [draw.int(0, 1), draw.int(0, 1)] as const),
    lhsDilation: [1, 1],
    rhsDilation: [1, 1],
    groups,
  };
  const operands = [
    float(batch, ...size, groups * perGroup),
    float(draw.int(1, 3), draw.int(1, 3), perGroup, groups * filtersPerGroup),
  ];
  const graph = traced(operands, (x, kernel) => {
    const made = lax.convGeneralDilated(x, kernel, convolution);
    const sums = lax.reduceSum(lax.mul(made, made), [0, 1, 2]);
    return [sums, ...(gradient([sums], [sums], [x, kernel], lax.sumOfCotangents) as Value[])];
  });
  return { operands, graph };
}

const RUNS = Number(process.env.KERATIN_RUNS ?? 40);

describe("sums over samples in two steps", () => {
  const names = (graph: Graph) => graph.nodes.map((node) => node.primitive.name);

  it("have the bits of the definition, and the values of sums in one step", () => {
    let changed = 0;
    const property = fc.property(fc.gen(), (gen) => {
      const draw = new Draw(gen);
      const { operands, graph } = layer(draw);
      const arrays = operands.map((operand) => draw.array(operand, "moderate"));
      const inSteps = sumSamplesFirst(graph);
      if (names(inSteps).length > names(graph).length) changed++;
      expectSameBits(inSteps, arrays);
      const [expected, found] = [graph, inSteps].map((g) => byDefinition(g, arrays));
      for (const [k, { data }] of expected.entries()) {
        const largest = Math.max(1, ...Array.from(data, Math.abs));
        for (const [i, value] of data.entries())
          expect(Math.abs(found[k].data[i] - value) / largest).toBeLessThan(1e-5);
      }
    });
    fc.assert(property, { numRuns: RUNS });
    expect(changed).toBeGreaterThan(0);
  });

  it("are for batches that can be shared out, and for more than a few elements of a sample", () => {
    const sum = (shape: number[], axes: number[]) =>
      names(sumSamplesFirst(traced([float(...shape)], (x) => [lax.reduceSum(x, axes)]))).filter(
        (name) => name === "reduce_sum",
      ).length;
    expect(sum([32, 14, 14, 8], [0, 1, 2])).toBe(2);
    expect(sum([32, 14, 14, 8], [1, 2])).toBe(1);
    expect(sum([30, 14, 14, 8], [0, 1, 2])).toBe(1);
    expect(sum([4, 14, 14, 8], [0, 1, 2])).toBe(1);
    expect(sum([32, 3, 5], [0, 1, 2])).toBe(1);
    expect(sum([0, 14, 14, 8], [0, 1, 2])).toBe(1);
  });
});
