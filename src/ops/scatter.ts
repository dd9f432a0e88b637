import * as lax from "../primitives/index.js";
import { formatShape, sizeOf } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import { operation } from "./operation.js";
import { apply, type Tensor, type TensorLike, toTensor } from "./tensor.js";

// https://keras.io/api/ops/core/, https://keras.io/api/ops/math/: rows that are brought together by where they belong. Rows are
// sorted by their target, folded over all neighbours of one target in as many rounds as their number has bits, and the last one of
// each target, which has all of them, is stored: no order of stores matters.

/** A row for each position, folded by target: `start` is what targets hold before. */
type Combine = (x: Value, y: Value) => Value;

/** Adds rows to the targets (int32 positions along the first axis); rows whose target is out of range are dropped. */
function addedTo(start: Value, targets: Value, rows: Value): Value {
  const count = start.shape[0];
  const valid = lax.and(lax.ge(targets, 0), lax.lt(targets, count));
  const place = lax.select(valid, targets, count);
  const sums = lax.scatterAdd(extended(start), place, rows, { axis: 0 });
  return shortened(sums, count);
}
/** With one more row, of zeros, for what belongs nowhere. */
const extended = (v: Value) =>
  lax.pad(
    v,
    lax.full([], 0, v.dtype),
    v.shape.map(() => 0),
    v.shape.map((_, axis) => (axis === 0 ? 1 : 0)),
  );
const shortened = (v: Value, count: number) =>
  lax.slice(
    v,
    v.shape.map(() => 0),
    v.shape.map((extent, axis) => (axis === 0 ? count : extent)),
  );
const alongRows = (flags: Value, shape: readonly number[]) => lax.broadcastInDim(flags, shape, [0]);

/**
 * For each target that rows go to their fold, and whether there are any.
 * @param combine undefined: the last of the rows counts
 */
function foldedByTarget(
  count: number,
  targets: Value,
  rows: Value,
  combine: Combine | undefined,
): { folded: Value; hit: Value } {
  const [sorted, order] = lax.sort(targets, 0);
  const number = sorted.shape[0];
  let folds = lax.gather(rows, order, { axis: 0 });
  if (combine) {
    for (let distance = 1; distance < number; distance *= 2) {
      const before = (v: Value, filling: number) =>
        lax.pad(
          v,
          lax.full([], filling, v.dtype),
          v.shape.map((_, axis) => (axis === 0 ? distance : 0)),
          v.shape.map((_, axis) => (axis === 0 ? -distance : 0)),
        );
      const hasMore = lax.and(
        lax.eq(before(sorted, 0), sorted),
        lax.ge(lax.iota([number], "int32"), distance),
      );
      folds = lax.select(alongRows(hasMore, folds.shape), combine(before(folds, 0), folds), folds);
    }
  }
  const next = lax.pad(sorted, lax.full([], -1, "int32"), [-1], [1]);
  const isLast = lax.or(lax.ne(sorted, next), lax.eq(lax.iota([number], "int32"), number - 1));
  const places = lax.select(isLast, sorted, -1);
  const words = rows.dtype === "bool" ? lax.convert(folds, "int32") : folds;
  const sums = addedTo(lax.full([count, ...rows.shape.slice(1)], 0, words.dtype), places, words);
  const hits = addedTo(lax.full([count], 0, "int32"), places, lax.full([number], 1, "int32"));
  return { folded: lax.convert(sums, rows.dtype), hit: alongRows(lax.gt(hits, 0), sums.shape) };
}

/** Rows of `[…, depth]` positions as positions in the flattened first `depth` axes of `shape`; out of range: −1. */
function flatTargets(
  name: string,
  indices: Value,
  shape: readonly number[],
): { targets: Value; depth: number } {
  const depth = indices.shape[indices.shape.length - 1];
  if (indices.shape.length === 0 || depth > shape.length) {
    throw new Error(
      `ops.${name}: expected indices with a last axis of at most ${shape.length} positions for shape ${formatShape(shape)}. Received: indices of shape ${formatShape(indices.shape)}`,
    );
  }
  const number = sizeOf(indices.shape.slice(0, -1));
  const rows = lax.reshape(lax.convert(indices, "int32"), [number, depth]);
  let targets = lax.full([number], 0, "int32");
  let valid = lax.full([number], 1, "bool");
  for (let axis = 0; axis < depth; axis++) {
    const given = lax.reshape(lax.slice(rows, [0, axis], [number, axis + 1]), [number]);
    const at = lax.select(lax.lt(given, 0), lax.add(given, shape[axis]), given);
    valid = lax.and(valid, lax.and(lax.ge(at, 0), lax.lt(at, shape[axis])));
    targets = lax.add(lax.mul(targets, shape[axis]), at);
  }
  return { targets: lax.select(valid, targets, -1), depth };
}

/**
 * Zeros of `shape` to which each of `values` is added where its indices say. What lies outside is dropped.
 * @param indices `[…, depth]`: positions along the first `depth` axes, negative ones from the end
 * @param values `[…, shape[depth], …]`
 * @throws if the shapes do not fit
 */
export const scatter = /* @__PURE__ */ operation(
  "core.Scatter(indices, values; shape)",
  (indices: TensorLike, values: TensorLike, shape: readonly number[]): Tensor =>
    apply([toTensor(indices, "int32"), toTensor(values)], (i, v) => {
      const { targets, depth } = flatTargets("scatter", i as Value, shape);
      const rest = shape.slice(depth);
      const rows = lax.reshape(v as Value, [targets.shape[0], ...rest]);
      const start = lax.full([sizeOf(shape.slice(0, depth)), ...rest], 0, rows.dtype);
      return lax.reshape(addedTo(start, targets, rows), shape);
    }),
);

