import type { LoopKernel } from "../../compiler/kernel.js";
import { type Place, reservedBytes, type Schedule } from "../../compiler/schedule.js";
import type { ScanParams, WhileParams } from "../../primitives/control.js";
import { byteSize } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import type { TensorType, Value } from "../../trace/graph.js";
import type { FunctionBuilder, Local, ModuleBuilder } from "./assembler/index.js";
import type { Pointers } from "./emitMap.js";
import type { emitTasks, PushPlace } from "./emitProgram.js";
import { type Part, wholeAxis } from "./loops.js";

type Calls = ReturnType<typeof emitTasks>;

function bytesIn(type: TensorType): number {
  return sizeOf(type.shape) * byteSize(type.dtype);
}

/** Emits the kernels of the bodies; gives what emits the loop around them. */
export function emitLoop(
  module: ModuleBuilder,
  kernel: LoopKernel,
  name: string,
  emit: typeof emitTasks,
): EmitInner {
  const calls: Record<string, Calls> = {};
  for (const [key, body] of Object.entries(kernel.bodies)) {
    calls[key] = emit(module, body.phases.flat(), body.places, `${name}_${key}`);
  }
  return (f, pointers, part) =>
    kernel.primitive === "scan"
      ? emitScan(f, kernel, pointers, calls, part)
      : emitWhile(f, kernel, pointers, calls);
}

/** Emits the loop; of all its rows or of a part of them. */
export type EmitInner = (f: FunctionBuilder, pointers: Pointers, part?: Part) => void;

/** Hands out parts of the scratch buffer. */
function scratchOf(f: FunctionBuilder, kernel: LoopKernel, pointers: Pointers): (bytes: number) => Local {
  let used = 0;
  return (bytes) => {
    const local = f.local("i32", "scratch");
    f.get(pointers.get(kernel.scratch) as Local)
      .i32(used)
      .op("i32.add")
      .set(local);
    used += Math.ceil(bytes / 64) * 64;
    return local;
  };
}

/** Pushes addresses for a body whose inputs and outputs are in locals. */
function placesOf(
  body: Schedule,
  arena: Local,
  inputs: readonly Local[],
  outputs: readonly Local[],
  pointers: Pointers,
): PushPlace {
  return (f, place: Place) => {
    switch (place.in) {
      case "arena":
        f.get(arena).i32(place.offset).op("i32.add");
        return;
      case "constants": {
        const constant = body.constants.find(({ offset }) => offset === place.offset);
        f.get(pointers.get(constant?.value as Value) as Local);
        return;
      }
      case "input":
      case "output":
        f.get((place.in === "input" ? inputs : outputs)[place.index]);
        return;
      case "own":
      case "kept":
        throw new Error("A loop's body has no memory for each thread, and none that lasts.");
    }
  };
}

function copy(f: FunctionBuilder, to: Local, from: Local, type: TensorType, part?: Part): void {
  if (!part) {
    f.get(to).get(from).i32(bytesIn(type)).memoryCopy();
    return;
  }
  // the first axis is shared out
  const row = bytesIn(type) / part.extent;
  const push = (index: Local) => f.get(index).i32(row).op("i32.mul");
  for (const base of [to, from]) {
    f.get(base);
    push(part.from).op("i32.add");
  }
  push(part.to);
  push(part.from).op("i32.sub").memoryCopy();
}

/** Inputs of the bodies besides their own: what was computed before the loop. */
function hoistedIn(kernel: LoopKernel, operands: number, pointers: Pointers): Local[] {
  return kernel.inputs
    .slice(operands, operands + kernel.hoisted)
    .map((value) => pointers.get(value) as Local);
}

