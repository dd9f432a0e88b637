import * as lax from "../../primitives/index.js";
import type { DType } from "../../tensor/dtype.js";
import { broadcastShapes, formatShape, normalizeAxis, sizeOf } from "../../tensor/shape.js";
import type { Value } from "../../trace/graph.js";
import { known, same } from "../lift.js";
import { operation } from "../operation.js";
import { resultType, together } from "../promotion.js";
import { apply, applyAll, type Tensor, type TensorLike, tensor, toTensor } from "../tensor.js";

// https://keras.io/api/ops/numpy/: elements by their positions, and positions of elements

/** Positions counted from the end when negative. */
const fromStart = (indices: Value, size: number) => {
  const positions = lax.convert(indices, "int32");
  return lax.select(lax.lt(positions, 0), lax.add(positions, size), positions);
};

/** How many of a list's elements `before` holds for, for each of `values`. */
function counted(list: Value, values: Value, before: (element: Value, value: Value) => Value): Value {
  const [count] = list.shape;
  const shape = [...values.shape, count];
  const spread = lax.broadcastInDim(
    values,
    shape,
    values.shape.map((_, a) => a),
  );
  const holds = before(lax.broadcastInDim(list, shape, [values.shape.length]), spread);
  return lax.reduceSum(lax.convert(holds, "int32"), [values.shape.length]);
}

/**
 * Where each of `values` would have to go into a sorted list, int32.
 * @param side `"left"`: before equal elements, `"right"`: behind them
 * @throws if the sequence does not have one axis, or `side` is another one
 */
export const searchsorted = /* @__PURE__ */ operation(
  'numpy.SearchSorted(sorted_sequence, values; side="left")',
  (sortedSequence: TensorLike, values: TensorLike, side: "left" | "right" = "left"): Tensor => {
    if (side !== "left" && side !== "right")
      throw new Error(
        `ops.searchsorted: expected \`side\` to be "left" or "right". Received: side=${JSON.stringify(side)}`,
      );
    const list = toTensor(sortedSequence);
    if (list.rank !== 1) {
      throw new Error(
        `ops.searchsorted: expected a sorted sequence with one axis. Received: shape ${formatShape(list.shape)}`,
      );
    }
    return apply([list, toTensor(values)], (a, b) => {
      const dtype = resultType(a, b);
      const compare = side === "left" ? lax.lt : lax.le;
      return counted(lax.convert(a as Value, dtype), lax.convert(b as Value, dtype), compare);
    });
  },
);
/** In which interval each element lies: how many of the limits `bins` (rising or falling) come before it, int32. */
export const digitize = /* @__PURE__ */ operation(
  "numpy.Digitize(x, bins)",
  (x: TensorLike, bins: TensorLike): Tensor =>
    apply([toTensor(x), toTensor(bins)], (a, b) => {
      const dtype = resultType(a, b);
      const [v, limits] = [lax.convert(a as Value, dtype), lax.convert(b as Value, dtype)];
      if (limits.shape.length !== 1)
        throw new Error(
          `ops.digitize: expected \`bins\` with one axis. Received: shape ${formatShape(limits.shape)}`,
        );
      const [count] = limits.shape;
      const rising = counted(limits, v, lax.le);
      if (count < 2) return rising;
      const end = (i: number) => lax.reshape(lax.slice(limits, [i], [i + 1]), []);
      const falling = lax.sub(count, counted(limits, v, lax.lt));
      return lax.select(lax.broadcastTo(lax.ge(end(count - 1), end(0)), v.shape), rising, falling);
    }),
);

/** For each axis where the elements at flat positions lie in a tensor of `shape`, int32. Negative positions count from the end. */
export const unravelIndex = /* @__PURE__ */ operation(
  "numpy.UnravelIndex(indices; shape)",
  (indices: TensorLike, shape: readonly number[]): Tensor[] =>
    applyAll([toTensor(indices, "int32")], (v) => {
      let rest = lax.clamp(0, fromStart(v as Value, sizeOf(shape)), Math.max(sizeOf(shape) - 1, 0));
      const positions: Value[] = [];
      for (const extent of [...shape].reverse()) {
        positions.unshift(lax.rem(rest, extent));
        rest = lax.div(rest, extent);
      }
      return positions;
    }),
);

/**
 * For each axis the positions of the elements that are not 0, int32. Their number is only known from the elements: it works
 * outside of compiled functions and models only.
 * @throws if `x` is symbolic
 */
export function nonzero(x: TensorLike): Tensor[] {
  const t = known("nonzero", x);
  const positions: number[] = [];
  for (const [i, value] of t.data.entries()) if (value !== 0) positions.push(i);
  return unravelIndex(tensor(Int32Array.from(positions)), t.shape);
}

/** The element of the first choice whose condition holds, else `default`; all are broadcast. */
export const select = /* @__PURE__ */ operation(
  "numpy.Select(condlist, choicelist, default)",
  (condlist: readonly TensorLike[], choicelist: readonly TensorLike[], otherwise: TensorLike): Tensor =>
    apply([...condlist.map((c) => toTensor(c)), ...choicelist, otherwise], (...operands) => {
      const conditions = operands.slice(0, condlist.length).map((c) => lax.convert(c as Value, "bool"));
      const choices = together(operands.slice(condlist.length));
      const shape = [...conditions, choices[0]]
        .map((v) => v.shape)
        .reduce<readonly number[]>(broadcastShapes, []);
      const wide = choices.map((v) => lax.broadcastTo(v, shape));
      return conditions.reduceRight(
        (rest, condition, i) => lax.select(lax.broadcastTo(condition, shape), wide[i], rest),
        wide[wide.length - 1],
      );
    }),
  (
    condlist: readonly TensorLike[],
    choicelist: readonly TensorLike[],
    otherwise: TensorLike = 0,
  ): [readonly TensorLike[], readonly TensorLike[], TensorLike] => {
    if (condlist.length === 0 || condlist.length !== choicelist.length) {
      throw new Error(
        `ops.select: expected as many choices as conditions, and at least one. Received: ${condlist.length} conditions, ${choicelist.length} choices`,
      );
    }
    return [condlist, choicelist, otherwise];
  },
);

