import { describe, expect, it } from "vitest";
import type { DType } from "../tensor/dtype.js";
import { traceGraph } from "../trace/current.js";
import { formatType, type TensorType, type Value } from "../trace/graph.js";
import * as lax from "./index.js";

const type = (shape: readonly number[], dtype: DType = "float32"): TensorType => ({ shape, dtype });

/** The results' types, as text. */
function typesOf(
  operands: readonly TensorType[],
  apply: (...values: Value[]) => Value | readonly Value[],
): string {
  const graph = traceGraph(operands, (...values) => {
    const results = apply(...values);
    return (Array.isArray(results) ? results : [results]) as readonly Value[];
  });
  return graph.outputs.map(formatType).join(" ");
}

const same = {
  strides: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ] as [number, number][],
  lhsDilation: [1, 1],
  rhsDilation: [1, 1],
  groups: 1,
};
const pool = {
  window: [1, 2],
  strides: [1, 2],
  padding: [
    [0, 0],
    [0, 0],
  ] as [number, number][],
};
const dot = (cx: number[], cy: number[], bx: number[] = [], by: number[] = []): lax.DotParams => ({
  contracting: [cx, cy],
  batch: [bx, by],
});
const body = traceGraph([type([2]), type([])], (c, x) => [lax.add(c, x), x]);
const answer = (dtype: DType) => traceGraph([type([2])], () => [lax.full([], 0, dtype)]);
const keep = traceGraph([type([2])], (c) => [c]);
const change = traceGraph([type([2])], (c) => [lax.reshape(c, [1, 2])]);

type Row = readonly [
  operands: readonly TensorType[],
  apply: (...values: Value[]) => Value | readonly Value[],
  expected: string,
];

