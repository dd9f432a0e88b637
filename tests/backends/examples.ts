import { bind } from "../../src/primitives/define.js";
import * as lax from "../../src/primitives/index.js";
import { samePadding } from "../../src/primitives/windowShape.js";
import { convKernelGradientOfWinners, convOfWinners } from "../../src/primitives/winners.js";
import { winogradConvolution } from "../../src/primitives/winograd.js";
import { type DType, dtypes } from "../../src/tensor/dtype.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { traceGraph } from "../../src/trace/current.js";
import { gradient } from "../../src/trace/grad.js";
import type { TensorType, Value } from "../../src/trace/graph.js";
import type { Draw, Filling } from "./draw.js";

/** One application of an operation: its operands, and the operation on them. */
export interface Example {
  readonly operands: readonly (TensorType & { readonly filling?: Filling })[];
  readonly apply: (...values: Value[]) => Value | readonly Value[];
}

export type Examples = (draw: Draw) => Example;

const numbers: readonly DType[] = ["float32", "int32", "uint32", "uint8"];
const words: readonly DType[] = ["float32", "int32", "uint32"];
const integers: readonly DType[] = ["int32", "uint32", "uint8"];
const float = (shape: readonly number[], filling?: Filling) => ({
  shape,
  dtype: "float32" as const,
  filling,
});

/** Elementwise on one operand. */
const unary =
  (apply: (x: Value) => Value, types: readonly DType[] = ["float32"]): Examples =>
  (draw) => ({
    operands: [{ shape: draw.shape(), dtype: draw.pick(types) }],
    apply,
  });

/** Elementwise on several operands that broadcast. */
const elementwise =
  (arity: number, apply: (...xs: Value[]) => Value, types: readonly DType[] = ["float32"]): Examples =>
  (draw) => {
    const dtype = draw.pick(types);
    return { operands: draw.broadcasting(arity).map((shape) => ({ shape, dtype })), apply };
  };

const reduction =
  (apply: (x: Value, axes: number[]) => Value, types: readonly DType[]): Examples =>
  (draw) => {
    const shape = draw.anyShape(1);
    const axes = draw.some(shape.map((_, axis) => axis));
    return { operands: [{ shape, dtype: draw.pick(types) }], apply: (x) => apply(x, axes) };
  };

const alongAxis =
  (apply: (x: Value, axis: number) => Value | readonly Value[], types: readonly DType[]): Examples =>
  (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.int(0, shape.length - 1);
    return { operands: [{ shape, dtype: draw.pick(types) }], apply: (x) => apply(x, axis) };
  };

const each = (draw: Draw, shape: readonly number[], least: number, most: number) =>
  shape.map(() => draw.int(least, most));

/** Convolution of something that fits, over 1 to 3 axes. */
function convolution(draw: Draw) {
  const rank = draw.int(1, 3);
  const most = draw.small ? 5 : [67, 15, 6][rank - 1];
  const groups = draw.chance(60) ? 1 : draw.int(1, 4);
  const perGroup = draw.int(1, groups > 1 ? 3 : 9);
  const filters = groups * draw.int(1, groups > 1 ? 3 : 17);
  const axes = Array.from({ length: rank }, () => {
    const window = draw.int(1, 4);
    const dilated = draw.chance(25);
    const rhsDilation = dilated ? draw.int(1, 3) : 1;
    const lhsDilation = draw.chance(15) ? draw.int(1, 3) : 1;
    const stride = draw.chance(40) ? draw.int(1, 3) : 1;
    const size = draw.int(1, most);
    const own = (size - 1) * lhsDilation + 1;
    const reach = (window - 1) * rhsDilation + 1;
    const low = draw.int(0, 2);
    const padding: [number, number] = draw.chance(40)
      ? samePadding(own, window, stride, rhsDilation)
      : [low, Math.max(draw.int(0, 2), reach - own - low)];
    return { window, rhsDilation, lhsDilation, stride, size, padding };
  });
  const params: lax.ConvolutionParams = {
    strides: axes.map(({ stride }) => stride),
    padding: axes.map(({ padding }) => padding),
    lhsDilation: axes.map(({ lhsDilation }) => lhsDilation),
    rhsDilation: axes.map(({ rhsDilation }) => rhsDilation),
    groups,
  };
  const x = [draw.int(1, 3), ...axes.map(({ size }) => size), groups * perGroup];
  const kernel = [...axes.map(({ window }) => window), perGroup, filters];
  return { x, kernel, params };
}

