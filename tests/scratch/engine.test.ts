import { describe, expect, it } from "vitest";
import { Program, gradientsOf } from "../../src/ops/compile.js";
import { tensor, Tensor } from "../../src/ops/tensor.js";
import { Variable } from "../../src/ops/variable.js";
import { matmul } from "../../src/ops/arrays.js";
import { relu, softmax } from "../../src/ops/activations.js";
import { setBackend } from "../../src/runtime/runtime.js";

function rand(n: number, seed = 1) { let s = seed; return Float32Array.from({ length: n }, () => { s = (Math.imul(s, 1664525) + 1013904223) >>> 0; return s / 2 ** 31 - 1; }); }
function net(backend: "wasm" | "reference", steps = 5) {
  setBackend(backend);
  const w1 = new Variable(tensor(rand(784 * 64, 3), [784, 64])), b1 = new Variable(tensor(rand(64, 4)));
  const w2 = new Variable(tensor(rand(64 * 10, 5), [64, 10])), b2 = new Variable(tensor(rand(10, 6)));
  const m = [w1, b1, w2, b2].map((v) => new Variable(tensor(new Float32Array(v.value.size), [...v.shape])));
  const x = tensor(rand(32 * 784, 7), [32, 784]);
  const y = tensor(rand(320, 8), [32, 10]);
  const p = new Program([x, y], (x, y) => {
    const h = relu(matmul(x, w1).add(b1));
    const o = softmax(matmul(h, w2).add(b2));
    const loss = o.sub(y).mul(o.sub(y)).mean();
    const vars = [w1, b1, w2, b2];
    const g = gradientsOf(loss, vars.map((v) => v.value));
    for (const [i, v] of vars.entries()) { const mm = m[i].value.add(g[i].sub(m[i].value).mul(0.1)); m[i].assign(mm); v.assign(v.value.sub(mm.mul(0.5))); }
    return loss;
  });
  let loss: Tensor | undefined;
  for (let i = 0; i < steps; i++) loss = p.run([x, y]) as Tensor;
  return [loss!.data, ...[w1, b1, w2, b2].map((v) => v.value.data)];
}
describe("engine", () => {
  it("add", () => {
    setBackend("wasm");
    const big = tensor(rand(30001)).add(tensor(rand(30001, 5)));
    setBackend("reference");
    const ref = tensor(rand(30001)).add(tensor(rand(30001, 5)));
    expect(big.data).toEqual(ref.data);
  });
  it("net", () => {
    const a = net("wasm"), b = net("reference");
    expect(a[0]).toEqual(b[0]);
    for (let i = 0; i < a.length; i++) expect(Buffer.from(a[i].buffer).equals(Buffer.from(b[i].buffer))).toBe(true);
  });
});
