import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prepared } from "../../src/compiler/prepare.js";
import { inWinogradForm } from "../../src/compiler/winograd.js";
import * as lax from "../../src/primitives/index.js";
import { winogradConvolution } from "../../src/primitives/winograd.js";
import { gradient } from "../../src/trace/grad.js";
import type { Graph, TensorType, Value } from "../../src/trace/graph.js";
import type { HostArray } from "../../src/trace/primitive.js";
import { Draw } from "./draw.js";
import { byDefinition, byWasm, expectSameBits, traced } from "./run.js";

const float = (shape: readonly number[]): TensorType => ({ shape, dtype: "float32" });
const RUNS = Number(process.env.KERATIN_RUNS ?? 12);

const names = (graph: Graph) => graph.nodes.map((node) => node.primitive.name);

function convolution(padding: readonly (readonly [number, number])[], changed: object = {}) {
  const plain = { strides: [1, 1], lhsDilation: [1, 1], rhsDilation: [1, 1], groups: 1 };
  return { ...plain, padding, ...changed } as lax.ConvolutionParams;
}

/** A layer that is worth it: convolution, bias, relu, perhaps max-pooling; and the gradients of everything. */
function layer(draw: Draw) {
  const [channels, filters] = [20 + 4 * draw.int(0, 2), 24 + 8 * draw.int(0, 1)];
  const same = draw.int(0, 1);
  const sizes = [draw.int(10, 13), draw.int(10, 13)];
  const window = draw.pick([0, 2, 2, 3]);
  const padding = sizes.map(() => [same, same] as const);
  const operands = [float([3, ...sizes, channels]), float([3, 3, channels, filters]), float([filters])];
  const graph = traced(operands, (x, kernel, bias) => {
    const linear = lax.convGeneralDilated(x, kernel, convolution(padding));
    const sum = lax.add(linear, lax.broadcastInDim(bias, linear.shape, [3]));
    const activated = lax.select(lax.le(sum, 0), 0, sum);
    const pool = { window: [1, window, window, 1], strides: [1, window, window, 1] };
    const whole = [0, 1, 2, 3].map(() => [0, 0] as const);
    const result = window === 0 ? activated : lax.reduceWindowMax(activated, { ...pool, padding: whole });
    const cotangent = lax.mul(result, result);
    return [result, ...(gradient([result], [cotangent], [x, kernel, bias], lax.sumOfCotangents) as Value[])];
  });
  return { operands, graph };
}

