import { splatOf } from "../primitives/broadcast.js";
import { sizeOf, stridesOf } from "../tensor/shape.js";
import { constantData, type Graph, type TensorType, Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { isView } from "./fusion.js";
import type { Access, Expression, Kernel, MapKernel } from "./kernel.js";

/** The index along one axis of a value, from the index of the loop nest: `offset + scale · index[axis]`. */
export interface AxisIndex {
  /** The loop nest's axis, or −1 for a constant index. */
  readonly axis: number;
  readonly scale: number;
  readonly offset: number;
}

/** Axis `i` of a value runs with axis `i` of the loop nest. */
export function identityIndex(rank: number): AxisIndex[] {
  return Array.from({ length: rank }, (_, axis) => ({ axis, scale: 1, offset: 0 }));
}

/** A kernel that fills a buffer, row-major, with what an expression over its axes gives. */
export function filling(buffer: Value, { shape, dtype }: TensorType, expression: Expression): MapKernel {
  const access = { buffer, dtype, offset: 0, strides: stridesOf(shape) };
  return { kind: "map", extents: shape, stores: [{ access, expression }] };
}

/**
 * Finds out where values lie. Views (broadcasts, transposes, slices, …) of a value never get memory: reading them reads
 * the value's own memory with other strides. Where that is impossible a copy is made.
 */
export class Places {
  readonly #copies = new Map<Value, Value>();
  readonly #padded = new Map<Value, Map<string, Value>>();

  /** @param kernels receives the copies that turn out to be necessary */
  constructor(readonly kernels: Kernel[]) {}

  /** The buffer that holds `value`, row-major and whole; copies it into one if it is a view. */
  bufferOf(value: Value): Value {
    const { node } = value;
    if (node.primitive.name === "reshape") return this.bufferOf(node.inputs[0]);
    if (!isView(node) && !(constantData(value) && sizeOf(value.shape) === 0)) return value;
    let copy = this.#copies.get(value);
    if (!copy) {
      copy = temporary(value.graph, value);
      this.#copies.set(value, copy);
      this.copy(value, copy);
    }
    return copy;
  }

  /** Adds a kernel that writes `value`, row-major, to `target`. */
  copy(value: Value, target: Value): void {
    const { shape, dtype } = value;
    this.kernels.push(
      filling(target, { shape, dtype }, this.read(value, identityIndex(shape.length), shape.length)),
    );
  }

  /** `value` at an index that follows from that of a loop nest with `rank` axes. */
  read(value: Value, index: readonly AxisIndex[], rank: number): Expression {
    const { node, dtype, shape } = value;
    const splat = splatOf(value);
    if (splat !== undefined) return { kind: "constant", dtype, value: splat };
    const [operand] = node.inputs;
    switch (node.primitive.name) {
      case "broadcast_in_dim": {
        const { axes } = node.params as { axes: readonly number[] };
        const inner = axes.map((axis, i) => (operand.shape[i] === 1 ? fixed(0) : index[axis]));
        return this.read(operand, inner, rank);
      }
      case "transpose": {
        const { permutation } = node.params as { permutation: readonly number[] };
        const inner = new Array<AxisIndex>(index.length);
        for (const [i, axis] of permutation.entries()) inner[axis] = index[i];
        return this.read(operand, inner, rank);
      }
      case "slice": {
        const { start, strides } = node.params as { start: readonly number[]; strides?: readonly number[] };
        const inner = index.map((i, axis) => {
          const stride = strides?.[axis] ?? 1;
          return { axis: i.axis, scale: i.scale * stride, offset: i.offset * stride + start[axis] };
        });
        return this.read(operand, inner, rank);
      }
      case "reverse": {
        const { axes } = node.params as { axes: readonly number[] };
        const inner = index.map((i, axis) =>
          axes.includes(axis) ? { axis: i.axis, scale: -i.scale, offset: shape[axis] - 1 - i.offset } : i,
        );
        return this.read(operand, inner, rank);
      }
      case "iota": {
        const { axis } = node.params as { axis: number };
        const strides = new Array<number>(rank).fill(0);
        const i = index[axis];
        if (i.axis >= 0) strides[i.axis] = i.scale;
        return { kind: "index", dtype, offset: i.offset, strides };
      }
      default: {
        const access = accessTo(this.bufferOf(value), shape, dtype, index, rank);
        return { kind: "load", dtype, access };
      }
    }
  }

  /** Where a whole value lies, with one stride for each of its axes; copied if it has no place of its own. */
  accessOf(value: Value): Access {
    const rank = value.shape.length;
    const expression = this.read(value, identityIndex(rank), rank);
    if (expression.kind === "load") return expression.access;
    return accessTo(this.copied(value), value.shape, value.dtype, identityIndex(rank), rank);
  }

  /** A buffer that holds `value` even if it is a constant or follows from the index. */
  copied(value: Value): Value {
    let copy = this.#copies.get(value);
    if (!copy) {
      copy = temporary(value.graph, value);
      this.#copies.set(value, copy);
      this.copy(value, copy);
    }
    return copy;
  }

  /** A buffer that holds `value` with something around it; one for all who want it in the same way. */
  padded(value: Value, way: string, make: () => Value): Value {
    const ways = this.#padded.get(value) ?? new Map<string, Value>();
    this.#padded.set(value, ways);
    const buffer = ways.get(way) ?? make();
    ways.set(way, buffer);
    return buffer;
  }
}

function fixed(offset: number): AxisIndex {
  return { axis: -1, scale: 0, offset };
}

/** The access to a row-major buffer of `shape` at an index that follows from a loop nest's. */
export function accessTo(
  buffer: Value,
  shape: readonly number[],
  dtype: Value["dtype"],
  index: readonly AxisIndex[],
  rank: number,
): Access {
  const strides = new Array<number>(rank).fill(0);
  let offset = 0;
  const own = stridesOf(shape);
  for (const [axis, i] of index.entries()) {
    offset += i.offset * own[axis];
    if (i.axis >= 0) strides[i.axis] += i.scale * own[axis];
  }
  return { buffer, dtype, offset, strides };
}

/** Marks memory that holds what no node of the graph stands for: a copy, a padded array. */
const temporaryPrimitive: Primitive = {
  name: "temporary",
  infer: () => [],
  evaluate: () => [],
};

/** A new place in memory of this type. */
export function temporary(graph: Graph, type: TensorType): Value {
  return new Value(
    graph,
    { id: -1, primitive: temporaryPrimitive, params: {}, inputs: [], outputs: [] },
    0,
    type,
  );
}
