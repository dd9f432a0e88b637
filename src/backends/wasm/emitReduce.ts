import type { Access, Fold, ReduceKernel } from "../../compiler/kernel.js";
import { reductionPartials } from "../../primitives/reduction.js";
import type { DType } from "../../tensor/dtype.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import { Computed, emitInvariants, emitStores, type Position, pushLanes } from "./emitLanes.js";
import { levelIn, type Pointers, RowPosition } from "./emitMap.js";
import { LaneGraph, type LaneNode } from "./lanes.js";
import { forEach, type Part } from "./loops.js";

/** As many words stay in a first-level cache. */
const CACHED = 8192;

/** Pushes `x ∘ y`, both in locals. */
type Combine = (f: FunctionBuilder, x: Local, y: Local) => void;

const identities: Record<Fold, (dtype: DType) => number> = {
  reduce_sum: () => 0,
  reduce_prod: () => 1,
  reduce_max: (dtype) =>
    dtype === "float32" ? Number.NEGATIVE_INFINITY : dtype === "int32" ? -(2 ** 31) : 0,
  reduce_min: (dtype) =>
    dtype === "float32" ? Number.POSITIVE_INFINITY : dtype === "int32" ? 2 ** 31 - 1 : -1,
  reduce_and: () => -1,
  reduce_or: () => 0,
};

function combineFor(fold: Fold, dtype: DType): Combine {
  const float = dtype === "float32";
  const op = (
    name:
      | "f32x4.add"
      | "i32x4.add"
      | "f32x4.mul"
      | "i32x4.mul"
      | "v128.and"
      | "v128.or"
      | "i32x4.max_s"
      | "i32x4.max_u"
      | "i32x4.min_s"
      | "i32x4.min_u",
  ) => ((f, x, y) => f.get(x).get(y).op(name)) as Combine;
  /** The rule of the primitives max and min: NaN if either is NaN, the first on ties. */
  const extremum = (name: "f32x4.pmax" | "f32x4.pmin") =>
    ((f, x, y) =>
      f.get(y).get(x).get(y).op(name).get(y).get(y).op("f32x4.ne").op("v128.bitselect")) as Combine;
  switch (fold) {
    case "reduce_sum":
      return op(float ? "f32x4.add" : "i32x4.add");
    case "reduce_prod":
      return op(float ? "f32x4.mul" : "i32x4.mul");
    case "reduce_max":
      return float ? extremum("f32x4.pmax") : op(dtype === "int32" ? "i32x4.max_s" : "i32x4.max_u");
    case "reduce_min":
      return float ? extremum("f32x4.pmin") : op(dtype === "int32" ? "i32x4.min_s" : "i32x4.min_u");
    case "reduce_and":
      return op("v128.and");
    case "reduce_or":
      return op("v128.or");
  }
}

/**
 * Folds along one axis, in the order that the reductions define. Where the folded axis is the contiguous one its
 * partial results are lanes; otherwise four neighbouring results are.
 */
export function emitReduce(f: FunctionBuilder, kernel: ReduceKernel, pointers: Pointers, part?: Part): void {
  const partials = reductionPartials(kernel.count);
  if (kernel.inner.every((extent) => extent === 1) && partials === 8)
    emitAlongLanes(f, kernel, pointers, part);
  else emitAcrossLanes(f, kernel, pointers, partials, part);
}

function dtypeOf(kernel: ReduceKernel): DType {
  return kernel.input.dtype;
}

function pushIdentity(f: FunctionBuilder, kernel: ReduceKernel): void {
  const dtype = dtypeOf(kernel);
  const value = identities[kernel.fold](dtype);
  if (dtype === "float32") f.v128f32(value);
  else f.v128i32(value);
}

