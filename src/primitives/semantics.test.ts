import { describe, expect, it } from "vitest";
import { type DType, newArray } from "../tensor/dtype.js";
import { traceGraph } from "../trace/current.js";
import { evaluateGraph } from "../trace/evaluate.js";
import { gradient } from "../trace/grad.js";
import type { Value } from "../trace/graph.js";
import type { HostArray } from "../trace/primitive.js";
import * as lax from "./index.js";

// What primitives mean where that is not obvious; generated code is compared with them in tests/backends.

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const TINY = 2 ** -149;

type Apply = (...values: Value[]) => Value | readonly Value[];
const results = (value: Value | readonly Value[]) =>
  (Array.isArray(value) ? value : [value]) as readonly Value[];

const array = (
  data: readonly number[],
  dtype: DType = "float32",
  shape: readonly number[] = [data.length],
): HostArray => ({
  shape,
  dtype,
  data: newArray(dtype, data),
});
const scalar = (value: number, dtype: DType = "float32") => array([value], dtype, []);

function compute(apply: Apply, ...operands: HostArray[]): number[][] {
  const graph = traceGraph(operands, (...values) => results(apply(...values)));
  return evaluateGraph(graph, operands).map(({ data }) => Array.from(data));
}

/** Gradients of the results' sum. */
function derive(apply: Apply, ...operands: HostArray[]): number[][] {
  const graph = traceGraph(operands, (...values) => {
    const outputs = results(apply(...values)).filter(({ dtype }) => dtype === "float32");
    const ones = outputs.map(({ shape }) => lax.full(shape, 1, "float32"));
    return gradient(outputs, ones, values, lax.sumOfCotangents).map(
      (g, i) => g ?? lax.full(values[i].shape, 0, "float32"),
    );
  });
  return evaluateGraph(graph, operands).map(({ data }) => Array.from(data));
}

