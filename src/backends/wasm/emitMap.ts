import type { Access, MapKernel } from "../../compiler/kernel.js";
import { byteSize } from "../../tensor/dtype.js";
import type { Value } from "../../trace/graph.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import { Computed, emitInvariants, emitStores, type Position } from "./emitLanes.js";
import { LaneGraph, type LaneNode } from "./lanes.js";
import { forEach, type Part } from "./loops.js";

/** Where the buffers of a kernel start. */
export type Pointers = ReadonlyMap<Value, Local>;

/** Addresses inside of a row: a pointer to the row's start for each access, plus the position along the row. */
export class RowPosition implements Position {
  readonly #rows = new Map<string, { local: Local; offset: number }>();

  /**
   * @param indices of the outer axes
   * @param inner the innermost axis: a counter of elements, or undefined for a row's first element
   */
  constructor(
    readonly pointers: Pointers,
    readonly indices: readonly Local[],
    readonly inner: Local | undefined,
  ) {}

  /** Computes the row's start for the accesses, to be called once the outer indices are known. */
  enter(f: FunctionBuilder, accesses: readonly Access[]): void {
    for (const access of accesses) this.#row(f, access);
  }

  #row(f: FunctionBuilder, access: Access): { local: Local; offset: number } {
    const bytes = byteSize(access.dtype);
    const outer = access.strides.slice(0, this.indices.length);
    const pointer = this.pointers.get(access.buffer) as Local;
    const start = access.offset * bytes;
    const forward = access.strides.every((stride) => stride >= 0);
    if (forward && outer.every((stride) => stride === 0) && start >= 0)
      return { local: pointer, offset: start };
    const key = `${pointer.index} ${start} ${outer.map((stride) => stride * bytes).join(",")} ${forward}`;
    let row = this.#rows.get(key);
    if (!row) {
      // a constant offset only counts from addresses that are not below the array: not where strides go backwards
      const inside = start >= 0 && forward;
      f.get(pointer);
      if (!inside) f.i32(start).op("i32.add");
      for (const [axis, stride] of outer.entries()) {
        if (stride !== 0)
          f.get(this.indices[axis])
            .i32(stride * bytes)
            .op("i32.mul")
            .op("i32.add");
      }
      const local = f.local("i32", "row");
      f.set(local);
      row = { local, offset: inside ? start : 0 };
      this.#rows.set(key, row);
    }
    return row;
  }

  address(f: FunctionBuilder, access: Access): number {
    const { local, offset } = this.#row(f, access);
    f.get(local);
    const step = this.laneStep(access);
    if (step !== 0 && this.inner) f.get(this.inner).i32(step).op("i32.mul").op("i32.add");
    return offset;
  }

  laneStep(access: Access): number {
    return (access.strides[this.indices.length] ?? 0) * byteSize(access.dtype);
  }

  index(f: FunctionBuilder, offset: number, strides: readonly number[]): void {
    f.i32(offset);
    const locals = this.inner ? [...this.indices, this.inner] : this.indices;
    for (const [axis, local] of locals.entries()) {
      if (strides[axis]) f.get(local).i32(strides[axis]).op("i32.mul").op("i32.add");
    }
  }

  indexStep(strides: readonly number[]): number {
    return strides[this.indices.length] ?? 0;
  }
}

/** When something with these strides can be computed, in a nest whose innermost axis is `inner`. */
export function levelIn(inner: number): (strides: readonly number[]) => 0 | 1 | 2 {
  return (strides) => (strides.every((stride) => stride === 0) ? 0 : (strides[inner] ?? 0) === 0 ? 1 : 2);
}

/** All accesses under some nodes. */
export function accessesOf(roots: readonly LaneNode[]): Access[] {
  const seen = new Set<LaneNode>();
  const accesses: Access[] = [];
  const visit = (node: LaneNode) => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.op.kind === "load") accesses.push(node.op.access);
    for (const operand of node.operands) visit(operand);
  };
  for (const root of roots) visit(root);
  return accesses;
}

/**
 * A loop nest with four elements of the innermost axis at a time; the last few go through the same code, stored one by
 * one.
 */
export function emitMap(f: FunctionBuilder, kernel: MapKernel, pointers: Pointers, part?: Part): void {
  const { extents, stores } = kernel;
  const outer = extents.slice(0, -1);
  const length = extents.at(-1) ?? 1;
  const graph = new LaneGraph(levelIn(outer.length));
  const roots = stores.map((store) => graph.build(store.expression));
  for (const root of roots) root.uses++;
  const accesses = [...stores.map((store) => store.access), ...accessesOf(roots)];
  const counter = f.local("i32", "i");
  const whole = Math.floor(length / 4) * 4;
  // a part of the innermost axis starts at a multiple of four lanes, and only the last one has a rest
  const inner = part?.axis === outer.length ? part : undefined;

  const invariant = Computed.none();
  emitInvariants(f, roots, 0, new RowPosition(pointers, [], undefined), invariant);
  const rowBody = (indices: readonly Local[]) => {
    const row = invariant.inside();
    const start = new RowPosition(pointers, indices, undefined);
    emitInvariants(f, roots, 1, start, row);
    const at = new RowPosition(pointers, indices, counter);
    at.enter(f, accesses);
    const four = (end: () => void) =>
      f.loop((again) => {
        emitStores(f, stores, graph, at, row, 4);
        f.get(counter).i32(4).op("i32.add").tee(counter);
        end();
        f.op("i32.lt_u").brIf(again);
      });
    const rest = () => {
      if (whole < length) emitStores(f, stores, graph, at, row, length - whole);
    };
    if (!inner) {
      f.i32(0).set(counter);
      if (whole > 0) four(() => f.i32(whole));
      rest();
      return;
    }
    const end = f.local("i32", "end");
    f.get(inner.to).i32(-4).op("i32.and").set(end);
    f.get(inner.from).tee(counter).get(end).op("i32.lt_u");
    f.if(() => four(() => f.get(end)));
    if (whole < length) f.get(inner.to).i32(length).op("i32.eq").if(rest);
  };
  forEach(f, outer, rowBody, part);
}
