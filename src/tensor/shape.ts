/** Sizes of the axes, outermost first. The data lie row-major. */
export type Shape = readonly number[];

/** Sizes of the axes where some may be unknown (null: the batch). */
export type PartialShape = readonly (number | null)[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Where the elements of an array with these strides lie, from its first one on, in row-major order. */
export function offsetsOf(shape: Shape, strides: readonly number[]): number[] {
  const own = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    shape.reduce((sum, extent, axis) => sum + (Math.floor(i / own[axis]) % extent) * strides[axis], 0),
  );
}

export function sameShape(a: PartialShape, b: PartialShape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** `(32, 10)`, `(5,)`, `()`: as Python prints a shape; an unknown size is `None`. */
export function formatShape(shape: readonly (number | null)[]): string {
  const parts = shape.map((extent) => extent ?? "None");
  return parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(", ")})`;
}

/**
 * The shape that NumPy's broadcasting gives.
 * @throws if two sizes differ and neither is 1.
 */
export function broadcastShapes(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const m = a[axis - rank + a.length] ?? 1;
    const n = b[axis - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new Error(
        `Shapes ${formatShape(a)} and ${formatShape(b)} cannot be broadcast together: sizes ${m} and ${n} differ.`,
      );
    }
    shape[axis] = m === 1 ? n : m;
  }
  return shape;
}

/** `axis` counted from the end when negative, checked against `rank`. */
export function normalizeAxis(axis: number, rank: number, where = "axis"): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw new Error(
      `Received an invalid value for \`${where}\`: expected an integer in [${-rank}, ${rank - 1}] for a tensor of rank ${rank}. Received: ${where}=${axis}`,
    );
  }
  return normal;
}