describe("elementwise", () => {
  it("keeps NaN, infinities, −0 and subnormals", () => {
    const x = array([nan, inf, -inf, -0, TINY, -TINY]);
    expect(compute(lax.neg, x)).toEqual([[nan, -inf, inf, 0, -TINY, TINY]]);
    expect(compute(lax.abs, x)).toEqual([[nan, inf, inf, 0, TINY, TINY]]);
    expect(compute(lax.sign, x)).toEqual([[nan, 1, -1, -0, 1, -1]]);
    expect(compute(lax.floor, x)).toEqual([[nan, inf, -inf, -0, 0, -1]]);
    expect(compute(lax.ceil, x)).toEqual([[nan, inf, -inf, -0, 1, -0]]);
    expect(compute(lax.sqrt, x)).toEqual([[nan, inf, nan, -0, Math.fround(Math.sqrt(TINY)), nan]]);
    expect(compute((v) => lax.add(v, 0), x)).toEqual([[nan, inf, -inf, 0, TINY, -TINY]]);
    expect(compute((v) => lax.mul(v, 0.5), x)).toEqual([[nan, inf, -inf, -0, 0, -0]]);
    expect(compute((v) => lax.div(1, v), array([0, -0, inf, nan]))).toEqual([[inf, -inf, 0, nan]]);
  });

  it("rounds ties to even", () => {
    expect(compute(lax.round, array([-2.5, -0.5, 0.5, 1.5, 2.5]))).toEqual([[-2, -0, 0, 2, 2]]);
  });

  it("max and min: NaN wins, the first operand on ties", () => {
    const [x, y] = [array([1, nan, 2, 0, -0]), array([2, 1, nan, -0, 0])];
    expect(compute(lax.max, x, y)).toEqual([[2, nan, nan, 0, -0]]);
    expect(compute(lax.min, x, y)).toEqual([[1, nan, nan, 0, -0]]);
  });

  it("comparisons with NaN are false, but for ne", () => {
    const [x, y] = [array([nan, 0, 1]), array([nan, -0, 2])];
    expect(compute(lax.eq, x, y)).toEqual([[0, 1, 0]]);
    expect(compute(lax.ne, x, y)).toEqual([[1, 0, 1]]);
    expect(compute(lax.lt, x, y)).toEqual([[0, 0, 1]]);
    expect(compute(lax.ge, x, y)).toEqual([[0, 1, 0]]);
  });

  it("integers wrap around, and division by zero is defined", () => {
    const lowest = -(2 ** 31);
    expect(compute((x) => lax.sub(x, 1), array([lowest], "int32"))).toEqual([[2 ** 31 - 1]]);
    expect(compute((x) => lax.mul(x, x), array([65537], "uint32"))).toEqual([[131073]]);
    expect(compute((x) => lax.add(x, 200), array([100], "uint8"))).toEqual([[44]]);
    expect(compute(lax.abs, array([lowest, -3], "int32"))).toEqual([[lowest, 3]]);
    expect(compute((x) => lax.div(x, 0), array([7, -7], "int32"))).toEqual([[-1, -1]]);
    expect(compute((x) => lax.div(x, -1), array([lowest], "int32"))).toEqual([[lowest]]);
    expect(compute((x) => lax.div(x, 2), array([-7], "int32"))).toEqual([[-3]]);
    expect(compute((x) => lax.rem(x, 4), array([-7, 7], "int32"))).toEqual([[-3, 3]]);
    expect(compute((x) => lax.rem(x, 0), array([7], "uint32"))).toEqual([[7]]);
  });

  it("bit operations and shifts, counts modulo 32", () => {
    const x = array([0xf0f0f0f0], "uint32");
    expect(compute((v) => lax.and(v, 0xff), x)).toEqual([[0xf0]]);
    expect(compute((v) => lax.xor(lax.or(v, 0xf), lax.not(v)), x)).toEqual([[0xfffffff0]]);
    expect(compute((v) => lax.shiftLeft(v, 36), x)).toEqual([[0x0f0f0f00]]);
    expect(compute((v) => lax.shiftRightLogical(v, 4), x)).toEqual([[0x0f0f0f0f]]);
    expect(compute((v) => lax.shiftRightArithmetic(v, 4), x)).toEqual([[0xff0f0f0f]]);
    expect(compute(lax.not, array([1, 0], "bool"))).toEqual([[0, 1]]);
  });

  it("clamp is min(max(x, low), high), with NaN kept", () => {
    expect(compute((x) => lax.clamp(-1, x, 1), array([nan, -inf, 0.5, inf]))).toEqual([[nan, -1, 0.5, 1]]);
    expect(compute((x) => lax.clamp(3, x, 2), array([5]))).toEqual([[2]]);
  });

  it("fma rounds once", () => {
    const x = 1 + 2 ** -23;
    const square = -(1 + 2 ** -22);
    expect(compute((v) => lax.fma(v, v, square), scalar(x))).toEqual([[2 ** -46]]);
    expect(compute((v) => lax.add(lax.mul(v, v), square), scalar(x))).toEqual([[0]]);
  });

  it("convert truncates and saturates, NaN gives 0", () => {
    const x = array([nan, inf, -inf, 2.9, -2.9, -0, 300]);
    expect(compute((v) => lax.convert(v, "int32"), x)).toEqual([[0, 2 ** 31 - 1, -(2 ** 31), 2, -2, 0, 300]]);
    expect(compute((v) => lax.convert(v, "uint32"), x)).toEqual([[0, 2 ** 32 - 1, 0, 2, 0, 0, 300]]);
    expect(compute((v) => lax.convert(v, "uint8"), array([300, 2.5]))).toEqual([[44, 2]]);
    expect(compute((v) => lax.convert(v, "bool"), x)).toEqual([[1, 1, 1, 1, 1, 0, 1]]);
    expect(compute((v) => lax.convert(v, "float32"), array([2 ** 32 - 1], "uint32"))).toEqual([[2 ** 32]]);
  });

  it("bitcast keeps the bits", () => {
    expect(compute((v) => lax.bitcastConvert(v, "uint32"), array([1, -0]))).toEqual([[0x3f800000, 2 ** 31]]);
    expect(compute((v) => lax.bitcastConvert(v, "uint32"), array([-1], "int32"))).toEqual([[2 ** 32 - 1]]);
    expect(compute((v) => lax.bitcastConvert(v, "float32"), array([0x7f800000], "int32"))).toEqual([[inf]]);
  });
});

