import { splatOf } from "../primitives/broadcast.js";
import { stridesOf } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import { identityIndex, type Places } from "./views.js";

export interface Padding {
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Elements between neighbours. */
  readonly interior: readonly number[];
}

/** Writes `source`, padded with `fill`, to `target`: a fill and a copy to where the elements go. */
export function lowerPad(source: Value, fill: Value, padding: Padding, target: Value, places: Places): void {
  const { low, interior } = padding;
  const splat = splatOf(fill);
  const rank = source.shape.length;
  const strides = stridesOf(target.shape);
  if (splat !== undefined) {
    places.kernels.push({ kind: "fill", buffer: target, value: splat });
  } else {
    const expression = places.read(fill, [], rank);
    places.kernels.push({
      kind: "map",
      extents: target.shape,
      stores: [{ access: { buffer: target, dtype: target.dtype, offset: 0, strides }, expression }],
    });
  }
  // negative padding crops: only the source elements that land inside are copied
  const step = interior.map((gap) => gap + 1);
  const first = low.map((l, axis) => Math.max(0, Math.ceil(-l / step[axis])));
  const last = low.map((l, axis) =>
    Math.min(source.shape[axis] - 1, Math.floor((target.shape[axis] - 1 - l) / step[axis])),
  );
  const extents = first.map((f, axis) => last[axis] - f + 1);
  if (extents.some((extent) => extent <= 0)) return;
  const index = identityIndex(rank).map((i, axis) => ({ ...i, offset: first[axis] }));
  places.kernels.push({
    kind: "map",
    extents,
    stores: [
      {
        access: {
          buffer: target,
          dtype: target.dtype,
          offset: low.reduce((sum, l, axis) => sum + (l + first[axis] * step[axis]) * strides[axis], 0),
          strides: strides.map((stride, axis) => stride * step[axis]),
        },
        expression: places.read(source, index, rank),
      },
    ],
  });
}