function emitScan(
  f: FunctionBuilder,
  kernel: LoopKernel,
  pointers: Pointers,
  calls: Record<string, Calls>,
  part: Part | undefined,
): void {
  const { length, constants, carries, reverse } = kernel.params as ScanParams;
  const body = kernel.bodies.body;
  const operands = kernel.inputs.length - kernel.hoisted - body.constants.length;
  const slices = operands - constants - carries;
  const scratch = scratchOf(f, kernel, pointers);
  const arena = scratch(body.arenaBytes);
  const carried = kernel.outputs.slice(0, carries);
  const places = carried.map(
    (value) => [pointers.get(value) as Local, scratch(reservedBytes(value))] as const,
  );
  const { now, next, swap } = carriedIn(f, places, length);
  for (const [i, value] of carried.entries())
    copy(f, now[i], pointers.get(kernel.inputs[constants + i]) as Local, value, part);
  const stepped = [
    ...kernel.inputs.slice(constants + carries, constants + carries + slices),
    ...kernel.outputs.slice(carries),
  ];
  const cursors = stepped.map((value) => {
    const cursor = f.local("i32", "cursor");
    const bytes = bytesIn(value) / Math.max(length, 1);
    f.get(pointers.get(value) as Local);
    if (reverse) f.i32(bytes * (length - 1)).op("i32.add");
    f.set(cursor);
    return { cursor, bytes: reverse ? -bytes : bytes };
  });
  if (length === 0) return;
  // a slice need not be aligned like an array of its own, which costs time but not correctness; vectors that are
  // stored in part never write past a slice
  const inputs = [
    ...kernel.inputs.slice(0, constants).map((value) => pointers.get(value) as Local),
    ...now,
    ...cursors.slice(0, slices).map(({ cursor }) => cursor),
    ...hoistedIn(kernel, operands, pointers),
  ];
  const outputs = [...next, ...cursors.slice(slices).map(({ cursor }) => cursor)];
  const pushPlace = placesOf(body, arena, inputs, outputs, pointers);
  const count = f.local("i32", "count");
  f.i32(length).set(count);
  const rows = part ?? (body.split && wholeAxis(f, body.split));
  f.loop((again) => {
    for (const { task, call } of calls.body)
      call(f, pushPlace, task.split && rows && { ...task.split, from: rows.from, to: rows.to });
    swap();
    for (const { cursor, bytes } of cursors) f.get(cursor).i32(bytes).op("i32.add").set(cursor);
    f.get(count).i32(1).op("i32.sub").tee(count).brIf(again);
  });
}

/**
 * Two places for everything that goes from step to step, which change their roles after each.
 * @param steps how many there will be: what they end with is in the first of the places
 */
function carriedIn(f: FunctionBuilder, places: readonly (readonly [Local, Local])[], steps: number) {
  const local = (from: Local) => {
    const role = f.local("i32", "carried");
    f.get(from).set(role);
    return role;
  };
  const odd = steps % 2;
  const now = places.map((pair) => local(pair[odd]));
  const next = places.map((pair) => local(pair[1 - odd]));
  const swap = () => {
    for (const [i, place] of now.entries()) f.get(place).get(next[i]).set(place).set(next[i]);
  };
  return { now, next, swap };
}

function emitWhile(
  f: FunctionBuilder,
  kernel: LoopKernel,
  pointers: Pointers,
  calls: Record<string, Calls>,
): void {
  const { constants } = kernel.params as WhileParams;
  const { condition, body } = kernel.bodies;
  const scratch = scratchOf(f, kernel, pointers);
  const arena = scratch(body.arenaBytes);
  const conditionArena = scratch(condition.arenaBytes);
  const answer = scratch(64);
  const current = kernel.outputs.map((value) => pointers.get(value) as Local);
  const next = kernel.outputs.map((value) => scratch(reservedBytes(value)));
  for (const [i, value] of kernel.outputs.entries())
    copy(f, current[i], pointers.get(kernel.inputs[constants + i]) as Local, value);
  const inputs = [
    ...kernel.inputs.slice(0, constants).map((value) => pointers.get(value) as Local),
    ...current,
    ...hoistedIn(kernel, constants + current.length, pointers),
  ];
  const pushBody = placesOf(body, arena, inputs, next, pointers);
  const pushCondition = placesOf(condition, conditionArena, inputs, [answer], pointers);
  f.block((done) => {
    f.loop((again) => {
      for (const { call } of calls.condition) call(f, pushCondition);
      f.get(answer).load("i32.load8_u", 0).op("i32.eqz").brIf(done);
      for (const { call } of calls.body) call(f, pushBody);
      for (const [i, value] of kernel.outputs.entries()) copy(f, current[i], next[i], value);
      f.br(again);
    });
  });
}