describe("derivatives at special points", () => {
  it("max, min and clamp halve at ties; abs and sign give 0 at 0", () => {
    expect(derive(lax.max, array([1, 2]), array([1, 1]))).toEqual([
      [0.5, 1],
      [0.5, 0],
    ]);
    expect(derive(lax.min, array([1, 2]), array([1, 1]))).toEqual([
      [0.5, 0],
      [0.5, 1],
    ]);
    expect(derive((x) => lax.clamp(0, x, 1), array([-1, 0, 0.5, 1, 2, nan]))).toEqual([
      [0, 0.5, 1, 0.5, 0, 0],
    ]);
    expect(derive(lax.clamp, scalar(0), array([-1, 0.5, 2]), scalar(1))).toEqual([[1], [0, 1, 0], [1]]);
    expect(derive(lax.abs, array([-2, 0, 2]))).toEqual([[-1, 0, 1]]);
  });

  it("what is constant between jumps has derivative 0", () => {
    for (const apply of [lax.sign, lax.floor, lax.ceil, lax.round, lax.stopGradient])
      expect(derive(apply, array([-1.3, 0.2]))).toEqual([[0, 0]]);
    expect(derive(lax.rem, array([7.5, -7.5]), array([2, 2]))).toEqual([
      [1, 1],
      [-3, 3],
    ]);
  });

  it("pow at 0 and below", () => {
    expect(derive((x) => lax.pow(x, 2), array([-3, 0]))).toEqual([[-6, 0]]);
    expect(derive((x) => lax.pow(x, 0), array([0]))).toEqual([[0]]);
    expect(derive(lax.pow, array([0]), array([2]))[1]).toEqual([0]);
    expect(derive(lax.pow, array([-3]), array([2]))[1]).toEqual([nan]);
  });

  it("products with zeros, shared extremes, first maxima of windows", () => {
    const product = (x: Value) => lax.reduceProd(x, [0]);
    expect(derive(product, array([2, 3, 4]))).toEqual([[12, 8, 6]]);
    expect(derive(product, array([2, 0, 4]))).toEqual([[0, 8, 0]]);
    expect(derive(product, array([2, 0, 0]))).toEqual([[0, 0, 0]]);
    expect(derive((x) => lax.reduceMax(x, [0]), array([1, 3, 3, 2]))).toEqual([[0, 0.5, 0.5, 0]]);
    const window = { window: [2], strides: [1], padding: [[0, 0] as const] };
    expect(derive((x) => lax.reduceWindowMax(x, window), array([3, 3, 1, 3]))).toEqual([[1, 1, 0, 1]]);
  });

  it("only what was read receives something", () => {
    expect(derive((x) => lax.slice(x, [1], [5], [3]), array([1, 2, 3, 4, 5, 6]))).toEqual([
      [0, 1, 0, 0, 1, 0],
    ]);
    expect(derive((x) => lax.slice(x, [2], [2]), array([1, 2, 3]))).toEqual([[0, 0, 0]]);
    expect(derive((x, v) => lax.pad(x, v, [1], [-1], [1]), array([1, 2, 3]), scalar(9))).toEqual([
      [1, 1, 0],
      [3],
    ]);
    const twice = array([1, 1, 9, -4], "int32");
    expect(derive((x, i) => lax.gather(x, i, { axis: 0 }), array([1, 2, 3]), twice)[0]).toEqual([1, 2, 1]);
  });
});

