import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gatherWinners } from "../../src/compiler/winners.js";
import * as lax from "../../src/primitives/index.js";
import { gradient } from "../../src/trace/grad.js";
import type { Graph, TensorType, Value } from "../../src/trace/graph.js";
import { Draw } from "./draw.js";
import { byDefinition, expectSameBits, traced } from "./run.js";

/** Convolution, bias, perhaps relu, max-pooling: the result, and the gradients of everything. */
function pooledLayer(draw: Draw) {
  const [height, width] = [draw.int(7, 14), draw.int(7, 14)];
  const [channels, filters] = [draw.int(1, 5), draw.int(1, 17)];
  const taps = [draw.int(1, 3), draw.int(1, 3)];
  const same = draw.chance(40);
  const padding = taps.map((tap): [number, number] =>
    same ? [(tap - 1) >> 1, tap - 1 - ((tap - 1) >> 1)] : [0, 0],
  );
  const strides = draw.chance(80) ? [1, 1] : [draw.int(1, 2), draw.int(1, 2)];
  const convolution = { strides, padding, lhsDilation: [1, 1], rhsDilation: [1, 1], groups: 1 };
  const window = draw.chance(30) ? [4, 4] : [draw.int(1, 3), draw.int(1, 3)];
  const relu = draw.chance(50);
  const float = (shape: readonly number[]): TensorType => ({ shape, dtype: "float32" });
  const operands = [
    float([draw.int(1, 9), height + 3, width + 3, channels]),
    float([...taps, channels, filters]),
    float([filters]),
  ];
  const pool = {
    window: [1, ...window, 1],
    strides: [1, ...window, 1],
    padding: [0, 1, 2, 3].map(() => [0, 0] as const),
  };
  const graph = traced(operands, (x, kernel, bias) => {
    const linear = lax.convGeneralDilated(x, kernel, convolution);
    const sum = lax.add(linear, lax.broadcastInDim(bias, linear.shape, [3]));
    const activated = relu ? lax.select(lax.le(sum, 0), 0, sum) : sum;
    const pooled = lax.reduceWindowMax(activated, pool);
    const cotangent = lax.mul(pooled, pooled);
    return [pooled, ...(gradient([pooled], [cotangent], [x, kernel, bias], lax.sumOfCotangents) as Value[])];
  });
  return { operands, graph };
}

const RUNS = Number(process.env.KERATIN_RUNS ?? 40);

describe("convolution and max-pooling in one kernel, derivatives over the winners", () => {
  it.each([
    ["ordinary numbers, with many ties", "moderate"],
    ["NaN, infinities, −0 and subnormals", "any"],
  ] as const)("wasm gives the bits of the definition: %s", (_, filling) => {
    const property = fc.property(fc.gen(), (gen) => {
      const draw = new Draw(gen);
      const { operands, graph } = pooledLayer(draw);
      expectSameBits(
        gatherWinners(graph),
        operands.map((operand) => draw.array(operand, filling)),
      );
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("gives the gradients of the dense operations", () => {
    const property = fc.property(fc.gen(), (gen) => {
      const draw = new Draw(gen);
      const { operands, graph } = pooledLayer(draw);
      const arrays = operands.map((operand) => draw.array(operand, "moderate"));
      const dense = byDefinition(graph, arrays);
      const sparse = byDefinition(gatherWinners(graph), arrays);
      for (const [k, { data }] of dense.entries()) {
        const largest = Math.max(1, ...Array.from(data, Math.abs));
        for (const [i, value] of data.entries())
          expect(Math.abs(sparse[k].data[i] - value) / largest).toBeLessThan(1e-5);
      }
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("leaves no dense gradient behind", () => {
    const names = (graph: Graph) => new Set(graph.nodes.map((node) => node.primitive.name));
    const float = (...shape: number[]): TensorType => ({ shape, dtype: "float32" });
    const graph = traced([float(2, 8, 8, 3), float(3, 3, 3, 4)], (x, kernel) => {
      const convolution = {
        strides: [1, 1],
        padding: [
          [0, 0],
          [0, 0],
        ] as const,
        lhsDilation: [1, 1],
        rhsDilation: [1, 1],
        groups: 1,
      };
      const linear = lax.convGeneralDilated(x, kernel, convolution);
      const pool = {
        window: [1, 2, 2, 1],
        strides: [1, 2, 2, 1],
        padding: [0, 1, 2, 3].map(() => [0, 0] as const),
      };
      const pooled = lax.reduceWindowMax(linear, pool);
      return gradient([pooled], [pooled], [x, kernel], lax.sumOfCotangents) as Value[];
    });
    expect(names(graph)).toContain("conv_kernel_gradient");
    const used = names(gatherWinners(graph));
    expect(used).toContain("conv_of_winners");
    expect(used).toContain("conv_kernel_gradient_of_winners");
    expect(used).not.toContain("conv_kernel_gradient");
  });
});