/** Eight interleaved partial results: the lanes of two vectors. */
function emitAlongLanes(f: FunctionBuilder, kernel: ReduceKernel, pointers: Pointers, part?: Part): void {
  const { outer, inner, count, stores } = kernel;
  const combine = combineFor(kernel.fold, dtypeOf(kernel));
  const rank = outer.length;
  const graph = new LaneGraph(levelIn(rank));
  const input = graph.build(kernel.input);
  input.uses++;
  const epilogue = epilogueGraph(kernel);
  const invariant = Computed.none();
  const nowhere = new RowPosition(pointers, [], undefined);
  emitInvariants(f, [input], 0, nowhere, invariant);
  emitInvariants(f, epilogue.roots, 0, nowhere, invariant);
  const sums = [f.local("v128", "partial"), f.local("v128", "partial")];
  const value = f.local("v128", "value");
  const counter = f.local("i32", "k");
  const whole = Math.floor(count / 8) * 8;

  const lineBody = (indices: readonly Local[]) => {
    const row = invariant.inside();
    emitInvariants(f, [input], 1, new RowPosition(pointers, indices, undefined), row);
    const at = new RowPosition(pointers, indices, counter);
    f.i32(0).set(counter);
    for (const sum of sums) {
      pushIdentity(f, kernel);
      f.set(sum);
    }
    at.enter(f, loadsUnder(input));
    const step = (remaining: number) => {
      for (const [i, sum] of sums.entries()) {
        const lanes = Math.min(4, remaining - 4 * i);
        if (lanes <= 0) break;
        pushLanes(f, input, at, row.inside(), lanes);
        if (lanes < 4) {
          // lanes past the end count as the identity
          f.set(value);
          f.get(value);
          pushIdentity(f, kernel);
          f.v128i32([0, 1, 2, 3].map((lane) => (lane < lanes ? -1 : 0))).op("v128.bitselect");
        }
        f.set(value);
        combine(f, sum, value);
        f.set(sum);
        if (i === 0) f.get(counter).i32(4).op("i32.add").set(counter);
      }
    };
    if (whole > 0) {
      f.loop((again) => {
        step(8);
        f.get(counter).i32(4).op("i32.add").tee(counter).i32(whole).op("i32.lt_u").brIf(again);
      });
    }
    if (whole < count) step(count - whole);
    // ((p0∘p4)∘(p2∘p6)) ∘ ((p1∘p5)∘(p3∘p7))
    const swapped = f.local("v128", "swapped");
    combine(f, sums[0], sums[1]);
    f.set(sums[0]);
    f.get(sums[0]).get(sums[0]).shuffle([8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]).set(swapped);
    combine(f, sums[0], swapped);
    f.set(sums[0]);
    f.get(sums[0]).get(sums[0]).shuffle([4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15]).set(swapped);
    combine(f, sums[0], swapped);
    f.set(sums[0]);
    const zeros = inner.map(() => {
      const zero = f.local("i32", "zero");
      f.i32(0).set(zero);
      return zero;
    });
    const after = new ResultPosition(pointers, [...indices, ...zeros], undefined, sums[0]);
    emitStores(f, stores, epilogue.graph, after, invariant, 1);
  };
  forEach(f, outer, lineBody, part);
}

/** Four results at a time, each with its own partial results. */
function emitAcrossLanes(
  f: FunctionBuilder,
  kernel: ReduceKernel,
  pointers: Pointers,
  partials: 1 | 8,
  part?: Part,
): void {
  const { outer, inner, count, stores } = kernel;
  const combine = combineFor(kernel.fold, dtypeOf(kernel));
  // the lanes run along the last kept axis: an inner one if there is any
  const kept = [...outer, ...inner];
  const lane = kept.length - 1;
  const length = kept[lane] ?? 1;
  const loops = kept.slice(0, -1);
  const folded = outer.length;
  const graph = new LaneGraph(levelIn(-1));
  const input = graph.build(reordered(kernel.input, kept.length, folded));
  input.uses++;
  const epilogue = epilogueGraph(kernel);
  const invariant = Computed.none();
  const nowhere = new RowPosition(pointers, [], undefined);
  emitInvariants(f, [input], 0, nowhere, invariant);
  emitInvariants(f, epilogue.roots, 0, nowhere, invariant);

  const lanesBody = (indices: readonly Local[]) => {
    /** Folds for neighbouring vectors of results, the last of which has so many `lanes`. */
    const over = (start: Local, lanes: number, width = 1) => {
      const lanesOf = (v: number) => (v === width - 1 ? lanes : 4);
      const starts = Array.from({ length: width }, (_, v) => {
        if (v === 0) return start;
        const next = f.local("i32", "start");
        f.get(start)
          .i32(4 * v)
          .op("i32.add")
          .set(next);
        return next;
      });
      const sums = Array.from({ length: partials }, () => starts.map(() => f.local("v128", "partial")));
      for (const sum of sums.flat()) {
        pushIdentity(f, kernel);
        f.set(sum);
      }
      const value = f.local("v128", "value");
      const k = f.local("i32", "k");
      const step = (vectors: readonly Local[]) => {
        for (const [v, sum] of vectors.entries()) {
          // rows' starts move with k: nothing is kept from one step to the next
          const position = new RowPosition(pointers, [...indices, k], starts[v]);
          pushLanes(f, input, position, invariant.inside(), lanesOf(v));
          f.set(value);
          combine(f, sum, value);
          f.set(sum);
        }
        f.get(k).i32(1).op("i32.add").set(k);
      };
      f.i32(0).set(k);
      const whole = Math.floor(count / partials) * partials;
      if (whole > 0) {
        f.loop((again) => {
          for (const sum of sums) step(sum);
          f.get(k).i32(whole).op("i32.lt_u").brIf(again);
        });
      }
      for (let rest = whole; rest < count; rest++) step(sums[rest - whole]);
      for (const [v, from] of starts.entries()) {
        if (partials === 8) {
          for (const [x, y] of [
            [0, 4],
            [2, 6],
            [1, 5],
            [3, 7],
            [0, 2],
            [1, 3],
            [0, 1],
          ]) {
            combine(f, sums[x][v], sums[y][v]);
            f.set(sums[x][v]);
          }
        }
        const after = new ResultPosition(pointers, indices, from, sums[0][v]);
        emitStores(f, stores, epilogue.graph, after, invariant, lanesOf(v));
      }
    };
    const whole = Math.floor(length / 4) * 4;
    const rest = () => {
      const start = f.local("i32", "start");
      f.i32(whole).set(start);
      over(start, length - whole);
    };
    // where nothing is computed first, two vectors at a time share the cache lines that they read; but their partial results are
    // more than there are registers, so that it only pays if lines do not stay in a cache
    const pairs = kernel.input.kind === "load" && (partials === 1 || count * length > CACHED);
    /** Whole vectors: pairs of them, and then single ones. */
    const overVectors = (from: Local, to: Local) => {
      const start = f.local("i32", "start");
      f.get(from).set(start);
      const fits = (lanes: number) => f.get(start).i32(lanes).op("i32.add").get(to).op("i32.le_u");
      for (const width of pairs ? [2, 1] : [1]) {
        fits(4 * width).if(() =>
          f.loop((again) => {
            over(start, 4, width);
            f.get(start)
              .i32(4 * width)
              .op("i32.add")
              .set(start);
            fits(4 * width).brIf(again);
          }),
        );
      }
    };
    const [from, to] = [f.local("i32", "from"), f.local("i32", "to")];
    if (part?.axis !== lane) {
      f.i32(0).set(from).i32(whole).set(to);
      if (whole > 0) overVectors(from, to);
      if (whole < length) rest();
      return;
    }
    // a part starts at a multiple of four, and only the last one has a rest
    f.get(part.from).set(from).get(part.to).i32(-4).op("i32.and").set(to);
    overVectors(from, to);
    if (whole < length) f.get(part.to).i32(length).op("i32.eq").if(rest);
  };
  forEach(f, loops, lanesBody, part);
}