/** How an update and what is there become one. */
export type ScatterReduction = "add" | "max" | "min" | "mul";
const combinations: Readonly<Record<Exclude<ScatterReduction, "add">, Combine>> = {
  max: lax.max,
  min: lax.min,
  mul: lax.mul,
};

/**
 * `inputs` with updates where the indices say. What lies outside is dropped.
 * @param indices `[number, depth]`: positions along the first `depth` axes, negative ones from the end
 * @param updates `[number, inputs.shape[depth], …]`
 * @param reduction how updates and what is there become one; default (null): the last update of a place replaces what is there
 * @throws if the shapes do not fit, or the reduction is another one
 */
export const scatterUpdate = /* @__PURE__ */ operation(
  "core.ScatterUpdate(inputs, indices, updates; reduction=null)",
  (
    inputs: TensorLike,
    indices: TensorLike,
    updates: TensorLike,
    reduction?: ScatterReduction | null,
  ): Tensor => {
    if (reduction && reduction !== "add" && !(reduction in combinations)) {
      throw new Error(
        `ops.scatterUpdate: Invalid reduction: ${reduction}. Supported values are: null, "add", "max", "min", "mul".`,
      );
    }
    return apply([toTensor(inputs), toTensor(indices, "int32"), toTensor(updates)], (x, i, u) => {
      const { shape, dtype } = x as Value;
      const { targets, depth } = flatTargets("scatterUpdate", i as Value, shape);
      const rest = shape.slice(depth);
      const count = sizeOf(shape.slice(0, depth));
      const there = lax.reshape(x as Value, [count, ...rest]);
      const wide = lax.broadcastTo(lax.convert(u as Value, dtype), [targets.shape[0], ...rest]);
      if (reduction === "add") return lax.reshape(addedTo(there, targets, wide), shape);
      const combine = reduction ? combinations[reduction] : undefined;
      const { folded, hit } = foldedByTarget(count, targets, wide, combine);
      return lax.reshape(lax.select(hit, combine ? combine(there, folded) : folded, there), shape);
    });
  },
);

// ---- segments

/** @throws if the ids are not one for each row, or their number is missing */
function segments(
  name: string,
  data: TensorLike,
  segmentIds: TensorLike,
  numSegments: number | null | undefined,
  compute: (rows: Value, ids: Value, count: number) => Value,
): Tensor {
  const [rows, ids] = [toTensor(data), toTensor(segmentIds, "int32")];
  if (ids.rank !== 1 || rows.shape[0] !== ids.size) {
    throw new Error(
      `ops.${name}: expected one segment id for each row of the data. Received: ids of shape ${formatShape(ids.shape)}, data of shape ${formatShape(rows.shape)}`,
    );
  }
  if (
    numSegments === undefined ||
    numSegments === null ||
    !Number.isInteger(numSegments) ||
    numSegments < 0
  ) {
    throw new Error(
      `ops.${name}: argument \`numSegments\` must be set to an integer of at least 0, since shapes do not depend on numbers. Received: numSegments=${numSegments ?? null}`,
    );
  }
  return apply([rows, ids], (v, i) => compute(v as Value, lax.convert(i as Value, "int32"), numSegments));
}
/**
 * The sum of the rows of `data` with each of the ids 0 … `numSegments` − 1; rows with other ids are dropped.
 * @param _sorted whether the ids are known to be sorted; makes no difference here
 */
export const segmentSum = /* @__PURE__ */ operation(
  "math.SegmentSum(data, segment_ids; num_segments=null, sorted=false)",
  (data: TensorLike, segmentIds: TensorLike, numSegments?: number | null, _sorted = false): Tensor =>
    segments("segmentSum", data, segmentIds, numSegments, (rows, ids, count) =>
      addedTo(lax.full([count, ...rows.shape.slice(1)], 0, rows.dtype), ids, rows),
    ),
);
const LOWEST = { float32: -Infinity, int32: -(2 ** 31), uint32: 0, uint8: 0, bool: 0 };
const HIGHEST = { float32: Infinity, int32: 2 ** 31 - 1, uint32: 2 ** 32 - 1, uint8: 255, bool: 1 };
const ONE = { float32: 1, int32: 1, uint32: 1, uint8: 1, bool: 1 };
const segmentFold = (name: string, combine: Combine, ofNothing: typeof ONE) =>
  function of(
    data: TensorLike,
    segmentIds: TensorLike,
    numSegments?: number | null,
    _sorted = false,
  ): Tensor {
    return segments(name, data, segmentIds, numSegments, (rows, ids, count) => {
      const { folded, hit } = foldedByTarget(count, ids, rows, combine);
      return lax.select(hit, folded, ofNothing[rows.dtype]);
    });
  };
/** As `segmentSum` the largest elements; of no rows −∞ or the lowest integer. */
export const segmentMax = /* @__PURE__ */ operation(
  "math.SegmentMax(data, segment_ids; num_segments=null, sorted=false)",
  /* @__PURE__ */ segmentFold("segmentMax", lax.max, LOWEST),
);
/** As `segmentSum` the smallest elements; of no rows ∞ or the highest integer. */
export const segmentMin = /* @__PURE__ */ operation(
  "math.SegmentMin(data, segment_ids; num_segments=null, sorted=false)",
  /* @__PURE__ */ segmentFold("segmentMin", lax.min, HIGHEST),
);
/** As `segmentSum` the products; of no rows 1. */
export const segmentProd = /* @__PURE__ */ operation(
  "math.SegmentProd(data, segment_ids; num_segments=null, sorted=false)",
  /* @__PURE__ */ segmentFold("segmentProd", lax.mul, ONE),
);