describe("empty arrays and scalars", () => {
  const empty = array([], "float32", [0, 3]);
  it("pass through operations that keep shapes", () => {
    for (const apply of [lax.neg, lax.exp, (x: Value) => lax.add(x, 1), (x: Value) => lax.cumsum(x, 1)])
      expect(compute(apply, empty)).toEqual([[]]);
    expect(compute((x) => lax.sort(x, 0), empty)).toEqual([[], []]);
    expect(compute((x) => lax.transpose(x, [1, 0]), empty)).toEqual([[]]);
    expect(compute((x) => lax.reverse(x, [0]), empty)).toEqual([[]]);
    expect(compute((x) => lax.concatenate([x, x], 0), empty)).toEqual([[]]);
    expect(compute((x, v) => lax.pad(x, v, [1, 0], [0, 0]), empty, scalar(7))).toEqual([[7, 7, 7]]);
    expect(compute((x, i) => lax.gather(x, i, { axis: 1 }), empty, array([2], "int32"))).toEqual([[]]);
  });

  it("are folded to the identity", () => {
    expect(compute((x) => lax.reduceSum(x, [0]), empty)).toEqual([[0, 0, 0]]);
    expect(compute((x) => lax.reduceProd(x, [0]), empty)).toEqual([[1, 1, 1]]);
    expect(compute((x) => lax.reduceMax(x, [0]), empty)).toEqual([[-inf, -inf, -inf]]);
    expect(compute((x) => lax.reduceMin(x, [0]), array([], "int32"))).toEqual([[2 ** 31 - 1]]);
    expect(compute((x) => lax.reduceMax(x, [0]), array([], "uint8"))).toEqual([[0]]);
    expect(compute((x) => lax.reduceMin(x, [0]), array([], "uint8"))).toEqual([[255]]);
    expect(compute((x) => lax.reduceAnd(x, [0]), array([], "bool"))).toEqual([[1]]);
    expect(compute((x) => lax.reduceOr(x, [0]), array([], "bool"))).toEqual([[0]]);
    const params: lax.DotParams = { contracting: [[0], [0]], batch: [[], []] };
    expect(compute((x, y) => lax.dotGeneral(x, y, params), array([]), array([]))).toEqual([[0]]);
  });

  it("rank 0", () => {
    const x = scalar(3);
    expect(compute((v) => lax.reduceSum(v, []), x)).toEqual([[3]]);
    expect(compute((v) => lax.transpose(v, []), x)).toEqual([[3]]);
    expect(compute((v) => lax.slice(v, [], []), x)).toEqual([[3]]);
    expect(compute((v) => lax.broadcastTo(v, [2, 1]), x)).toEqual([[3, 3]]);
    expect(compute((v, w) => lax.pad(v, w, [], []), x, scalar(7))).toEqual([[3]]);
    const outer: lax.DotParams = { contracting: [[], []], batch: [[], []] };
    expect(compute((v) => lax.dotGeneral(v, v, outer), x)).toEqual([[9]]);
  });
});

describe("folds", () => {
  it("long sums have eight partial sums, combined in fixed order", () => {
    // 40 elements: partial 0 gets 1e8, then five small ones that it absorbs one by one
    const data = Array.from({ length: 40 }, (_, i) => (i === 0 ? 1e8 : 3));
    const partials = Array.from({ length: 8 }, (_, p) =>
      data.filter((_, i) => i % 8 === p).reduce((sum, v) => Math.fround(sum + v), 0),
    );
    const plus = (a: number, b: number) => Math.fround(a + b);
    const [p0, p1, p2, p3, p4, p5, p6, p7] = partials;
    const expected = plus(plus(plus(p0, p4), plus(p2, p6)), plus(plus(p1, p5), plus(p3, p7)));
    expect(compute((x) => lax.reduceSum(x, [0]), array(data))).toEqual([[expected]]);
    const short = data.slice(0, 31).reduce(plus, 0);
    expect(compute((x) => lax.reduceSum(x, [0]), array(data.slice(0, 31)))).toEqual([[short]]);
    expect(expected).not.toBe(data.reduce(plus, 0));
  });

  it("extremes with NaN and zeros of both signs", () => {
    expect(compute((x) => lax.reduceMax(x, [0]), array([1, nan, 2]))).toEqual([[nan]]);
    expect(compute((x) => lax.reduceMin(x, [0]), array([0, -0]))).toEqual([[0]]);
    expect(compute((x) => lax.argmax(x, 0), array([1, 3, 3]))).toEqual([[1]]);
    expect(compute((x) => lax.argmax(x, 0), array([1, nan, 3, nan]))).toEqual([[1]]);
    expect(compute((x) => lax.argmin(x, 0), array([0, -0, -inf, -inf]))).toEqual([[2]]);
  });

  it("cumsum in both directions, sort and top_k with NaN and ties", () => {
    expect(compute((x) => lax.cumsum(x, 0, true), array([1, 2, 4]))).toEqual([[7, 6, 4]]);
    expect(compute((x) => lax.cumsum(x, 0), array([200, 100], "uint8"))).toEqual([[200, 44]]);
    const x = array([2, nan, -0, 0, inf, 2]);
    expect(compute((v) => lax.sort(v, 0), x)).toEqual([
      [-0, 0, 2, 2, inf, nan],
      [2, 3, 0, 5, 4, 1],
    ]);
    expect(compute((v) => lax.sort(v, 0, true), x)).toEqual([
      [inf, 2, 2, -0, 0, nan],
      [4, 0, 5, 2, 3, 1],
    ]);
    expect(compute((v) => lax.topK(v, 3), x)).toEqual([
      [inf, 2, 2],
      [4, 0, 5],
    ]);
  });
});

