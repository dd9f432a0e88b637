import { splatOf } from "../primitives/broadcast.js";
import type { ReduceWindowParams } from "../primitives/window.js";
import type { Node, Value } from "../trace/graph.js";
import { convolutionOperands } from "./convolutions.js";
import type { Expression, Kernel, PooledProductKernel } from "./kernel.js";
import { type AxisIndex, accessTo, filling, identityIndex, type Places, temporary } from "./views.js";
import { isData } from "./zeros.js";

/** Values that depend on the last axis alone: biases. */
function followsColumns(value: Value): boolean {
  if (splatOf(value) !== undefined) return true;
  const { node } = value;
  if (node.primitive.name !== "broadcast_in_dim") return false;
  const { axes } = node.params as { axes: readonly number[] };
  return axes.length === 1 && axes[0] === value.shape.length - 1 && node.inputs[0].shape.length === 1;
}

/** Finds convolution → elementwise operations with biases → max-pooling, where the results between are used but once. */
export function pooledConvolution(
  pool: Node,
  usersOf: (node: Node) => readonly Node[],
  kept: ReadonlySet<Value>,
): { readonly product: Node; readonly between: readonly Node[] } | undefined {
  if (pool.primitive.name !== "reduce_window_max") return undefined;
  const { window, strides, padding } = pool.params as ReduceWindowParams;
  const last = window.length - 1;
  if (padding.some(([low, high]) => low !== 0 || high !== 0)) return undefined;
  if ([0, last].some((axis) => window[axis] !== 1 || strides[axis] !== 1)) return undefined;
  const between: Node[] = [];
  let user = pool;
  let value = pool.inputs[0];
  for (;;) {
    const { node } = value;
    const users = usersOf(node);
    if (kept.has(value) || users.length !== 1 || users[0] !== user) return undefined;
    if (node.primitive.name === "conv_general_dilated") {
      return (node.params as { groups: number }).groups === 1 ? { product: node, between } : undefined;
    }
    if (node.primitive.name === "winograd_convolution") {
      // its tiles of 2×2 are the windows, or it is computed by itself
      const tiles = [1, 2].every((axis) => window[axis] === 2 && strides[axis] === 2);
      return tiles ? { product: node, between } : undefined;
    }
    if (!node.primitive.elementwise) return undefined;
    const operands = node.inputs.filter((input) => !followsColumns(input));
    if (new Set(operands).size !== 1) return undefined;
    between.push(node);
    user = node;
    value = operands[0];
  }
}

/** A convolution, elementwise operations and the max-pooling behind them as one kernel. */
export function lowerPooledProduct(
  pool: Node,
  convolution: Node,
  between: ReadonlySet<Node>,
  stored: ReadonlySet<Value>,
  places: Places,
): Kernel[] {
  const { window, strides } = pool.params as ReduceWindowParams;
  const { a, b, positions, window: taps, channels } = convolutionOperands(convolution, places);
  const [maximum, winner] = pool.outputs;
  const spatial = positions.slice(1);
  const rank = maximum.shape.length;
  const access = (value: Value) => accessTo(value, value.shape, value.dtype, identityIndex(rank), rank);
  const kernel: PooledProductKernel = {
    kind: "pooled_product",
    name: "conv_general_dilated, reduce_window_max",
    a,
    b,
    rows: [
      positions[0],
      ...spatial.map((axis, i) => ({ extent: maximum.shape[i + 1], a: axis.a * strides[i + 1], b: 0 })),
    ],
    cells: spatial.map((axis, i) => ({ extent: window[i + 1], a: axis.a, b: 0 })),
    columns: channels.b,
    sum: [...taps, channels],
    zeros: isData(convolution.inputs[0]),
    lanes: "columns",
    value: expressionOverColumns(pool.inputs[0], convolution.outputs[0], between, places),
    maximum: access(maximum),
    winner: stored.has(winner) ? access(winner) : undefined,
  };
  return prefersCellsAsLanes(kernel) ? withCellsAsLanes(kernel, convolution.inputs[1], places) : [kernel];
}

/** Vectors of cells that one tile holds besides two columns. */
const MOST_CELL_VECTORS = 4;

function prefersCellsAsLanes({ cells, columns, value }: PooledProductKernel): boolean {
  const last = cells[cells.length - 1];
  const vectors = cells.reduce((count, cell) => count * cell.extent, 1) / 4;
  const fits = last?.a === 1 && last.extent % 4 === 0 && vectors <= MOST_CELL_VECTORS;
  return fits && columns % 8 !== 0 && isSumWithBiases(value);
}

/** Such a value is never −0, so a maximum's sign need not be looked for. */
function isSumWithBiases(value: PooledProductKernel["value"]): boolean {
  if (value.kind === "result") return true;
  if (value.kind !== "apply" || value.primitive.name !== "add") return false;
  return value.operands.some((operand, i) => {
    const other = value.operands[1 - i];
    return isSumWithBiases(operand) && (other.kind === "load" || other.kind === "constant");
  });
}

/** Has each weight lie there four times: to load a vector takes one instruction, to make it of one weight often two. */
function withCellsAsLanes(kernel: PooledProductKernel, weights: Value, places: Places): Kernel[] {
  const { graph, dtype } = weights;
  const repeated = temporary(graph, { shape: [...weights.shape, 4], dtype });
  const rank = repeated.shape.length;
  const expression = places.read(weights, identityIndex(rank - 1), rank);
  return [
    filling(repeated, repeated, expression),
    {
      ...kernel,
      b: { buffer: repeated, offset: 0 },
      sum: kernel.sum.map((axis) => ({ ...axis, b: axis.b * 4 })),
      lanes: "cells",
    },
  ];
}

/** An expression of the product's result over one axis, the columns. */
export function expressionOverColumns(
  value: Value,
  result: Value,
  between: ReadonlySet<Node>,
  places: Places,
): Expression {
  if (value === result) return { kind: "result", dtype: value.dtype };
  const { node, shape, dtype } = value;
  if (between.has(node)) {
    const operands = node.inputs.map((input) => expressionOverColumns(input, result, between, places));
    return { kind: "apply", dtype, primitive: node.primitive, params: node.params, operands };
  }
  const index: AxisIndex[] = shape.map((_, axis) =>
    axis === shape.length - 1 ? { axis: 0, scale: 1, offset: 0 } : { axis: -1, scale: 0, offset: 0 },
  );
  return places.read(value, index, 1);
}