function pooling(draw: Draw) {
  const shape = [
    draw.int(1, 3),
    ...Array.from({ length: draw.int(1, 2) }, () => draw.int(2, draw.small ? 6 : 20)),
    draw.size(draw.small ? 2 : 19),
  ];
  const spatial = shape.map((_, axis) => axis > 0 && axis < shape.length - 1);
  const window = spatial.map((pooled) => (pooled ? draw.int(1, 4) : 1));
  const strides = window.map((size, axis) => (!spatial[axis] ? 1 : draw.chance(50) ? size : draw.int(1, 3)));
  const padding = shape.map((size, axis): [number, number] => {
    const same = samePadding(size, window[axis], strides[axis], 1);
    return draw.chance(50) && size >= window[axis] ? [0, 0] : same;
  });
  return { shape, params: { window, strides, padding } };
}

/** Shape of one number for each window. */
function pooledShape(x: readonly number[], params: lax.ReduceWindowParams): readonly number[] {
  return traceGraph([float(x)], (v) => [lax.reduceWindowMax(v, params)]).outputs[0].shape;
}

/** Which cell of each window is largest. */
const winnersOf = (x: Value, params: lax.ReduceWindowParams) =>
  lax.reduceWindowMax(x, params).node.outputs[1];

/** A convolution of one group, and the pooling of its result in windows without gaps. */
function pooledConvolution(draw: Draw) {
  const { x, kernel, params: drawn } = convolution(draw);
  const [perGroup] = kernel.slice(-2);
  const params = { ...drawn, groups: 1, lhsDilation: drawn.strides.map(() => 1) };
  // as large as its window at least, whatever was between the elements before
  const input = x.map((size, axis) => {
    const at = axis - 1;
    if (at === drawn.strides.length) return perGroup;
    return at < 0 ? size : Math.max(size, (kernel[at] - 1) * drawn.rhsDilation[at] + 1);
  });
  const [made] = traceGraph([float(input), float(kernel)], (a, k) => [
    lax.convGeneralDilated(a, k, params),
  ]).outputs;
  const spatial = made.shape.slice(1, -1);
  const size = spatial.map((extent) => draw.int(1, Math.min(extent, 4)));
  const strides = size.map((own) => (draw.chance(70) ? own : draw.int(1, 3)));
  const pool: lax.ReduceWindowParams = {
    window: [1, ...size, 1],
    strides: [1, ...strides, 1],
    padding: made.shape.map(() => [0, 0]),
  };
  return { x: input, kernel, params, pooled: made.shape, pool };
}

function product(draw: Draw): Example {
  const batch = draw.anyShape(0, 1).map((size) => Math.min(size, 5));
  const rows = draw.anyShape(0, 2).map((size) => Math.min(size, 35));
  const columns = draw.anyShape(0, 2).map((size) => Math.min(size, 35));
  const inner = draw.anyShape(0, 2);
  const place = (free: readonly number[]) => {
    const axes = [
      ...batch.map((size, i) => ({ kind: "batch", i, size })),
      ...free.map((size, i) => ({ kind: "free", i, size })),
      ...inner.map((size, i) => ({ kind: "inner", i, size })),
    ];
    const order = draw.chance(50) ? axes : draw.shuffled(axes);
    const where = (kind: string, count: readonly number[]) =>
      count.map((_, i) => order.findIndex((axis) => axis.kind === kind && axis.i === i));
    return {
      shape: order.map(({ size }) => size),
      batch: where("batch", batch),
      inner: where("inner", inner),
      free: order.filter(({ kind }) => kind === "free").map(({ size }) => size),
    };
  };
  const [x, y] = [place(rows), place(columns)];
  const params: lax.DotParams = { contracting: [x.inner, y.inner], batch: [x.batch, y.batch] };
  const filling = draw.chance(80) ? "moderate" : "any";
  const bias = y.free.slice(-1);
  const followed = columns.length > 0 && draw.chance(50);
  return {
    operands: [float(x.shape, filling), float(y.shape, filling), float(bias)],
    apply: (a, b, c) => {
      const z = lax.dotGeneral(a, b, params);
      // something that ends up inside of the product's own loop
      return followed ? lax.max(lax.add(z, c), 0) : z;
    },
  };
}

function gathering(draw: Draw) {
  const shape = draw.shape(1, 3);
  const axis = draw.int(0, shape.length - 1);
  const batchDims = draw.int(0, axis);
  const taken = draw.shape(0, 2).map((size) => Math.min(size, 9));
  const indices = { shape: [...shape.slice(0, batchDims), ...taken], dtype: "int32" as const };
  const gathered = [...shape.slice(0, axis), ...taken, ...shape.slice(axis + 1)];
  return {
    shape,
    indices: { ...indices, filling: "index" as const },
    gathered,
    options: { axis, batchDims },
  };
}

