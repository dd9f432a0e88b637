import { newArray } from "../tensor/dtype.js";
import { formatShape, type Shape, sizeOf, stridesOf } from "../tensor/shape.js";
import { constant } from "../trace/current.js";
import type { Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { bind } from "./define.js";

const reshapePrimitive: Primitive<{ shape: Shape }> = {
  name: "reshape",
  infer: ([x], { shape }) => {
    if (sizeOf(x.shape) !== sizeOf(shape))
      throw new Error(`reshape: ${formatShape(x.shape)} does not fit ${formatShape(shape)}.`);
    return [{ shape, dtype: x.dtype }];
  },
  evaluate: ([x]) => [x.data],
  vjp: ({ cotangents: [ct], inputs: [x] }) => [ct && reshape(ct, x.shape)],
};
export const reshape = (x: Value, shape: Shape): Value => bind(reshapePrimitive, { shape }, x);

const transposePrimitive: Primitive<{ permutation: readonly number[] }> = {
  name: "transpose",
  infer: ([x], { permutation }) => [{ shape: permutation.map((a) => x.shape[a]), dtype: x.dtype }],
  evaluate: ([x], { permutation }, [type]) => {
    const strides = stridesOf(x.shape);
    const steps = permutation.map((a) => strides[a]);
    const out = newArray(x.dtype, x.data.length);
    const index = new Array<number>(steps.length).fill(0);
    let source = 0;
    for (let i = 0; i < out.length; i++) {
      out[i] = x.data[source];
      for (let a = steps.length - 1; a >= 0; a--) {
        source += steps[a];
        if (++index[a] < type.shape[a]) break;
        source -= steps[a] * type.shape[a];
        index[a] = 0;
      }
    }
    return [out];
  },
  vjp: ({ cotangents: [ct], params: { permutation } }) => [
    ct &&
      transpose(
        ct,
        permutation.map((_, a) => permutation.indexOf(a)),
      ),
  ],
};
export const transpose = (x: Value, permutation: readonly number[]): Value =>
  bind(transposePrimitive, { permutation }, x);

interface SliceParams {
  start: readonly number[];
  limit: readonly number[];
  strides: readonly number[];
}
const slicePrimitive: Primitive<SliceParams> = {
  name: "slice",
  infer: ([x], { start, limit, strides }) => [
    { shape: start.map((s, a) => Math.max(0, Math.ceil((limit[a] - s) / strides[a]))), dtype: x.dtype },
  ],
  evaluate: ([x], { start, strides }, [type]) => {
    const own = stridesOf(x.shape);
    const out = newArray(x.dtype, sizeOf(type.shape));
    const os = stridesOf(type.shape);
    for (let i = 0; i < out.length; i++) {
      let src = 0;
      for (let a = 0; a < own.length; a++)
        src += (start[a] + (Math.floor(i / os[a]) % type.shape[a]) * strides[a]) * own[a];
      out[i] = x.data[src];
    }
    return [out];
  },
  vjp: ({ cotangents: [ct], inputs: [x], outputs: [y], params: { start, strides } }) =>
    ct
      ? [
          pad(
            ct,
            constant(0, { shape: [], dtype: ct.dtype }),
            start,
            x.shape.map((n, a) => n - (start[a] + Math.max(y.shape[a] - 1, 0) * strides[a]) - 1),
            strides.map((s) => s - 1),
          ),
        ]
      : [],
};
export const slice = (
  x: Value,
  start: readonly number[],
  limit: readonly number[],
  strides: readonly number[] = start.map(() => 1),
): Value => bind(slicePrimitive, { start, limit, strides }, x);

interface PadParams {
  low: readonly number[];
  high: readonly number[];
  interior: readonly number[];
}
const padPrimitive: Primitive<PadParams> = {
  name: "pad",
  infer: ([x], { low, high, interior }) => [
    { shape: x.shape.map((n, a) => low[a] + high[a] + n + Math.max(n - 1, 0) * interior[a]), dtype: x.dtype },
  ],
  evaluate: ([x, v], { low, interior }, [type]) => {
    const out = newArray(x.dtype, sizeOf(type.shape));
    out.fill(v.data[0]);
    const os = stridesOf(type.shape);
    const xs = stridesOf(x.shape);
    outer: for (let i = 0; i < x.data.length; i++) {
      let dst = 0;
      for (let a = 0; a < xs.length; a++) {
        const p = low[a] + (Math.floor(i / xs[a]) % x.shape[a]) * (interior[a] + 1);
        if (p < 0 || p >= type.shape[a]) continue outer;
        dst += p * os[a];
      }
      out[dst] = x.data[i];
    }
    return [out];
  },
  vjp: ({ cotangents: [ct], inputs: [x], params: { low, high, interior } }) => {
    if (!ct) return [];
    const cropped = pad(
      ct,
      constant(0, { shape: [], dtype: ct.dtype }),
      low.map((l) => -l),
      high.map((h) => -h),
    );
    return [
      slice(
        cropped,
        x.shape.map(() => 0),
        cropped.shape,
        interior.map((i) => i + 1),
      ),
      undefined,
    ];
  },
};
export const pad = (
  x: Value,
  value: Value,
  low: readonly number[],
  high: readonly number[],
  interior: readonly number[] = low.map(() => 0),
): Value => bind(padPrimitive, { low, high, interior }, x, value);

const concatenatePrimitive: Primitive<{ axis: number }> = {
  name: "concatenate",
  infer: (xs, { axis }) => [
    {
      shape: xs[0].shape.map((n, a) => (a === axis ? xs.reduce((s, x) => s + x.shape[axis], 0) : n)),
      dtype: xs[0].dtype,
    },
  ],
  evaluate: (xs, { axis }, [type]) => {
    const out = newArray(type.dtype, sizeOf(type.shape));
    const inner = sizeOf(type.shape.slice(axis + 1));
    const outer = sizeOf(type.shape.slice(0, axis));
    let at = 0;
    for (const x of xs) {
      const run = x.shape[axis] * inner;
      for (let o = 0; o < outer; o++)
        out.set(x.data.subarray(o * run, (o + 1) * run), o * type.shape[axis] * inner + at);
      at += run;
    }
    return [out];
  },
  vjp: ({ cotangents: [ct], inputs, params: { axis } }) => {
    if (!ct) return [];
    let at = 0;
    return inputs.map((x) => {
      const start = x.shape.map((_, a) => (a === axis ? at : 0));
      at += x.shape[axis];
      return slice(
        ct,
        start,
        x.shape.map((n, a) => start[a] + n),
      );
    });
  },
};
export const concatenate = (xs: readonly Value[], axis: number): Value =>
  bind(concatenatePrimitive, { axis }, ...xs);

const reversePrimitive: Primitive<{ axes: readonly number[] }> = {
  name: "reverse",
  infer: ([x]) => [x],
  evaluate: ([x], { axes }) => {
    const s = stridesOf(x.shape);
    const out = newArray(x.dtype, x.data.length);
    for (let i = 0; i < out.length; i++) {
      let src = i;
      for (const a of axes) {
        const p = Math.floor(i / s[a]) % x.shape[a];
        src += (x.shape[a] - 1 - 2 * p) * s[a];
      }
      out[i] = x.data[src];
    }
    return [out];
  },
  vjp: ({ cotangents: [ct], params: { axes } }) => [ct && reverse(ct, axes)],
};
export const reverse = (x: Value, axes: readonly number[]): Value => bind(reversePrimitive, { axes }, x);