/** Moves the folded axis in front of the lanes' axis: (…loops, folded, lanes). */
function reordered(input: ReduceKernel["input"], kept: number, folded: number): ReduceKernel["input"] {
  const order = (strides: readonly number[]) => {
    const own = [...strides];
    const [k] = own.splice(folded, 1);
    own.splice(Math.max(kept - 1, 0), 0, k);
    return own;
  };
  const done = new Map<ReduceKernel["input"], ReduceKernel["input"]>();
  const rewrite = (expression: ReduceKernel["input"]): ReduceKernel["input"] => {
    const known = done.get(expression);
    if (known) return known;
    let result = expression;
    if (expression.kind === "load")
      result = { ...expression, access: { ...expression.access, strides: order(expression.access.strides) } };
    else if (expression.kind === "index") result = { ...expression, strides: order(expression.strides) };
    else if (expression.kind === "apply")
      result = { ...expression, operands: expression.operands.map(rewrite) };
    done.set(expression, result);
    return result;
  };
  return rewrite(input);
}

function epilogueGraph(kernel: ReduceKernel): { graph: LaneGraph; roots: LaneNode[] } {
  const graph = new LaneGraph((strides) => (strides.every((stride) => stride === 0) ? 0 : 2));
  const roots = kernel.stores.map((store) => graph.build(store.expression));
  for (const root of roots) root.uses++;
  return { graph, roots };
}

function loadsUnder(root: LaneNode): Access[] {
  const own = root.op.kind === "load" ? [root.op.access] : [];
  return [...own, ...root.operands.flatMap(loadsUnder)];
}

/** A row position that also has the fold's result. */
class ResultPosition implements Position {
  readonly #row: RowPosition;

  constructor(
    pointers: Pointers,
    indices: readonly Local[],
    inner: Local | undefined,
    readonly value: Local,
  ) {
    this.#row = new RowPosition(pointers, indices, inner);
  }

  address(f: FunctionBuilder, access: Access): number {
    return this.#row.address(f, access);
  }
  laneStep(access: Access): number {
    return this.#row.laneStep(access);
  }
  index(f: FunctionBuilder, offset: number, strides: readonly number[]): void {
    this.#row.index(f, offset, strides);
  }
  indexStep(strides: readonly number[]): number {
    return this.#row.indexStep(strides);
  }
  result(f: FunctionBuilder): void {
    f.get(this.value);
  }
}