describe("indexing", () => {
  it("indices out of range are limited to the axis", () => {
    const at = array([-5, 1, 99], "int32");
    expect(compute((x, i) => lax.gather(x, i, { axis: 0 }), array([10, 20, 30]), at)).toEqual([[10, 20, 30]]);
    const added = (x: Value, i: Value, u: Value) => lax.scatterAdd(x, i, u, { axis: 0 });
    expect(compute(added, array([0, 0]), at, array([1, 2, 4]))).toEqual([[1, 6]]);
  });

  it("each batch has indices of its own", () => {
    const x = array([1, 2, 3, 4, 5, 6], "float32", [2, 3]);
    const at = array([2, 0], "int32");
    expect(compute((v, i) => lax.gather(v, i, { axis: 1, batchDims: 1 }), x, at)).toEqual([[3, 4]]);
  });

  it("slices, pads and reversals", () => {
    const x = array([1, 2, 3, 4, 5]);
    expect(compute((v) => lax.slice(v, [0], [5], [2]), x)).toEqual([[1, 3, 5]]);
    expect(compute((v, w) => lax.pad(v, w, [-1], [1], [1]), x, scalar(0))).toEqual([
      [0, 2, 0, 3, 0, 4, 0, 5, 0],
    ]);
    expect(compute((v) => lax.reverse(v, [0]), x)).toEqual([[5, 4, 3, 2, 1]]);
    expect(compute(() => lax.iota([2, 2], "float32", 0))).toEqual([[0, 0, 1, 1]]);
  });
});

describe("windows", () => {
  const image = array([1, 2, 3, 4], "float32", [1, 4, 1]);
  const kernel = array([1, 10], "float32", [2, 1, 1]);
  const one = { strides: [1], lhsDilation: [1], rhsDilation: [1], padding: [[0, 0] as const], groups: 1 };

  it("convolutions: strides, padding, both dilations", () => {
    const conv = (params: Partial<lax.ConvolutionParams>) =>
      compute((x, k) => lax.convGeneralDilated(x, k, { ...one, ...params }), image, kernel)[0];
    expect(conv({})).toEqual([21, 32, 43]);
    expect(conv({ strides: [2] })).toEqual([21, 43]);
    expect(conv({ padding: [[1, 1]] })).toEqual([10, 21, 32, 43, 4]);
    expect(conv({ padding: [[-1, 0]] })).toEqual([32, 43]);
    expect(conv({ rhsDilation: [2] })).toEqual([31, 42]);
    expect(conv({ lhsDilation: [2] })).toEqual([1, 20, 2, 30, 3, 40]);
  });

  it("products are rounded apart from sums, and zeros of the padding take part", () => {
    const x = array([inf, 1], "float32", [1, 2, 1]);
    const zero = array([0, 1], "float32", [2, 1, 1]);
    expect(compute((v, k) => lax.convGeneralDilated(v, k, one), x, zero)).toEqual([[nan]]);
  });

  it("pooling skips the padding and keeps NaN", () => {
    const params = { window: [2], strides: [2], padding: [[1, 1] as const] };
    const x = array([-1, nan, 3, -0]);
    expect(compute((v) => lax.reduceWindowMax(v, params).node.outputs, x)).toEqual([
      [-1, nan, -0],
      [1, 0, 0],
    ]);
    expect(compute((v) => lax.reduceWindowSum(v, params), x)).toEqual([[-1, nan, 0]]);
    expect(derive((v) => lax.reduceWindowMax(v, params), x)).toEqual([[1, 1, 0, 1]]);
  });

  it("the largest of rectified numbers is the rectified largest number, with the same gradient", () => {
    const relu = (v: Value) => lax.select(lax.le(v, 0), 0, v);
    const params = { window: [3], strides: [1], padding: [[1, 0] as const] };
    const x = array([-1, -2, -0, 0, TINY, 3, 3, nan, -5, inf, -inf, -1, -1, -1]);
    const hidden = (v: Value) => lax.reduceWindowMax(lax.identity(relu(v)), params);
    const seen = (v: Value) => lax.reduceWindowMax(relu(v), params);
    expect(compute(seen, x)).toEqual(compute(hidden, x));
    expect(derive(seen, x)).toEqual(derive(hidden, x));
  });
});