describe("Winograd's form in place of convolutions", () => {
  it.each([
    ["ordinary numbers, with many ties", "moderate"],
    ["NaN, infinities, −0 and subnormals", "any"],
  ] as const)(
    "wasm gives the bits of the definition: %s",
    (_, filling) => {
      const property = fc.property(fc.gen(), (gen) => {
        const draw = new Draw(gen);
        const { operands, graph } = layer(draw);
        const rewritten = prepared(graph);
        expect(names(rewritten)).toContain("winograd_convolution");
        expectSameBits(
          rewritten,
          operands.map((operand) => draw.array(operand, filling)),
        );
      });
      fc.assert(property, { numRuns: RUNS });
    },
    RUNS * 5_000,
  );

  it(
    "the same where it would not be chosen: no samples, single rows and columns, any padding, with pooling or without",
    () => {
      const property = fc.property(fc.gen(), (gen) => {
        const draw = new Draw(gen);
        const [channels, panels] = [4 * draw.int(1, 3), draw.int(1, 2)];
        const sizes = [draw.int(1, 18), draw.int(1, 18)];
        const padding = sizes.map((size): [number, number] => {
          const low = draw.int(-1, 2);
          return [low, Math.max(draw.int(-1, 2), 3 - size - low)];
        });
        const samples = draw.int(0, 6);
        const operands = [
          float([samples, ...sizes, channels]),
          float([panels, 16, channels, 8]),
          float([8 * panels]),
        ];
        // windows need something to be in
        const results = sizes.map((size, i) => size + padding[i][0] + padding[i][1] - 2);
        const pooled = draw.chance(50) && samples > 0 && Math.min(...results) >= 2;
        const graph = traced(operands, (x, filters, bias) => {
          const linear = winogradConvolution(x, filters, { padding });
          const sum = lax.add(linear, lax.broadcastInDim(bias, linear.shape, [3]));
          const pool = { window: [1, 2, 2, 1], strides: [1, 2, 2, 1], padding: padded(0, 4) };
          return [pooled ? lax.reduceWindowMax(sum, pool) : sum];
        });
        expectSameBits(
          graph,
          operands.map((operand) => draw.array(operand, draw.pick(["any", "moderate"]))),
        );
      });
      fc.assert(property, { numRuns: RUNS });
    },
    RUNS * 5_000,
  );

  it("gives a sample the same bits in every batch", () => {
    const results = [1, 6].map((samples) => {
      const operands = [float([samples, 12, 12, 16]), float([3, 3, 16, 16])];
      const graph = traced(operands, (x, k) => [lax.convGeneralDilated(x, k, convolution(padded(1)))]);
      const arrays = operands.map((operand, i) => normal(operand, i + 1));
      return byWasm(inWinogradForm(graph), arrays)[0].subarray(0, 12 * 12 * 16);
    });
    expect(results[1]).toEqual(results[0]);
  });

  it("has at most the error of the direct form times 4, forwards and in the input's gradient", () => {
    const operands = [float([2, 14, 14, 32]), float([3, 3, 32, 32])];
    const graph = traced(operands, (x, kernel) => {
      const y = lax.convGeneralDilated(x, kernel, convolution(padded(1)));
      return [y, ...(gradient([y], [y], [x], lax.sumOfCotangents) as Value[])];
    });
    const arrays = operands.map((operand, i) => normal(operand, i + 1));
    const [exact, direct, winograd] = [
      exactly(arrays),
      byDefinition(graph, arrays),
      byDefinition(inWinogradForm(graph), arrays),
    ];
    expect(names(inWinogradForm(graph)).filter((name) => name === "winograd_convolution")).toHaveLength(2);
    for (const [k, expected] of exact.entries()) {
      const errors = [direct, winograd].map((results) => {
        const differences = expected.map((value, i) => Math.abs(results[k].data[i] - value));
        const squares = differences.reduce((total, d) => total + d * d, 0);
        return { largest: Math.max(...differences), rms: Math.sqrt(squares / differences.length) };
      });
      expect(errors[0].rms).toBeGreaterThan(0);
      expect(errors[1].largest).toBeLessThan(4 * errors[0].largest);
      expect(errors[1].rms).toBeLessThan(4 * errors[0].rms);
    }
  });

  it.each<[string, number[], number[], object]>([
    ["a kernel that is not 3×3", [4, 20, 20, 32], [3, 5, 32, 32], {}],
    ["strides", [4, 20, 20, 32], [3, 3, 32, 32], { strides: [1, 2] }],
    ["a dilated kernel", [4, 20, 20, 32], [3, 3, 32, 32], { rhsDilation: [2, 2] }],
    ["a dilated input", [4, 20, 20, 32], [3, 3, 32, 32], { lhsDilation: [2, 2] }],
    ["groups", [4, 20, 20, 32], [3, 3, 16, 32], { groups: 2 }],
    ["few channels and filters", [4, 20, 20, 4], [3, 3, 4, 8], {}],
    ["channels that do not come in fours", [4, 20, 20, 30], [3, 3, 30, 32], {}],
    ["filters that do not fill panels", [4, 20, 20, 32], [3, 3, 32, 36], {}],
    ["few results", [64, 3, 3, 32], [3, 3, 32, 32], {}],
    ["another rank", [4, 9, 9, 9, 32], [3, 3, 3, 32, 32], { strides: [1, 1, 1], padding: padded(1, 3) }],
  ])("leaves %s as it is", (_, x, kernel, changed) => {
    const ones = x.slice(1, -1).map(() => 1);
    const all = { rhsDilation: ones, lhsDilation: ones, ...changed };
    const graph = traced([float(x), float(kernel)], (a, b) => [
      lax.convGeneralDilated(a, b, convolution(padded(1), all)),
    ]);
    expect(names(inWinogradForm(graph))).toEqual(names(graph));
  });

  it("does not ask how many samples there are: a sample's result must not depend on its batch", () => {
    const chosen = [1, 2, 300].map((samples) => {
      const sizes = [4, 5, 6, 8, 12, 28].flatMap((size) => [8, 16, 64].map((filters) => [size, filters]));
      return sizes.map(([size, filters]) => {
        const operands = [float([samples, size, size, filters]), float([3, 3, filters, filters])];
        const graph = traced(operands, (x, k) => [lax.convGeneralDilated(x, k, convolution(padded(1)))]);
        return names(inWinogradForm(graph)).includes("winograd_convolution");
      });
    });
    expect(new Set(chosen[0])).toEqual(new Set([true, false]));
    expect(chosen[1]).toEqual(chosen[0]);
    expect(chosen[2]).toEqual(chosen[0]);
  });
});

function padded(zeros: number, axes = 2): [number, number][] {
  return Array.from({ length: axes }, () => [zeros, zeros]);
}

/** Normally distributed numbers, the same each time. */
function normal({ shape, dtype }: TensorType, seed: number): HostArray {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  });
  return { shape, dtype, data };
}

/** x ∗ k with zeros around, and that with the kernel turned around, of the float32 results of the first; in double precision. */
function exactly([x, kernel]: readonly HostArray[]): number[][] {
  const [n, height, width, channels] = x.shape;
  const filters = kernel.shape[3];
  const convolve = (
    data: ArrayLike<number>,
    weight: (r: number, c: number, i: number, o: number) => number,
  ) =>
    Array.from({ length: n * height * width * filters }, (_, at) => {
      const o = at % filters;
      const [column, row] = [Math.floor(at / filters) % width, Math.floor(at / filters / width) % height];
      const sample = Math.floor(at / filters / width / height);
      let total = 0;
      for (let r = 0; r < 3; r++) {
        for (let c = 0; c < 3; c++) {
          const [y, z] = [row + r - 1, column + c - 1];
          if (y < 0 || y >= height || z < 0 || z >= width) continue;
          const start = ((sample * height + y) * width + z) * channels;
          for (let i = 0; i < channels; i++) total += data[start + i] * weight(r, c, i, o);
        }
      }
      return total;
    });
  const weight = (r: number, c: number, i: number, o: number) =>
    kernel.data[((r * 3 + c) * channels + i) * filters + o];
  const forwards = convolve(x.data, weight);
  return [forwards, convolve(forwards, (r, c, i, o) => weight(2 - r, 2 - c, o, i))];
}