const good: Record<string, readonly Row[]> = {
  elementwise: [
    [[type([]), type([3, 1]), type([4])], (x, y, z) => lax.add(lax.mul(x, y), z), "float32(3, 4)"],
    [[type([2], "uint8")], (x) => lax.add(x, 1), "uint8(2,)"],
    [[type([0, 3]), type([3])], lax.lt, "bool(0, 3)"],
    [[type([2], "bool"), type([2], "int32")], (mask, x) => lax.select(mask, x, 0), "int32(2,)"],
    [[type([2], "bool")], (mask) => lax.select(mask, 1, 0), "float32(2,)"],
    [[type([2])], (x) => lax.clamp(0, x, 1), "float32(2,)"],
    [[type([2]), type([2]), type([])], lax.fma, "float32(2,)"],
    [[type([2])], (x) => lax.convert(x, "bool"), "bool(2,)"],
    [[type([2])], (x) => lax.bitcastConvert(x, "uint32"), "uint32(2,)"],
  ],
  "shapes of arrays": [
    [[type([2, 3])], (x) => lax.reshape(x, [6]), "float32(6,)"],
    [[type([1])], (x) => lax.reshape(x, []), "float32()"],
    [[type([2, 3, 4])], (x) => lax.transpose(x, [2, 0, 1]), "float32(4, 2, 3)"],
    [[type([3])], (x) => lax.broadcastInDim(x, [2, 3, 4], [1]), "float32(2, 3, 4)"],
    [[type([7])], (x) => lax.slice(x, [1], [6], [2]), "float32(3,)"],
    [[type([7])], (x) => lax.slice(x, [7], [7]), "float32(0,)"],
    [[type([3]), type([])], (x, v) => lax.pad(x, v, [1], [-2], [2]), "float32(6,)"],
    [[type([2, 1]), type([2, 0])], (x, y) => lax.concatenate([x, y], 1), "float32(2, 1)"],
    [[type([2, 1])], (x) => lax.reverse(x, [0, 1]), "float32(2, 1)"],
    [[], () => lax.iota([2, 3], "uint8", 0), "uint8(2, 3)"],
  ],
  indexing: [
    [[type([5, 3]), type([2, 4], "int32")], (x, i) => lax.gather(x, i, { axis: 0 }), "float32(2, 4, 3)"],
    [
      [type([5, 3]), type([5], "int32")],
      (x, i) => lax.gather(x, i, { axis: 1, batchDims: 1 }),
      "float32(5,)",
    ],
    [[type([0, 3]), type([0], "int32")], (x, i) => lax.gather(x, i, { axis: 0 }), "float32(0, 3)"],
    [
      [type([5, 3]), type([], "int32"), type([3])],
      (x, i, u) => lax.scatterAdd(x, i, u, { axis: 0 }),
      "float32(5, 3)",
    ],
  ],
  folds: [
    [[type([2, 3, 4])], (x) => lax.reduceSum(x, [2, 0]), "float32(3,)"],
    [[type([2, 0])], (x) => lax.reduceMax(x, [1]), "float32(2,)"],
    [[type([2], "bool")], (x) => lax.reduceOr(x, [0]), "bool()"],
    [[type([2, 3])], (x) => lax.argmax(x, 1), "int32(2,)"],
    [[type([2, 3], "int32")], (x) => lax.cumsum(x, 0), "int32(2, 3)"],
    [[type([2, 3], "bool")], (x) => lax.sort(x, 0), "bool(2, 3) int32(2, 3)"],
    [[type([2, 3])], (x) => lax.topK(x, 2), "float32(2, 2) int32(2, 2)"],
  ],
  products: [
    [[type([2, 3]), type([3, 4])], (x, y) => lax.dotGeneral(x, y, dot([1], [0])), "float32(2, 4)"],
    [
      [type([5, 2, 3]), type([3, 5])],
      (x, y) => lax.dotGeneral(x, y, dot([2], [0], [0], [1])),
      "float32(5, 2)",
    ],
    [[type([2]), type([3])], (x, y) => lax.dotGeneral(x, y, dot([], [])), "float32(2, 3)"],
    [
      [type([1, 5, 5, 4]), type([2, 3, 2, 6])],
      (x, k) => lax.convGeneralDilated(x, k, { ...same, groups: 2 }),
      "float32(1, 4, 3, 6)",
    ],
    [
      [type([1, 5, 5, 4]), type([1, 4, 3, 6])],
      (x, ct) => lax.convKernelGradient(x, ct, { ...same, groups: 2, window: [2, 3] }),
      "float32(2, 3, 2, 6)",
    ],
    [[type([2, 5])], (x) => lax.reduceWindowMax(x, pool), "float32(2, 2)"],
    [[type([2, 5])], (x) => lax.reduceWindowSum(x, pool), "float32(2, 2)"],
    [[type([2, 5])], (x) => lax.reduceWindowMax(x, pool).node.outputs, "float32(2, 2) int32(2, 2)"],
    [
      [type([2, 2]), type([2, 2], "int32")],
      (ct, winners) => lax.reduceWindowMaxScatter(ct, winners, { ...pool, shape: [2, 5] }),
      "float32(2, 5)",
    ],
  ],
  loops: [
    [
      [type([2]), type([7])],
      (c, xs) => lax.scan(body, [], [c], [xs], { length: 7 }),
      "float32(2,) float32(7,)",
    ],
    [[type([2])], (c) => lax.whileLoop(answer("bool"), keep, [], [c]), "float32(2,)"],
  ],
};

