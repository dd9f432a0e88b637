import { describe, expect, it } from "vitest";
import { relu, softmax } from "../../src/ops/activations.js";
import { argmax, matmul, sort, topK } from "../../src/ops/arrays.js";
import { gradientsOf, Program } from "../../src/ops/compile.js";
import { averagePool, conv, depthwiseConv, maxPool } from "../../src/ops/nn.js";
import type { Tensor } from "../../src/ops/tensor.js";
import { setBackend } from "../../src/runtime/runtime.js";
import { numbers } from "./numbers.js";

/** Runs a function and the gradients of its squared results on both backends: all must be the same bits. */
function agree(inputs: Tensor[], compute: (...inputs: Tensor[]) => Tensor): void {
  const run = (backend: "wasm" | "reference") => {
    setBackend(backend);
    const program = new Program(inputs, (...symbols) => {
      const result = compute(...symbols);
      return [result, ...gradientsOf(result.mul(result).sum(), symbols)];
    });
    return (program.run(inputs) as Tensor[]).map((t) => t.data);
  };
  const wasm = run("wasm");
  expect(wasm).toEqual(run("reference"));
  setBackend("wasm");
}

describe("wasm gives the bits of the reference", () => {
  for (const [m, k, n] of [
    [1, 1, 1],
    [5, 7, 3],
    [32, 20, 10],
    [33, 65, 67],
    [4, 300, 12],
  ]) {
    it(`matrix product ${m}×${k}×${n} with bias and relu`, () => {
      agree([numbers([m, k], 1), numbers([k, n], 2), numbers([n], 3)], (x, w, b) =>
        relu(matmul(x, w).add(b)),
      );
    });
  }
  it("softmax", () => agree([numbers([9, 13], 4)], (x) => softmax(x)));
  it("sums over every choice of axes", () => {
    for (const axes of [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]) {
      agree([numbers([5, 37, 6], 5)], (x) => x.mul(2).sum(axes));
    }
  });
  for (const [strides, padding, dilationRate, channels, filters] of [
    [1, "valid", 1, 1, 6],
    [2, "same", 1, 3, 5],
    [1, "same", 2, 2, 9],
    [1, "valid", 1, 6, 12],
  ] as const) {
    it(`convolution, strides ${strides}, ${padding}, dilation ${dilationRate}, ${channels}→${filters}`, () => {
      agree([numbers([2, 9, 8, channels], 6), numbers([3, 3, channels, filters], 7)], (x, w) =>
        conv(x, w, { strides, padding, dilationRate }),
      );
    });
  }
  it("convolution in groups and by channel", () => {
    agree([numbers([2, 6, 6, 4], 8), numbers([3, 3, 2, 6], 9)], (x, w) => conv(x, w));
    agree([numbers([2, 6, 6, 4], 8), numbers([3, 3, 4, 1], 9)], (x, w) => depthwiseConv(x, w));
  });
  it("convolution over one axis", () => {
    agree([numbers([2, 11, 3], 8), numbers([4, 3, 5], 9)], (x, w) => conv(x, w));
  });
  it("pooling, also over overlapping windows and with padding", () => {
    agree([numbers([2, 8, 8, 6], 10)], (x) => maxPool(x, 2));
    agree([numbers([2, 7, 6, 3], 11)], (x) => maxPool(x, 3, { strides: 2, padding: "same" }));
    agree([numbers([2, 7, 6, 3], 11)], (x) => averagePool(x, 3, { strides: 2, padding: "same" }));
  });
  it("sorting", () => {
    const x = numbers([3, 29], 12);
    agree([x], (v) => sort(v));
    agree([x], (v) => topK(v, 4)[0]);
    expect(argmax(x, -1).toArray()).toEqual(topK(x, 1)[1].reshape([3]).toArray());
  });
});
