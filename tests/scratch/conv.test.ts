import { expect, it } from "vitest";
import { Program, gradientsOf } from "../../src/ops/compile.js";
import { tensor, Tensor } from "../../src/ops/tensor.js";
import { conv, maxPool } from "../../src/ops/nn.js";
import { setBackend } from "../../src/runtime/runtime.js";
function rand(n: number, seed = 1) { let s = seed; return Float32Array.from({ length: n }, () => { s = (Math.imul(s, 1664525) + 1013904223) >>> 0; return s / 2 ** 31 - 1; }); }
function both(fn: (...t: Tensor[]) => any, args: Tensor[]) {
  return (["wasm", "reference"] as const).map((b) => { setBackend(b); return (new Program(args, fn as any).run(args) as any as Tensor[]).map((t) => t.data); });
}
const x = tensor(rand(4 * 12 * 12 * 1), [4, 12, 12, 1]), k = tensor(rand(5 * 5 * 6, 9), [5, 5, 1, 6]);
it("conv fwd", () => { const [a, b] = both((x, k) => [conv(x, k)], [x, k]); expect(a[0]).toEqual(b[0]); });
it("pool fwd", () => { const [a, b] = both((x) => [maxPool(x, 4)], [x]); expect(a[0]).toEqual(b[0]); });
it("pool bwd", () => { const [a, b] = both((x) => gradientsOf(maxPool(x, 4).mul(maxPool(x, 4)).sum(), [x]), [x]); expect(a[0]).toEqual(b[0]); });
const x2 = tensor(rand(4 * 8 * 8 * 6), [4, 8, 8, 6]), k2 = tensor(rand(3 * 3 * 6 * 12, 9), [3, 3, 6, 12]);
it("pool6 fwd", () => { const [a, b] = both((x) => [maxPool(x, 2)], [x2]); expect(a[0]).toEqual(b[0]); });
it("pool6 bwd", () => { const [a, b] = both((x) => gradientsOf(maxPool(x, 4).mul(maxPool(x, 4)).sum(), [x]), [x2]); expect(a[0]).toEqual(b[0]); });
it("conv bwd", () => { const [a, b] = both((x, k) => { const y = conv(x, k); return gradientsOf(y.mul(y).sum(), [x, k]); }, [x, k]); expect(a[1]).toEqual(b[1]); expect(a[0]).toEqual(b[0]); });
it("conv2 bwd", () => { const [a, b] = both((x, k) => { const y = conv(x, k); return [y, ...gradientsOf(y.mul(y).sum(), [x, k])]; }, [x2, k2]); for (let i=0;i<3;i++){ let bad:number[]=[]; for(let j=0;j<a[i].length;j++) if(a[i][j]!==b[i][j]) bad.push(j); console.log("array",i,a[i].length,"bad",bad.length,bad.slice(0,30).join(",")); } expect(a).toEqual(b); });
it("conv bias pool", () => { const bias = tensor(rand(6, 3)); const [a, b] = both((x, k, bias) => { const y = maxPool(conv(x, k).add(bias), 4); return [y, ...gradientsOf(y.mul(y).sum(), [x, k, bias])]; }, [x, k, bias]); for (let i = 0; i < 4; i++) expect(a[i]).toEqual(b[i]); });
