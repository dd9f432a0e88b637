import type { Access, Store } from "../../compiler/kernel.js";
import { byteSize } from "../../tensor/dtype.js";
import type { FunctionBuilder, Local } from "./assembler/index.js";
import type { LaneGraph, LaneNode } from "./lanes.js";

/** Where a loop nest stands: how to find the addresses of its accesses and the values of its indices. */
export interface Position {
  /**
   * Pushes an address for four elements at the current index.
   * @returns the constant part of the address, in bytes (not negative)
   */
  address(f: FunctionBuilder, access: Access): number;
  /** Bytes from one lane's element to the next (0: all lanes read the same). */
  laneStep(access: Access): number;
  /** Pushes an i32: the index `offset + Σ index·stride` of the first lane. */
  index(f: FunctionBuilder, offset: number, strides: readonly number[]): void;
  /** How much the index grows from lane to lane. */
  indexStep(strides: readonly number[]): number;
  /** Pushes the result of the kernel's sum or product. */
  result?(f: FunctionBuilder): void;
}

/** Nodes that were computed before, by the level at which that holds. */
export class Computed {
  readonly #locals: Map<LaneNode, Local>[];

  private constructor(locals: Map<LaneNode, Local>[]) {
    this.#locals = locals;
  }

  static none(): Computed {
    return new Computed([new Map()]);
  }

  /** What is known here plus, later, what is computed inside. */
  inside(): Computed {
    return new Computed([...this.#locals, new Map()]);
  }

  get(node: LaneNode): Local | undefined {
    for (const map of this.#locals) {
      const local = map.get(node);
      if (local) return local;
    }
    return undefined;
  }

  set(node: LaneNode, local: Local): void {
    this.#locals[this.#locals.length - 1].set(node, local);
  }
}

/** Computes everything below a level that is needed above it, into locals. */
export function emitInvariants(
  f: FunctionBuilder,
  roots: readonly LaneNode[],
  level: 0 | 1,
  at: Position,
  computed: Computed,
): void {
  const seen = new Set<LaneNode>();
  const visit = (node: LaneNode) => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.level <= level) {
      if (!computed.get(node)) {
        pushLanes(f, node, at, computed);
        const local = f.local("v128", "invariant");
        f.set(local);
        computed.set(node, local);
      }
      return;
    }
    for (const operand of node.operands) visit(operand);
  };
  for (const root of roots) visit(root);
}

/**
 * Pushes the four lanes of a node.
 *
 * @param lanes how many of them count: behind these nothing is read that does not lie right behind the array
 */
export function pushLanes(
  f: FunctionBuilder,
  node: LaneNode,
  at: Position,
  computed: Computed,
  lanes = 4,
): void {
  const known = computed.get(node);
  if (known) {
    f.get(known);
    return;
  }
  pushNew(f, node, at, computed, lanes);
  if (node.uses > 1 && node.op.kind !== "result") {
    const local = f.local("v128", "lanes");
    f.tee(local);
    computed.set(node, local);
  }
}

function pushNew(f: FunctionBuilder, node: LaneNode, at: Position, computed: Computed, lanes: number): void {
  const { op } = node;
  switch (op.kind) {
    case "constant":
      if (op.type === "f32") f.v128f32(op.value);
      else if (op.type === "i32") f.v128i32(op.value);
      else f.v128f64(op.value);
      return;
    case "load":
      pushLoad(f, op.access, at, lanes);
      return;
    case "index":
      pushIndex(f, op, at);
      return;
    case "result":
      if (!at.result) throw new Error("There is no result here.");
      at.result(f);
      return;
  }
  if (op.kind === "scalar") {
    pushLanewise(f, op.name, node.operands, at, computed, lanes);
    return;
  }
  for (const operand of node.operands) pushLanes(f, operand, at, computed, lanes);
  if (op.kind === "op") f.op(op.name);
  else if (op.kind === "shift") f.i32(op.bits).op(op.name);
  else f.shuffle(op.lanes);
}

function pushIndex(
  f: FunctionBuilder,
  op: { offset: number; strides: readonly number[]; float: boolean },
  at: Position,
): void {
  at.index(f, op.offset, op.strides);
  f.op("i32x4.splat");
  const step = at.indexStep(op.strides);
  if (step !== 0) {
    f.v128i32([0, step, 2 * step, 3 * step]).op("i32x4.add");
  }
  if (op.float) f.op("f32x4.convert_i32x4_s");
}

/**
 * Loads four elements as lanes: 32-bit ones as they are, uint8 widened, bool as masks. Of elements that lie apart only those
 * that count are read: the next ones may lie far outside of the array.
 */
