import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gatherWinners } from "../../src/compiler/winners.js";
import * as lax from "../../src/primitives/index.js";
import { gradient } from "../../src/trace/grad.js";
import type { Graph, TensorType, Value } from "../../src/trace/graph.js";
import type { HostArray } from "../../src/trace/primitive.js";
import { Draw } from "./draw.js";
import { byDefinition, expectSameBits, traced } from "./run.js";

/**
 * Convolution, bias, perhaps relu, max-pooling: the result, and the gradients of everything.
 *
 * @param pictures whether to choose mostly what first layers have: one channel, larger kernels and windows
 */
function pooledLayer(draw: Draw, pictures = false) {
  const [height, width] = pictures
    ? [draw.int(13, 19), draw.int(13, 19)]
    : [draw.int(7, 14), draw.int(7, 14)];
  const [channels, filters] = [pictures ? draw.pick([1, 1, 1, 3]) : draw.int(1, 5), draw.int(1, 17)];
  const mostTaps = pictures ? 5 : 3;
  const taps = [draw.int(1, mostTaps), draw.int(1, mostTaps)];
  const rhsDilation = pictures && draw.chance(30) ? [draw.int(1, 2), draw.int(1, 2)] : [1, 1];
  const same = draw.chance(40);
  const padding = taps.map((tap): [number, number] =>
    same ? [(tap - 1) >> 1, tap - 1 - ((tap - 1) >> 1)] : [0, 0],
  );
  const strides = draw.chance(80) ? [1, 1] : [draw.int(1, 2), draw.int(1, 2)];
  const convolution = { strides, padding, lhsDilation: [1, 1], rhsDilation, groups: 1 };
  const window = draw.chance(pictures ? 60 : 30) ? [4, 4] : [draw.int(1, 3), draw.int(1, 3)];
  const relu = draw.chance(50);
  const float = (shape: readonly number[]): TensorType => ({ shape, dtype: "float32" });
  const operands = [
    // gradients of eight samples are summed in two parts
    float([pictures && draw.chance(60) ? 8 : draw.int(1, 9), height + 3, width + 3, channels]),
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

/** Leaves only a rectangle of each sample (some have none), and not all in it; the rest becomes +0 and −0. */
function paint(draw: Draw, { shape: [samples, height, width, channels], dtype, data }: HostArray): HostArray {
  const painted = data.slice();
  for (let sample = 0; sample < samples; sample++) {
    const [top, bottom] = [draw.int(0, height), draw.int(0, height)];
    const [left, right] = [draw.int(0, width), draw.int(0, width)];
    const every = draw.int(1, 4);
    for (let i = 0; i < height * width; i++) {
      const [y, x] = [Math.floor(i / width), i % width];
      const kept = y >= top && y < bottom && x >= left && x < right && i % every === 0;
      const at = (sample * height * width + i) * channels;
      if (!kept) painted.fill(i % 3 === 0 ? -0 : 0, at, at + channels);
    }
  }
  return { shape: [samples, height, width, channels], dtype, data: painted };
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

  it.each([
    ["moderate weights", []],
    ["one weight that is NaN or infinite", [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ["weights whose sum is infinite", [3.4e38]],
    ["weights of −0", [-0]],
  ])("wasm gives the bits of the definition where pictures are mostly 0: %s", (_, special) => {
    const property = fc.property(fc.gen(), (gen) => {
      const draw = new Draw(gen);
      const { operands, graph } = pooledLayer(draw, true);
      const [x, kernel, bias] = operands.map((operand) => draw.array(operand, "moderate"));
      if (special.length > 0) {
        const weight = draw.int(0, kernel.data.length - 1);
        const last = special[0] === 3.4e38 ? kernel.data.length : weight + 1;
        kernel.data.fill(draw.pick(special), weight, last);
        if (draw.chance(30)) bias.data[0] = draw.pick(special);
      }
      expectSameBits(gatherWinners(graph), [paint(draw, x), kernel, bias]);
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
