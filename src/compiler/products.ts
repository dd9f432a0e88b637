import { sizeOf, stridesOf } from "../tensor/shape.js";
import type { Node, Value } from "../trace/graph.js";
import type { ProductAxis, ProductKernel, Store } from "./kernel.js";
import { neededRule } from "./rules.js";
import { accessTo, identityIndex, type Places, temporary } from "./views.js";
import { mayHaveZeros } from "./zeros.js";

/** Builds the stores for a loop nest of so many axes (rows, then columns). */
export type Stores = (rank: number) => Store[];

/** A matrix product, convolution or kernel gradient as sums of products over evenly spaced operands. */
export function lowerProduct(node: Node, stores: Stores, places: Places): ProductKernel[] {
  if (node.primitive.name === "dot_general") return [lowerDot(node, stores, places)];
  return neededRule("lowerConvolutions")(node, stores, places);
}

function lowerDot(node: Node, stores: Stores, places: Places): ProductKernel {
  const { contracting, batch } = node.params as {
    contracting: readonly [readonly number[], readonly number[]];
    batch: readonly [readonly number[], readonly number[]];
  };
  const [lhs, rhs] = node.inputs;
  const [result] = node.outputs;
  const free = [0, 1].map((side) =>
    node.inputs[side].shape
      .map((_, axis) => axis)
      .filter((axis) => !contracting[side].includes(axis) && !batch[side].includes(axis)),
  );
  const a = places.accessOf(lhs);
  let b = places.accessOf(rhs);
  const columns = sizeOf(free[1].map((axis) => rhs.shape[axis]));
  const contiguous = (strides: readonly number[]) => {
    let expected = 1;
    for (const axis of [...free[1]].reverse()) {
      if (strides[axis] !== expected && rhs.shape[axis] !== 1) return false;
      expected *= rhs.shape[axis];
    }
    return true;
  };
  if (!contiguous(b.strides)) {
    // columns are read as vectors: bring them to the end
    const order = [...batch[1], ...contracting[1], ...free[1]];
    const shape = order.map((axis) => rhs.shape[axis]);
    const copy = temporary(rhs.graph, { shape, dtype: rhs.dtype });
    const own = stridesOf(shape);
    const strides = new Array<number>(order.length);
    for (const [i, axis] of order.entries()) strides[axis] = own[i];
    places.kernels.push({
      kind: "map",
      extents: shape,
      stores: [
        {
          access: { buffer: copy, dtype: rhs.dtype, offset: 0, strides: own },
          expression: places.read(
            rhs,
            rhs.shape.map((_, axis) => ({ axis: order.indexOf(axis), scale: 1, offset: 0 })),
            order.length,
          ),
        },
      ],
    });
    b = { buffer: copy, dtype: rhs.dtype, offset: 0, strides };
  }
  const rows: ProductAxis[] = [
    ...batch[0].map((axis, i) => ({
      extent: lhs.shape[axis],
      a: a.strides[axis],
      b: b.strides[batch[1][i]],
    })),
    ...free[0].map((axis) => ({ extent: lhs.shape[axis], a: a.strides[axis], b: 0 })),
  ];
  const sum = contracting[0].map((axis, i) => ({
    extent: lhs.shape[axis],
    a: a.strides[axis],
    b: b.strides[contracting[1][i]],
  }));
  return {
    kind: "product",
    name: "dot_general",
    a,
    b,
    rows,
    columns,
    aColumn: 0,
    zeros: mayHaveZeros(lhs),
    sum,
    stores:
      free[1].length === 1
        ? stores(rows.length + 1)
        : storeAs(result, [...rows.map((r) => r.extent), columns]),
  };
}

/** Stores nothing but the product itself, seen as an array of another shape. */
export function storeAs(result: Value, shape: readonly number[]): Store[] {
  return [
    {
      access: accessTo(result, shape, result.dtype, identityIndex(shape.length), shape.length),
      expression: { kind: "result", dtype: result.dtype },
    },
  ];
}
