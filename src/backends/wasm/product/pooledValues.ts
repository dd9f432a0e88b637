import type { Access, Expression, PooledProductKernel } from "../../../compiler/kernel.js";
import { byteSize } from "../../../tensor/dtype.js";
import { addressOf, storeWords } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import { Computed, type Position, pushLanes } from "../emitLanes.js";
import type { Pointers } from "../emitMap.js";
import { LaneGraph, type LaneNode } from "../lanes.js";

/** The graph of what is compared, with everything that does not depend on the product in locals. */
export function valueGraph(value: Expression): { graph: LaneGraph; root: LaneNode } {
  const graph = new LaneGraph(() => 2);
  const root = graph.build(value);
  root.uses++;
  return { graph, root };
}

/** A column, or four of them from there on. */
export class ColumnPosition implements Position {
  constructor(
    readonly pointers: Pointers,
    readonly column: Local,
    readonly shift: number,
    readonly lanesAreColumns: boolean,
    readonly sum: Local,
  ) {}

  address(f: FunctionBuilder, access: Access): number {
    const bytes = byteSize(access.dtype);
    const [stride] = access.strides;
    f.get(this.pointers.get(access.buffer) as Local);
    if (stride !== 0)
      f.get(this.column)
        .i32(stride * bytes)
        .op("i32.mul")
        .op("i32.add");
    return (access.offset + this.shift * stride) * bytes;
  }

  laneStep(access: Access): number {
    return this.lanesAreColumns ? access.strides[0] * byteSize(access.dtype) : 0;
  }

  index(f: FunctionBuilder, offset: number, strides: readonly number[]): void {
    f.i32(offset + this.shift * strides[0])
      .get(this.column)
      .i32(strides[0])
      .op("i32.mul")
      .op("i32.add");
  }

  indexStep(strides: readonly number[]): number {
    return this.lanesAreColumns ? strides[0] : 0;
  }

  result(f: FunctionBuilder): void {
    f.get(this.sum);
  }
}

/** What is computed from results for four columns, `shift` behind the first one, of which `lanes` count. */
export function emitValues(
  f: FunctionBuilder,
  root: LaneNode,
  pointers: Pointers,
  column: Local,
  shift: number,
  lanes: number,
  results: readonly Local[],
): Local[] {
  // what does not depend on the cell is computed once
  const known = Computed.none();
  return results.map((result) => {
    const at = new ColumnPosition(pointers, column, shift, true, result);
    emitColumnInvariants(f, root, at, known, lanes);
    pushLanes(f, root, at, known.inside(), lanes);
    const value = f.local("v128", "value");
    f.set(value);
    return value;
  });
}

/** Puts what does not depend on the sum (biases) into locals. */
export function emitColumnInvariants(
  f: FunctionBuilder,
  root: LaneNode,
  at: Position,
  known: Computed,
  lanes = 4,
): void {
  const dependsOnSum = (node: LaneNode): boolean =>
    node.op.kind === "result" || node.operands.some(dependsOnSum);
  const visit = (node: LaneNode) => {
    if (dependsOnSum(node)) {
      for (const operand of node.operands) visit(operand);
    } else if (node.op.kind !== "constant" && !known.get(node)) {
      pushLanes(f, node, at, known, lanes);
      const local = f.local("v128", "bias");
      f.set(local);
      known.set(node, local);
    }
  };
  visit(root);
}

/** A local with the address of the first element of a that a window reads. */
export function windowAddress(
  f: FunctionBuilder,
  { a, rows }: PooledProductKernel,
  pointers: Pointers,
  indices: readonly Local[],
): Local {
  const terms = indices.map((index, i) => [index, rows[i].a] as const);
  return addressOf(f, pointers.get(a.buffer) as Local, a.offset, terms);
}

/** A local with the address of a window's result in a column. */
export function resultAddress(
  f: FunctionBuilder,
  { buffer, offset, strides }: Access,
  pointers: Pointers,
  indices: readonly Local[],
  column: Local,
): Local {
  const terms = indices.map((index, i) => [index, strides[i]] as const);
  return addressOf(f, pointers.get(buffer) as Local, offset, [...terms, [column, 1]]);
}

/** Stores the results of a window for some columns, by vector; of the last vector `lastColumns` count. */
export function emitResults(
  f: FunctionBuilder,
  { maximum, winner }: PooledProductKernel,
  pointers: Pointers,
  indices: readonly Local[],
  column: Local,
  lastColumns: number,
  best: readonly { readonly value: Local; readonly cell: Local }[],
): void {
  for (const [access, values] of [
    [maximum, best.map(({ value }) => value)],
    [winner, best.map(({ cell }) => cell)],
  ] as const) {
    if (!access) continue;
    const target = resultAddress(f, access, pointers, indices, column);
    for (const [v, lanes] of values.entries())
      storeWords(f, target, lanes, v * 16, v === values.length - 1 ? lastColumns : 4);
  }
}

/** The results of a window whose sums are all +0, for some columns: all its cells are alike, so the first one wins. */
export function emitEmptyWindow(
  f: FunctionBuilder,
  kernel: PooledProductKernel,
  root: LaneNode,
  pointers: Pointers,
  indices: readonly Local[],
  { column, width, lastColumns }: { column: Local; width: number; lastColumns: number },
): void {
  const zero = f.local("v128", "zero");
  f.v128i32(0).set(zero);
  const best = Array.from({ length: width }, (_, v) => {
    const lanes = v === width - 1 ? lastColumns : 4;
    const [value] = emitValues(f, root, pointers, column, v * 4, lanes, [zero]);
    return { value, cell: zero };
  });
  emitResults(f, kernel, pointers, indices, column, lastColumns, best);
}
