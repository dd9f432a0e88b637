import * as lax from "../primitives/index.js";
import { formatShape } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import { operation } from "./operation.js";
import { apply, type Tensor, type TensorLike, toTensor } from "./tensor.js";

// https://keras.io/api/ops/core/: parts of tensors at positions that may be computed

/** The start along each axis (negative: from its end) as a scalar, limited so that `size` elements fit. */
function starts(name: string, indices: Value, extents: readonly number[], sizes: readonly number[]): Value[] {
  if (indices.shape.length !== 1 || indices.shape[0] !== extents.length || sizes.length !== extents.length) {
    throw new Error(
      `ops.${name}: expected one start for each of ${extents.length} axes. Received: start_indices of shape ${formatShape(indices.shape)}, sizes ${formatShape(sizes)}`,
    );
  }
  if (extents.some((extent, axis) => !(sizes[axis] >= 0 && sizes[axis] <= extent))) {
    throw new Error(
      `ops.${name}: expected a part that fits into shape ${formatShape(extents)}. Received: ${formatShape(sizes)}`,
    );
  }
  const whole = lax.convert(indices, "int32");
  return extents.map((extent, axis) => {
    const at = lax.reshape(lax.slice(whole, [axis], [axis + 1]), []);
    return lax.clamp(0, lax.select(lax.lt(at, 0), lax.add(at, extent), at), extent - sizes[axis]);
  });
}

/**
 * The part of `shape` that starts at `startIndices`, which is limited so that the part fits.
 * @param startIndices one integer for each axis; may be a tensor that is only computed when the program runs
 * @param shape −1 stands for all that follows the start, which then must be known
 * @throws if the part cannot fit
 */
export const slice = /* @__PURE__ */ operation(
  "core.Slice(inputs, start_indices; shape)",
  (inputs: TensorLike, startIndices: TensorLike, shape: readonly number[]): Tensor => {
    const t = toTensor(inputs);
    const indices = toTensor(startIndices, "int32");
    const sizes = shape.map((size, axis) => (size === -1 ? t.shape[axis] - indices.data[axis] : size));
    return apply([t, indices], (x, i) =>
      starts("slice", i as Value, t.shape, sizes).reduce((v, start, axis) => {
        if (sizes[axis] === t.shape[axis]) return v;
        return lax.gather(v, lax.add(lax.iota([sizes[axis]], "int32"), start), { axis });
      }, x as Value),
    );
  },
);

/**
 * `inputs` with `updates` in place of the part that starts at `startIndices`, which is limited so that the part fits.
 * @param startIndices one integer for each axis; may be a tensor that is only computed when the program runs
 * @throws if the part cannot fit
 */
export const sliceUpdate = /* @__PURE__ */ operation(
  "core.SliceUpdate(inputs, start_indices, updates)",
  (inputs: TensorLike, startIndices: TensorLike, updates: TensorLike): Tensor => {
    const t = toTensor(inputs);
    return apply([t, toTensor(startIndices, "int32"), toTensor(updates)], (x, i, u) => {
      const part = u as Value;
      let moved = lax.convert(part, t.dtype);
      let inside: Value | undefined;
      for (const [axis, start] of starts("sliceUpdate", i as Value, t.shape, part.shape).entries()) {
        const size = part.shape[axis];
        if (size === t.shape[axis]) continue;
        if (size === 0) return x as Value;
        const place = lax.sub(lax.iota([t.shape[axis]], "int32"), start);
        moved = lax.gather(moved, lax.clamp(0, place, size - 1), { axis });
        const within = lax.and(lax.ge(place, 0), lax.lt(place, size));
        const spread = lax.broadcastInDim(within, t.shape, [axis]);
        inside = inside ? lax.and(inside, spread) : spread;
      }
      return inside ? lax.select(inside, moved, x as Value) : moved;
    });
  },
);
