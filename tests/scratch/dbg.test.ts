import { it } from "vitest";
import { Program } from "../../src/ops/compile.js";
import { tensor, Tensor, apply } from "../../src/ops/tensor.js";
import * as lax from "../../src/primitives/index.js";
import { setBackend } from "../../src/runtime/runtime.js";
function rand(n: number, seed = 1) { let s = seed; return Float32Array.from({ length: n }, () => { s = (Math.imul(s, 1664525) + 1013904223) >>> 0; return s / 2 ** 31 - 1; }); }
const k2 = tensor(rand(3 * 3 * 6 * 12, 9), [3, 3, 6, 12]), ct = tensor(rand(4*6*6*12, 3), [4,6,6,12]);
const steps: Record<string, (k: any) => any> = {
  reverse: (k) => lax.reverse(k, [0, 1]),
  split: (k) => lax.reshape(lax.reverse(k, [0, 1]), [3, 3, 6, 1, 12]),
  swapped: (k) => lax.transpose(lax.reshape(lax.reverse(k, [0, 1]), [3, 3, 6, 1, 12]), [0, 1, 4, 3, 2]),
  turned: (k) => lax.reshape(lax.transpose(lax.reshape(lax.reverse(k, [0, 1]), [3, 3, 6, 1, 12]), [0, 1, 4, 3, 2]), [3, 3, 12, 6]),
};
function cmp(name: string, fn: any, args: Tensor[]) { const [a, b] = (["wasm", "reference"] as const).map((be) => { setBackend(be); return (new Program(args, fn).run(args) as any as Tensor).data; }); let bad = 0; for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) bad++; console.log(name, a.length, "bad", bad, a.slice(0, 8).join(" "), "|", b.slice(0, 8).join(" ")); }
it("x", () => {
  for (const [n, f] of Object.entries(steps)) cmp(n, (k: Tensor) => apply([k], (v) => f(v)), [k2]);
  const kt = tensor(rand(3 * 3 * 12 * 6, 9), [3, 3, 12, 6]);
  cmp("conv", (c: Tensor, k: Tensor) => apply([c, k], (a: any, b: any) => lax.convGeneralDilated(a, b, { strides: [1, 1], padding: [[2, 2], [2, 2]], lhsDilation: [1, 1], rhsDilation: [1, 1], groups: 1 })), [ct, kt]);
});
