import { newArray } from "../tensor/dtype.js";
import { sizeOf, stridesOf } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import type { HostArray, Primitive } from "../trace/primitive.js";
import { broadcastInDim } from "./broadcast.js";
import { convert } from "./convert.js";
import { bind } from "./define.js";
import { div, eq, mul } from "./elementwise.js";

export const reductionPartials = (count: number): 1 | 8 => (count < 32 ? 1 : 8);

function fold(x: HostArray, axes: readonly number[], identity: number, op: (a: number, b: number) => number) {
  const kept = x.shape.map((_, a) => a).filter((a) => !axes.includes(a));
  const s = stridesOf(x.shape);
  const outShape = kept.map((a) => x.shape[a]);
  const redShape = axes.map((a) => x.shape[a]);
  const R = sizeOf(redShape);
  const out = newArray(x.dtype, sizeOf(outShape));
  const offsets = new Int32Array(R);
  const rs = stridesOf(redShape);
  for (let r = 0; r < R; r++) {
    let o = 0;
    for (let k = 0; k < axes.length; k++) o += (Math.floor(r / rs[k]) % redShape[k]) * s[axes[k]];
    offsets[r] = o;
  }
  const os = stridesOf(outShape);
  const P = reductionPartials(R);
  const p = new Array<number>(P);
  for (let i = 0; i < out.length; i++) {
    let base = 0;
    for (let k = 0; k < kept.length; k++) base += (Math.floor(i / os[k]) % outShape[k]) * s[kept[k]];
    p.fill(identity);
    for (let r = 0; r < R; r++) p[r % P] = op(p[r % P], x.data[base + offsets[r]]);
    out[i] = P === 1 ? p[0] : op(op(op(p[0], p[4]), op(p[2], p[6])), op(op(p[1], p[5]), op(p[3], p[7])));
  }
  return out;
}
const isF = (x: HostArray) => x.dtype === "float32";
const spread = (ct: Value, x: Value, axes: readonly number[]) =>
  broadcastInDim(
    ct,
    x.shape,
    x.shape.map((_, a) => a).filter((a) => !axes.includes(a)),
  );
function define(
  name: string,
  evaluate: (x: HostArray, axes: readonly number[]) => ReturnType<typeof fold>,
  vjp: Primitive<{ axes: readonly number[] }>["vjp"],
) {
  const primitive: Primitive<{ axes: readonly number[] }> = {
    name,
    infer: ([x], { axes }) => [{ shape: x.shape.filter((_, a) => !axes.includes(a)), dtype: x.dtype }],
    evaluate: ([x], { axes }) => [evaluate(x, axes)],
    vjp,
  };
  return (x: Value, axes: readonly number[]): Value =>
    axes.length === 0 ? x : bind(primitive, { axes: [...axes].sort((a, b) => a - b) }, x);
}
export const reduceSum = define(
  "reduce_sum",
  (x, axes) => fold(x, axes, 0, isF(x) ? (a, b) => Math.fround(a + b) : (a, b) => (a + b) | 0),
  ({ cotangents: [ct], inputs: [x], params: { axes } }) => [ct && spread(ct, x, axes)],
);
export const reduceProd = define(
  "reduce_prod",
  (x, axes) => fold(x, axes, 1, isF(x) ? (a, b) => Math.fround(a * b) : Math.imul),
  ({ cotangents: [ct], inputs: [x], outputs: [y], params: { axes } }) => [
    ct && div(spread(mul(ct, y), x, axes), x),
  ],
);
const extreme: Primitive<{ axes: readonly number[] }>["vjp"] = ({
  cotangents: [ct],
  inputs: [x],
  outputs: [y],
  params: { axes },
}) => {
  if (!ct) return [];
  const ties = convert(eq(x, spread(y, x, axes)), "float32");
  return [mul(ties, spread(div(ct, reduceSum(ties, axes)), x, axes))];
};
// the rule of the primitives `max` and `min`, which keep the first operand on ties (Math.max does not for −0 and 0)
const mx = (a: number, b: number) => (Number.isNaN(b) ? b : a < b ? b : a);
const mn = (a: number, b: number) => (Number.isNaN(b) ? b : b < a ? b : a);
const lowest = (x: HostArray) => (isF(x) ? -Infinity : x.dtype === "int32" ? -(2 ** 31) : 0);
const highest = (x: HostArray) => (isF(x) ? Infinity : x.dtype === "int32" ? 2 ** 31 - 1 : 2 ** 32 - 1);
export const reduceMax = define("reduce_max", (x, axes) => fold(x, axes, lowest(x), mx), extreme);
export const reduceMin = define("reduce_min", (x, axes) => fold(x, axes, highest(x), mn), extreme);
export const reduceAnd = define("reduce_and", (x, axes) => fold(x, axes, 1, (a, b) => a & b), undefined);
export const reduceOr = define("reduce_or", (x, axes) => fold(x, axes, 0, (a, b) => a | b), undefined);
function arg(name: string, notBetter: (v: number, b: number) => boolean) {
  const primitive: Primitive<{ axis: number }> = {
    name,
    infer: ([x], { axis }) => [{ shape: x.shape.filter((_, a) => a !== axis), dtype: "int32" }],
    evaluate: ([x], { axis }, [type]) => {
      const inner = sizeOf(x.shape.slice(axis + 1));
      const n = x.shape[axis];
      const out = new Int32Array(sizeOf(type.shape));
      for (let i = 0; i < out.length; i++) {
        const base = Math.floor(i / inner) * n * inner + (i % inner);
        let best = x.data[base];
        let p = 0;
        for (let k = 1; k < n; k++) {
          const v = x.data[base + k * inner];
          if (!notBetter(v, best) && best === best) {
            best = v;
            p = k;
          }
        }
        out[i] = p;
      }
      return [out];
    },
  };
  return (x: Value, axis: number): Value => bind(primitive, { axis }, x);
}
export const argmax = arg("argmax", (v, b) => v <= b);
export const argmin = arg("argmin", (v, b) => v >= b);