const bad: Record<string, readonly Row[]> = {
  elementwise: [
    [
      [type([2]), type([3])],
      lax.add,
      "Shapes (2,) and (3,) cannot be broadcast together: sizes 2 and 3 differ.",
    ],
    [
      [type([2]), type([2], "int32")],
      lax.add,
      "add: expected operands of one dtype. Received: float32 and int32",
    ],
    [[type([2], "bool"), type([2], "bool")], lax.mul, "mul is not defined for bool tensors."],
    [
      [type([2], "int32")],
      lax.exp,
      'exp is not defined for int32 tensors. Convert with `astype("float32")`.',
    ],
    [[type([2])], lax.not, "not is not defined for float32 tensors."],
    [
      [type([2], "bool"), type([2], "int32"), type([2])],
      lax.select,
      "select: expected operands of one dtype.",
    ],
    [
      [type([2], "bool")],
      (x) => lax.bitcastConvert(x, "int32"),
      "bitcast_convert: expected 32-bit dtypes. Received: bool",
    ],
  ],
  "shapes of arrays": [
    [
      [type([2, 3])],
      (x) => lax.reshape(x, [5]),
      "reshape: expected a shape of 6 elements for float32(2, 3). Received: shape=(5,)",
    ],
    [
      [type([2, 3])],
      (x) => lax.reshape(x, [-1, 6]),
      "reshape: expected `shape` to be an integer of at least 0 for each axis of (-1, 6). Received: shape=(-1, 6)",
    ],
    [
      [type([2, 3])],
      (x) => lax.transpose(x, [0, 0]),
      "transpose: expected `permutation` to be different axes in [0, 1] of float32(2, 3). Received: permutation=(0, 0)",
    ],
    [
      [type([2, 3])],
      (x) => lax.transpose(x, [1]),
      "transpose: expected `permutation` to be an integer for each axis of (2, 3). Received: permutation=(1,)",
    ],
    [
      [type([3])],
      (x) => lax.broadcastInDim(x, [2, 4], [1]),
      "broadcast_in_dim: expected ascending axes where float32(3,) has size 1 or that of (2, 4). Received: axes=(1,)",
    ],
    [
      [type([3, 1])],
      (x) => lax.broadcastInDim(x, [1, 3, 2], [1, 0]),
      "broadcast_in_dim: expected ascending axes",
    ],
    [
      [type([3, 4])],
      (x) => lax.broadcastTo(x, [4]),
      "broadcast_in_dim: expected `axes` to be different axes in [0, 0]",
    ],
    [
      [type([3])],
      (x) => lax.slice(x, [2], [4]),
      "slice: expected start ≤ limit ≤ size on every axis of float32(3,). Received: start=(2,), limit=(4,)",
    ],
    [[type([3])], (x) => lax.slice(x, [2], [1]), "slice: expected start ≤ limit ≤ size"],
    [
      [type([3])],
      (x) => lax.slice(x, [0], [3], [0]),
      "slice: expected `strides` to be an integer of at least 1 for each axis of (3,). Received: strides=(0,)",
    ],
    [
      [type([3])],
      (x) => lax.slice(x, [0, 0], [3, 1]),
      "slice: expected `start` to be an integer of at least 0 for each axis of (3,)",
    ],
    [
      [type([3]), type([], "int32")],
      (x, v) => lax.pad(x, v, [1], [1]),
      "pad: expected `value` to be float32(). Received: value=int32()",
    ],
    [
      [type([3]), type([])],
      (x, v) => lax.pad(x, v, [-2], [-2]),
      "pad: expected at most as many elements to be cut off as float32(3,) has. Received: low=(-2,), high=(-2,)",
    ],
    [
      [type([3]), type([])],
      (x, v) => lax.pad(x, v, [1], [1], [-1]),
      "pad: expected `interior` to be an integer of at least 0",
    ],
    [
      [type([2]), type([2, 1])],
      (x, y) => lax.concatenate([x, y], 0),
      "concatenate: expected operands that differ only in axis 0. Received: float32(2,), float32(2, 1)",
    ],
    [
      [type([2]), type([2], "int32")],
      (x, y) => lax.concatenate([x, y], 0),
      "concatenate: expected operands that differ only in axis 0.",
    ],
    [
      [type([2])],
      (x) => lax.concatenate([x], 1),
      "concatenate: expected `axis` to be different axes in [0, 0] of float32(2,). Received: axis=(1,)",
    ],
    [[], () => lax.concatenate([], 0), "concatenate: expected at least one operand. Received: none"],
    [
      [type([2])],
      (x) => lax.reverse(x, [1]),
      "reverse: expected `axes` to be different axes in [0, 0] of float32(2,). Received: axes=(1,)",
    ],
    [[], () => lax.iota([], "int32"), "iota: expected `axis` to be different axes"],
    [[], () => lax.iota([2], "bool"), "iota: expected a dtype of numbers. Received: dtype=bool"],
  ],
  indexing: [
    [
      [type([5]), type([2])],
      (x, i) => lax.gather(x, i, { axis: 0 }),
      "gather: expected `indices` of dtype int32. Received: indices=float32(2,)",
    ],
    [
      [type([5]), type([2], "int32")],
      (x, i) => lax.gather(x, i, { axis: 1 }),
      "gather: expected `axis` to be different axes in [0, 0] of float32(5,). Received: axis=(1,)",
    ],
    [
      [type([5, 3]), type([4, 2], "int32")],
      (x, i) => lax.gather(x, i, { axis: 1, batchDims: 1 }),
      "gather: expected the first 1 axes of `indices` to be those of `x`. Received: x=float32(5, 3), indices=int32(4, 2)",
    ],
    [
      [type([5, 3]), type([5, 3], "int32")],
      (x, i) => lax.gather(x, i, { axis: 0, batchDims: 1 }),
      "gather: expected `batchDims` to be an integer in [0, axis=0]. Received: batchDims=1",
    ],
    [
      [type([0, 3]), type([2], "int32")],
      (x, i) => lax.gather(x, i, { axis: 0 }),
      "gather: axis 0 of (0, 3) is empty, so no index is valid. Received: indices=int32(2,)",
    ],
    [
      [type([5]), type([2], "int32"), type([3])],
      (x, i, u) => lax.scatterAdd(x, i, u, { axis: 0 }),
      "scatter_add: expected `updates` to be float32(2,). Received: updates=float32(3,)",
    ],
    [
      [type([5], "bool"), type([2], "int32"), type([2], "bool")],
      (x, i, u) => lax.scatterAdd(x, i, u, { axis: 0 }),
      "scatter_add: expected `x` of dtype float32, int32, uint32, uint8. Received: x=bool(5,)",
    ],
  ],
  folds: [
    [
      [type([2], "bool")],
      (x) => lax.reduceSum(x, [0]),
      "reduce_sum: expected `x` of dtype float32, int32, uint32. Received: x=bool(2,)",
    ],
    [
      [type([2, 2])],
      (x) => lax.reduceProd(x, [0, 0]),
      "reduce_prod: expected `axes` to be different axes in [0, 1] of float32(2, 2). Received: axes=(0, 0)",
    ],
    [[type([2])], (x) => lax.reduceMax(x, [-1]), "reduce_max: expected `axes` to be different axes"],
    [[type([2])], (x) => lax.reduceMin(x, [1]), "reduce_min: expected `axes` to be different axes"],
    [
      [type([2])],
      (x) => lax.reduceAnd(x, [0]),
      "reduce_and: expected `x` of dtype bool. Received: x=float32(2,)",
    ],
    [
      [type([2], "int32")],
      (x) => lax.reduceOr(x, [0]),
      "reduce_or: expected `x` of dtype bool. Received: x=int32(2,)",
    ],
    [
      [type([2, 0])],
      (x) => lax.argmax(x, 1),
      "argmax: expected at least one element along the axis. Received: x of shape (2, 0), axis=1",
    ],
    [[type([2, 0])], (x) => lax.argmin(x, 2), "argmin: expected `axis` to be different axes in [0, 1]"],
    [
      [type([2], "bool")],
      (x) => lax.cumsum(x, 0),
      "cumsum: expected `x` of dtype float32, int32, uint32, uint8. Received: x=bool(2,)",
    ],
    [[type([])], (x) => lax.sort(x, 0), "sort: expected `axis` to be different axes"],
    [
      [type([3])],
      (x) => lax.topK(x, 4),
      "top_k: expected `k` to be an integer in [0, 3], the size of the last axis. Received: k=4",
    ],
    [[type([])], (x) => lax.topK(x, 0), "top_k: expected `axis` to be different axes"],
  ],
  products: [
    [
      [type([2, 3]), type([4, 3])],
      (x, y) => lax.dotGeneral(x, y, dot([1], [0])),
      "dot_general: expected `contracting` to pair axes of equal sizes. Received: x=float32(2, 3), y=float32(4, 3), contracting=[[1],[0]]",
    ],
    [
      [type([2, 3]), type([4, 3])],
      (x, y) => lax.dotGeneral(x, y, dot([1], [1], [0], [0])),
      "dot_general: expected `batch` to pair axes of equal sizes.",
    ],
    [
      [type([2, 3]), type([4, 3])],
      (x, y) => lax.dotGeneral(x, y, dot([1, 1], [1, 1])),
      "dot_general: expected `contracting and batch of x` to be different axes in [0, 1] of float32(2, 3). Received: contracting and batch of x=(1, 1)",
    ],
    [
      [type([3], "int32"), type([3])],
      (x, y) => lax.dotGeneral(x, y, dot([0], [0])),
      "dot_general: expected `x` of dtype float32. Received: x=int32(3,)",
    ],
    [
      [type([1, 5, 5, 4]), type([2, 2, 3, 6])],
      (x, k) => lax.convGeneralDilated(x, k, same),
      "conv_general_dilated: kernel (2, 2, 3, 6) in 1 groups does not fit input (1, 5, 5, 4).",
    ],
    [
      [type([1, 5, 4]), type([2, 2, 4, 6])],
      (x, k) => lax.convGeneralDilated(x, k, same),
      "conv_general_dilated: expected `x` to have 1 to 3 spatial axes and two others, with a window for them. Received: x=float32(1, 5, 4), window=(2, 2)",
    ],
    [
      [type([1, 5, 5, 4]), type([2, 2, 4, 6])],
      (x, k) => lax.convGeneralDilated(x, k, { ...same, strides: [0, 1] }),
      "conv_general_dilated: expected `strides` to be an integer of at least 1 for each axis of (2, 2). Received: strides=(0, 1)",
    ],
    [
      [type([1, 5, 5, 4]), type([2, 2, 4, 6])],
      (x, k) => lax.convGeneralDilated(x, k, { ...same, groups: 0 }),
      "conv_general_dilated: expected `groups` to be a positive integer. Received: groups=0",
    ],
    [
      [type([1, 2, 5, 4]), type([3, 2, 4, 6])],
      (x, k) => lax.convGeneralDilated(x, k, same),
      "Computed output size would be negative or zero in conv_general_dilated (input (1, 2, 5, 4), window (3, 2)): a window of 3 does not fit an axis of size 2.",
    ],
    [
      [type([1, 5, 5, 4]), type([1, 5, 5, 6])],
      (x, ct) => lax.convKernelGradient(x, ct, { ...same, window: [2, 2] }),
      "conv_kernel_gradient: a cotangent (1, 5, 5, 6) in 1 groups is not of a convolution of (1, 5, 5, 4) with window (2, 2).",
    ],
    [
      [type([2, 5], "int32")],
      (x) => lax.reduceWindowMax(x, pool),
      "reduce_window_max: expected `x` of dtype float32. Received: x=int32(2, 5)",
    ],
    [
      [type([2, 5])],
      (x) => lax.reduceWindowSum(x, { ...pool, window: [2] }),
      "reduce_window_sum: expected `window` to be an integer of at least 1 for each axis of (2, 5). Received: window=(2,)",
    ],
    [
      [type([2, 1])],
      (x) => lax.reduceWindowMax(x, pool),
      "Computed output size would be negative or zero in reduce_window_max (input (2, 1), window (1, 2))",
    ],
    [
      [type([2, 3]), type([2, 3], "int32")],
      (ct, winners) => lax.reduceWindowMaxScatter(ct, winners, { ...pool, shape: [2, 5] }),
      "reduce_window_max_scatter: expected `cotangent` to be float32(2, 2). Received: cotangent=float32(2, 3)",
    ],
    [
      [type([2, 2]), type([2, 2])],
      (ct, winners) => lax.reduceWindowMaxScatter(ct, winners, { ...pool, shape: [2, 5] }),
      "reduce_window_max_scatter: expected `winners` to be int32(2, 2). Received: winners=float32(2, 2)",
    ],
  ],
  loops: [
    [
      [type([3]), type([7])],
      (c, xs) => lax.scan(body, [], [c], [xs], { length: 7 }),
      "scan: operand 0 is float32(3,), but the body takes float32(2,).",
    ],
    [
      [type([2]), type([6])],
      (c, xs) => lax.scan(body, [], [c], [xs], { length: 7 }),
      "scan: expected 7 slices of float32() along the first axis. Received: float32(6,)",
    ],
    [
      [type([2])],
      (c) => lax.whileLoop(answer("int32"), keep, [], [c]),
      "while: the condition must be a bool scalar. Received: int32()",
    ],
    [
      [type([2])],
      (c) => lax.whileLoop(answer("bool"), change, [], [c]),
      "while: what goes from step to step must keep its shape (2,) and dtype float32. The body gave: float32(1, 2)",
    ],
  ],
};

describe("type rules give the results' types", () => {
  for (const [family, rows] of Object.entries(good)) {
    it(family, () => {
      for (const [operands, apply, expected] of rows) expect(typesOf(operands, apply)).toBe(expected);
    });
  }
});

describe("type rules say what was expected and received", () => {
  for (const [family, rows] of Object.entries(bad)) {
    it(family, () => {
      for (const [operands, apply, message] of rows) expect(() => typesOf(operands, apply)).toThrow(message);
    });
  }
});