/** Every primitive under the name that graphs print, and how to make examples of it. */
export const primitives: Record<string, Examples> = {
  neg: unary(lax.neg, numbers),
  abs: unary(lax.abs, numbers),
  sign: unary(lax.sign, numbers),
  floor: unary(lax.floor),
  ceil: unary(lax.ceil),
  round: unary(lax.round),
  exp: unary(lax.exp),
  expm1: unary(lax.expm1),
  log: unary(lax.log),
  log1p: unary(lax.log1p),
  sqrt: unary(lax.sqrt),
  rsqrt: unary(lax.rsqrt),
  tanh: unary(lax.tanh),
  logistic: unary(lax.logistic),
  erf: unary(lax.erf),
  sin: unary(lax.sin),
  cos: unary(lax.cos),
  not: unary(lax.not, [...integers, "bool"]),
  identity: unary(lax.identity, dtypes),
  stop_gradient: unary(lax.stopGradient, dtypes),
  add: elementwise(2, lax.add, numbers),
  sub: elementwise(2, lax.sub, numbers),
  mul: elementwise(2, lax.mul, numbers),
  div: elementwise(2, lax.div, numbers),
  rem: elementwise(2, lax.rem, numbers),
  pow: elementwise(2, lax.pow),
  atan2: elementwise(2, lax.atan2),
  max: elementwise(2, lax.max, dtypes),
  min: elementwise(2, lax.min, dtypes),
  and: elementwise(2, lax.and, [...integers, "bool"]),
  or: elementwise(2, lax.or, [...integers, "bool"]),
  xor: elementwise(2, lax.xor, [...integers, "bool"]),
  shift_left: elementwise(2, lax.shiftLeft, integers),
  shift_right_logical: elementwise(2, lax.shiftRightLogical, integers),
  shift_right_arithmetic: elementwise(2, lax.shiftRightArithmetic, integers),
  eq: elementwise(2, lax.eq, dtypes),
  ne: elementwise(2, lax.ne, dtypes),
  lt: elementwise(2, lax.lt, dtypes),
  le: elementwise(2, lax.le, dtypes),
  select: (draw) => {
    const [mask, x, y] = draw.broadcasting(3);
    const dtype = draw.pick(dtypes);
    return {
      operands: [
        { shape: mask, dtype: "bool" },
        { shape: x, dtype },
        { shape: y, dtype },
      ],
      apply: lax.select,
    };
  },
  clamp: elementwise(3, lax.clamp, numbers),
  fma: elementwise(3, lax.fma),
  convert: (draw) => {
    const to = draw.pick(dtypes);
    return {
      operands: [{ shape: draw.shape(), dtype: draw.pick(dtypes) }],
      apply: (x) => lax.convert(x, to),
    };
  },
  bitcast_convert: (draw) => {
    const to = draw.pick(words);
    // the bits of a NaN are no part of a result
    const filling = "moderate";
    return {
      operands: [{ shape: draw.shape(), dtype: draw.pick(words), filling }],
      apply: (x) => lax.bitcastConvert(x, to),
    };
  },
  reshape: (draw) => {
    const shape = draw.anyShape();
    const merged = draw.chance(50) ? [sizeOf(shape)] : [1, ...shape, 1];
    return { operands: [{ shape, dtype: draw.pick(dtypes) }], apply: (x) => lax.reshape(x, merged) };
  },
  transpose: (draw) => {
    const shape = draw.anyShape();
    const permutation = draw.shuffled(shape.map((_, axis) => axis));
    return { operands: [{ shape, dtype: draw.pick(dtypes) }], apply: (x) => lax.transpose(x, permutation) };
  },
  broadcast_in_dim: (draw) => {
    const whole = draw.anyShape();
    const axes = draw.some(whole.map((_, axis) => axis));
    const shape = axes.map((axis) => (draw.chance(30) ? 1 : whole[axis]));
    return {
      operands: [{ shape, dtype: draw.pick(dtypes) }],
      apply: (x) => lax.broadcastInDim(x, whole, axes),
    };
  },
  slice: (draw) => {
    const shape = draw.anyShape(1);
    const start = shape.map((size) => draw.int(0, size));
    const limit = shape.map((size, axis) => draw.int(start[axis], size));
    const strides = each(draw, shape, 1, 3);
    return {
      operands: [{ shape, dtype: draw.pick(dtypes) }],
      apply: (x) => lax.slice(x, start, limit, strides),
    };
  },
  pad: (draw) => {
    const shape = draw.shape(0, 3).map((size) => Math.min(size, 20));
    const low = shape.map((size) => draw.int(-Math.min(1, size), 3));
    const high = shape.map((size, axis) =>
      draw.int(low[axis] < 0 ? Math.min(0, 1 - size) : -Math.min(1, size), 3),
    );
    const interior = each(draw, shape, 0, 2);
    const dtype = draw.pick(dtypes);
    return {
      operands: [
        { shape, dtype },
        { shape: [], dtype },
      ],
      apply: (x, value) => lax.pad(x, value, low, high, interior),
    };
  },
  concatenate: (draw) => {
    const shape = draw.anyShape(1, 3);
    const axis = draw.int(0, shape.length - 1);
    const dtype = draw.pick(dtypes);
    const operands = Array.from({ length: draw.int(1, 4) }, () => ({
      shape: shape.map((size, a) => (a === axis ? draw.size(20) : size)),
      dtype,
    }));
    return { operands, apply: (...xs) => lax.concatenate(xs, axis) };
  },
  reverse: (draw) => {
    const shape = draw.anyShape(1);
    const axes = draw.some(shape.map((_, axis) => axis));
    return { operands: [{ shape, dtype: draw.pick(dtypes) }], apply: (x) => lax.reverse(x, axes) };
  },
  iota: (draw) => {
    const shape = draw.anyShape(1);
    const dtype = draw.pick(numbers);
    const axis = draw.int(0, shape.length - 1);
    return { operands: [{ shape, dtype }], apply: (x) => [lax.add(x, lax.iota(shape, dtype, axis))] };
  },
  gather: (draw) => {
    const { shape, indices, options } = gathering(draw);
    return {
      operands: [{ shape, dtype: draw.pick(dtypes) }, indices],
      apply: (x, i) => lax.gather(x, i, options),
    };
  },
  scatter_add: (draw) => {
    const { shape, indices, gathered, options } = gathering(draw);
    const dtype = draw.pick(numbers);
    return {
      operands: [{ shape, dtype }, indices, { shape: gathered, dtype }],
      apply: (x, i, updates) => lax.scatterAdd(x, i, updates, options),
    };
  },
  reduce_sum: reduction(lax.reduceSum, words),
  reduce_prod: reduction(lax.reduceProd, words),
  reduce_max: reduction(lax.reduceMax, numbers),
  reduce_min: reduction(lax.reduceMin, numbers),
  reduce_and: reduction(lax.reduceAnd, ["bool"]),
  reduce_or: reduction(lax.reduceOr, ["bool"]),
  argmax: alongAxis(lax.argmax, numbers),
  argmin: alongAxis(lax.argmin, numbers),
  cumsum: (draw) => {
    const reverse = draw.chance(50);
    return alongAxis((x, axis) => lax.cumsum(x, axis, reverse), numbers)(draw);
  },
  sort: (draw) => {
    const descending = draw.chance(50);
    return alongAxis((x, axis) => lax.sort(x, axis, descending), dtypes)(draw);
  },
  top_k: (draw) => {
    const shape = draw.anyShape(1, 3);
    const k = draw.int(0, shape[shape.length - 1]);
    return { operands: [{ shape, dtype: draw.pick(dtypes) }], apply: (x) => lax.topK(x, k) };
  },
  random_bits: (draw) => {
    const size = draw.int(0, 300);
    return { operands: [{ shape: [2], dtype: "uint32" }], apply: (key) => lax.randomBits(key, size) };
  },
  dot_general: product,
  conv_general_dilated: (draw) => {
    const { x, kernel, params } = convolution(draw);
    return {
      operands: [float(x, "moderate"), float(kernel, "moderate")],
      apply: (a, b) => lax.convGeneralDilated(a, b, params),
    };
  },
  conv_kernel_gradient: (draw) => {
    const { x, kernel, params } = convolution(draw);
    // sums of some samples are made behind derivatives and have none themselves
    const samples = draw.small || draw.chance(50) ? undefined : draw.divisor(x[0]);
    const window = kernel.slice(0, -2);
    const [result] = traceGraph([float(x), float(kernel)], (a, b) => [
      lax.convGeneralDilated(a, b, params),
    ]).outputs;
    return {
      operands: [float(x, "moderate"), float(result.shape, "moderate")],
      apply: (a, ct) => lax.convKernelGradient(a, ct, { ...params, window, samples }),
    };
  },
  reduce_window_max: (draw) => {
    const { shape, params } = pooling(draw);
    return { operands: [float(shape)], apply: (x) => lax.reduceWindowMax(x, params).node.outputs };
  },
  reduce_window_sum: (draw) => {
    const { shape, params } = pooling(draw);
    return { operands: [float(shape)], apply: (x) => lax.reduceWindowSum(x, params) };
  },
  reduce_window_max_scatter: (draw) => {
    const { shape, params } = pooling(draw);
    return {
      operands: [float(shape), float(pooledShape(shape, params))],
      apply: (x, ct) => lax.reduceWindowMaxScatter(ct, winnersOf(x, params), { ...params, shape }),
    };
  },
  reduce_window_max_gather: (draw) => {
    const { shape, params } = pooling(draw);
    return {
      operands: [float(shape), float(shape)],
      apply: (x, picked) => {
        const ct = lax.full(pooledShape(shape, params), 1, "float32");
        const scattered = lax.reduceWindowMaxScatter(ct, winnersOf(x, params), { ...params, shape });
        return gradient([scattered], [picked], [ct], lax.sumOfCotangents) as Value[];
      },
    };
  },
  conv_kernel_gradient_of_winners: (draw) => {
    const { x, kernel, params, pooled, pool } = pooledConvolution(draw);
    const window = kernel.slice(0, -2);
    const given = {
      convolution: { ...params, lhsDilation: window.map(() => 1) },
      pooling: pool,
      pooled,
      window,
      samples: draw.divisor(x[0]),
    };
    return {
      operands: [float(x, "moderate"), float(pooledShape(pooled, pool), "moderate"), float(pooled)],
      apply: (a, ct, z) => bind(convKernelGradientOfWinners, given, a, ct, winnersOf(z, pool)),
    };
  },
  conv_of_winners: (draw) => {
    const { x, kernel, params, pooled, pool } = pooledConvolution(draw);
    // the convolution that carries cotangents from the pooled array back to x
    const turned = [...kernel.slice(0, -2), kernel[kernel.length - 1], kernel[kernel.length - 2]];
    const backwards = traceGraph([float(x), float(kernel), float(pooled)], (a, k, ct) => {
      const [found] = gradient([lax.convGeneralDilated(a, k, params)], [ct], [a], lax.sumOfCotangents);
      return [found as Value];
    });
    const [{ node }] = backwards.outputs;
    const given = { convolution: node.params as lax.ConvolutionParams, pooling: pool, pooled, shape: x };
    return {
      operands: [float(pooledShape(pooled, pool), "moderate"), float(pooled), float(turned, "moderate")],
      apply: (ct, z, k) => bind(convOfWinners, given, ct, winnersOf(z, pool), k),
    };
  },
  winograd_convolution: (draw) => {
    const channels = 4 * draw.int(1, draw.small ? 1 : 5);
    const panels = draw.int(1, draw.small ? 1 : 3);
    const sizes = [0, 1].map(() => draw.int(1, draw.small ? 4 : 11));
    const padding = sizes.map((size): [number, number] => {
      const low = draw.int(-1, 3);
      return [low, Math.max(draw.int(-1, 3), 3 - size - low)];
    });
    return {
      operands: [float([draw.int(0, 5), ...sizes, channels]), float([panels, 16, channels, 8])],
      apply: (x, filters) => winogradConvolution(x, filters, { padding }),
    };
  },
  scan: (draw) => {
    const [shape, length, reverse] = [draw.shape(0, 2), draw.int(0, draw.small ? 4 : 9), draw.chance(50)];
    const body = traceGraph([float(shape), float(shape), float(shape)], (factor, carry, x) => {
      const next = lax.add(lax.mul(carry, factor), x);
      return [next, lax.mul(next, carry)];
    });
    return {
      operands: [float(shape), float(shape), float([length, ...shape])],
      apply: (factor, start, xs) => lax.scan(body, [factor], [start], [xs], { length, reverse }),
    };
  },
  while: (draw) => {
    const types: TensorType[] = [float(draw.shape(0, 2)), { shape: [], dtype: "int32" }];
    const most = draw.int(0, 7);
    const condition = traceGraph(types, (_, i) => [lax.lt(i, most)]);
    const body = traceGraph(types, (x, i) => [lax.sub(lax.mul(x, x), x), lax.add(i, 1)]);
    return {
      operands: [types[0]],
      apply: (x) => lax.whileLoop(condition, body, [], [x, lax.full([], 0, "int32")]),
    };
  },
};