function pushLoad(f: FunctionBuilder, access: Access, at: Position, lanes: number): void {
  const step = at.laneStep(access);
  const bytes = byteSize(access.dtype);
  if (bytes === 4) {
    if (step === 4) {
      const offset = at.address(f, access);
      f.load("v128.load", offset);
    } else if (step === 0) {
      const offset = at.address(f, access);
      f.load("v128.load32_splat", offset);
    } else {
      const address = f.local("i32", "address");
      const offset = at.address(f, access);
      f.tee(address).load("v128.load32_zero", offset);
      const vector = f.local("v128", "gathered");
      f.set(vector);
      for (let lane = 1; lane < lanes; lane++) {
        f.get(address)
          .i32(step * lane)
          .op("i32.add")
          .get(vector)
          .loadLane("v128.load32_lane", offset, lane)
          .set(vector);
      }
      f.get(vector);
    }
    return;
  }
  if (step === 1) {
    const offset = at.address(f, access);
    f.load("v128.load32_zero", offset).op("i16x8.extend_low_i8x16_u").op("i32x4.extend_low_i16x8_u");
  } else if (step === 0) {
    const offset = at.address(f, access);
    f.load("i32.load8_u", offset).op("i32x4.splat");
  } else {
    const address = f.local("i32", "address");
    const offset = at.address(f, access);
    f.tee(address).load("i32.load8_u", offset).op("i32x4.splat");
    for (let lane = 1; lane < lanes; lane++) {
      f.get(address)
        .i32(step * lane)
        .op("i32.add")
        .load("i32.load8_u", offset)
        .lane("i32x4.replace_lane", lane);
    }
  }
  if (access.dtype === "bool") f.v128i32(0).op("i32x4.ne");
}

const scalarOps = {
  idiv: "i32.div_s",
  irem: "i32.rem_s",
  udiv: "i32.div_u",
  urem: "i32.rem_u",
  shlBy: "i32.shl",
  shrUBy: "i32.shr_u",
  shrSBy: "i32.shr_s",
} as const;

/** Integer division and shifts by lanes, one lane at a time, with the results that ScalarMath defines for zero. */
function pushLanewise(
  f: FunctionBuilder,
  name: keyof typeof scalarOps,
  operands: readonly LaneNode[],
  at: Position,
  computed: Computed,
  lanes: number,
): void {
  const x = f.local("v128", "x");
  const y = f.local("v128", "y");
  const a = f.local("i32", "a");
  const b = f.local("i32", "b");
  pushLanes(f, operands[0], at, computed, lanes);
  f.set(x);
  pushLanes(f, operands[1], at, computed, lanes);
  f.set(y);
  f.get(x);
  for (let lane = 0; lane < 4; lane++) {
    f.get(x).lane("i32x4.extract_lane", lane).set(a);
    f.get(y).lane("i32x4.extract_lane", lane).set(b);
    const result = f.local("i32", "result");
    if (name.endsWith("By")) {
      f.get(a).get(b).op(scalarOps[name]).set(result);
    } else {
      const zero = name === "idiv" || name === "udiv" ? -1 : undefined;
      f.get(b)
        .op("i32.eqz")
        .if(
          () => {
            if (zero === undefined) f.get(a);
            else f.i32(zero);
            f.set(result);
          },
          () => {
            if (name === "idiv") {
              // INT_MIN / −1 would trap: dividing by −1 is negating, which wraps
              f.get(b)
                .i32(-1)
                .op("i32.eq")
                .if(
                  () => f.i32(0).get(a).op("i32.sub").set(result),
                  () => f.get(a).get(b).op("i32.div_s").set(result),
                );
            } else {
              f.get(a).get(b).op(scalarOps[name]).set(result);
            }
          },
        );
    }
    f.get(result).lane("i32x4.replace_lane", lane);
  }
}

/**
 * Computes and stores `count` (1…4) elements for each store. Everything is computed before anything is stored, since a
 * store may overwrite what another one reads.
 */
export function emitStores(
  f: FunctionBuilder,
  stores: readonly Store[],
  graph: LaneGraph,
  at: Position,
  outer: Computed,
  count: number,
): void {
  const computed = outer.inside();
  const values = stores.map((store) => {
    pushLanes(f, graph.build(store.expression), at, computed, count);
    const local = f.local("v128", "stored");
    f.set(local);
    return local;
  });
  for (const [i, store] of stores.entries()) emitStore(f, store.access, values[i], at, count);
}

function emitStore(f: FunctionBuilder, access: Access, value: Local, at: Position, count: number): void {
  const bytes = byteSize(access.dtype);
  const step = at.laneStep(access);
  const narrowed = f.local("v128", "narrowed");
  if (bytes === 1) {
    f.get(value);
    if (access.dtype === "bool") f.v128i32(1).op("v128.and");
    // 32-bit lanes of 0…255 to bytes
    f.get(value).shuffle([0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12]).set(narrowed);
  }
  const source = bytes === 1 ? narrowed : value;
  const contiguous = step === bytes;
  if (contiguous && count === 4) {
    const offset = at.address(f, access);
    f.get(source);
    if (bytes === 4) f.store("v128.store", offset);
    else f.storeLane("v128.store32_lane", offset, 0);
    return;
  }
  if (contiguous && bytes === 4 && count >= 2) {
    const offset = at.address(f, access);
    f.get(source).storeLane("v128.store64_lane", offset, 0);
    if (count === 3) {
      const again = at.address(f, access);
      f.get(source).storeLane("v128.store32_lane", again + 8, 2);
    }
    return;
  }
  for (let lane = 0; lane < count; lane++) {
    const offset = at.address(f, access);
    if (step * lane < 0) f.i32(step * lane).op("i32.add");
    f.get(source).storeLane(
      bytes === 4 ? "v128.store32_lane" : "v128.store8_lane",
      offset + Math.max(step * lane, 0),
      lane,
    );
  }
}