/** The same bytes read as elements of `dtype` (default: the own one), the first byte of a word being its lowest; the last axis fits. */
export const view = /* @__PURE__ */ operation(
  "numpy.View(x; dtype=null)",
  (x: TensorLike, dtype?: DType | null): Tensor =>
    same(x, (v) => {
      const isByte = (type: DType) => type === "uint8" || type === "bool";
      if (!dtype || dtype === v.dtype) return v;
      if (dtype === "bool" || v.dtype === "bool")
        throw new Error(`ops.view: bool has no bytes to be read. Received: dtype=${v.dtype} as ${dtype}`);
      if (isByte(dtype) === isByte(v.dtype)) return lax.bitcastConvert(v, dtype);
      const rest = v.shape.slice(0, -1);
      const shifts = (shape: readonly number[]) => lax.mul(lax.iota(shape, "uint32"), 8);
      const extent = v.shape[v.shape.length - 1] ?? 0;
      if (isByte(dtype)) {
        const wide = lax.bitcastConvert(v, "uint32");
        const shape = [...v.shape, 4];
        const words = lax.broadcastInDim(
          wide,
          shape,
          v.shape.map((_, a) => a),
        );
        const bytes = lax.and(lax.shiftRightLogical(words, shifts(shape)), 255);
        return lax.reshape(lax.convert(bytes, "uint8"), [...rest, extent * 4]);
      }
      if (extent % 4 !== 0) {
        throw new Error(
          `ops.view: the last axis must hold whole elements of ${dtype}. Received: ${extent} bytes`,
        );
      }
      const bytes = lax.reshape(lax.convert(v, "uint32"), [...rest, extent / 4, 4]);
      const words = lax.reduceSum(lax.shiftLeft(bytes, shifts(bytes.shape)), [v.shape.length]);
      return lax.bitcastConvert(words, dtype);
    }),
);

/** Part of a key of `getItem`: a position, every `step`-th element from `start` to below `stop`, a new axis, or all other axes. */
export type IndexPart =
  | number
  | { readonly start?: number | null; readonly stop?: number | null; readonly step?: number | null }
  | null
  | "...";

/**
 * What Python's `x[key]` gives.
 * @param key one part or a list of them: positions (their axes go away), slices as Python has them, null for a new axis of size 1 and
 *   `"..."` for all axes that the others do not name
 * @throws if there are more parts than axes, or a position is out of range
 */
export const getItem = /* @__PURE__ */ operation(
  "numpy.GetItem(x, key)",
  (x: TensorLike, key: IndexPart | readonly IndexPart[]): Tensor => {
    const t = toTensor(x);
    const parts = (Array.isArray(key) ? key : [key]) as readonly IndexPart[];
    const named = parts.filter((part) => part !== null && part !== "...").length;
    if (named > t.rank || parts.filter((part) => part === "...").length > 1) {
      throw new Error(
        `ops.getItem: expected at most ${t.rank} indices and one "..." for shape ${formatShape(t.shape)}. Received: key=${JSON.stringify(key)}`,
      );
    }
    const dots = parts.includes("...") ? parts : [...parts, "..." as const];
    const all = dots.flatMap((part): IndexPart[] =>
      part === "..." ? Array.from({ length: t.rank - named }, () => ({})) : [part],
    );
    const shape: number[] = [];
    const taken: { from: number; to: number; step: number; back: boolean }[] = [];
    for (const part of all) {
      if (part === null) {
        shape.push(1);
        continue;
      }
      const extent = t.shape[taken.length];
      if (typeof part === "number") {
        const at = normalizeAxis(part, extent, "key");
        taken.push({ from: at, to: at + 1, step: 1, back: false });
        continue;
      }
      const slice = sliced(part as Exclude<IndexPart, number | null | "...">, extent);
      taken.push(slice);
      shape.push(Math.ceil((slice.to - slice.from) / slice.step));
    }
    return same(t, (v) => {
      const part = lax.slice(
        v,
        taken.map(({ from }) => from),
        taken.map(({ to }) => to),
        taken.map(({ step }) => step),
      );
      const backwards = taken.flatMap(({ back }, axis) => (back ? [axis] : []));
      return lax.reshape(backwards.length > 0 ? lax.reverse(part, backwards) : part, shape);
    });
  },
);
/** A slice as Python has it, as a rising one that may have to be turned round. */
function sliced(
  { start, stop, step }: { start?: number | null; stop?: number | null; step?: number | null },
  extent: number,
): { from: number; to: number; step: number; back: boolean } {
  const by = step ?? 1;
  if (!Number.isInteger(by) || by === 0)
    throw new Error(`ops.getItem: expected \`step\` to be an integer other than 0. Received: step=${step}`);
  const normal = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 ? at + extent : at, low), high);
  if (by > 0) {
    const from = normal(start ?? 0, 0, extent);
    return { from, to: Math.max(from, normal(stop ?? extent, 0, extent)), step: by, back: false };
  }
  const first = normal(start ?? extent - 1, -1, extent - 1);
  const end = stop === undefined || stop === null ? -1 : normal(stop, -1, extent - 1);
  const count = Math.max(0, Math.ceil((first - end) / -by));
  const lowest = first - (count - 1) * -by;
  return count === 0
    ? { from: 0, to: 0, step: 1, back: false }
    : { from: lowest, to: first + 1, step: -by, back: true };
}
