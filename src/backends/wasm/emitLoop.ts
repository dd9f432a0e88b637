import type { LoopKernel } from "../../compiler/kernel.js";
import { type Place, reservedBytes, type Schedule } from "../../compiler/schedule.js";
import type { ScanParams, WhileParams } from "../../primitives/control.js";
import { byteSize } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import type { TensorType, Value } from "../../trace/graph.js";
import type { FunctionBuilder, Local, ModuleBuilder } from "./assembler/index.js";
import type { Pointers } from "./emitMap.js";
import type { EmitCall, emitTasks, PushPlace } from "./emitProgram.js";

type Calls = readonly EmitCall[];

function bytesIn(type: TensorType): number {
  return sizeOf(type.shape) * byteSize(type.dtype);
}

/** Emits the kernels of the bodies; gives what emits the loop around them. */
export function emitLoop(
  module: ModuleBuilder,
  kernel: LoopKernel,
  name: string,
  emit: typeof emitTasks,
): (f: FunctionBuilder, pointers: Pointers) => void {
  const calls: Record<string, Calls> = {};
  for (const [key, body] of Object.entries(kernel.bodies)) {
    calls[key] = emit(module, body.phases.flat(), body.places, `${name}_${key}`).map(({ call }) => call);
  }
  return (f, pointers) =>
    kernel.primitive === "scan"
      ? emitScan(f, kernel, pointers, calls)
      : emitWhile(f, kernel, pointers, calls);
}

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
      default:
        f.get((place.in === "input" ? inputs : outputs)[place.index]);
    }
  };
}

function copy(f: FunctionBuilder, to: Local, from: Local, type: TensorType): void {
  f.get(to).get(from).i32(bytesIn(type)).memoryCopy();
}

function emitScan(
  f: FunctionBuilder,
  kernel: LoopKernel,
  pointers: Pointers,
  calls: Record<string, Calls>,
): void {
  const { length, constants, carries, reverse } = kernel.params as ScanParams;
  const body = kernel.bodies.body;
  const slices = kernel.inputs.length - body.constants.length - constants - carries;
  const scratch = scratchOf(f, kernel, pointers);
  const arena = scratch(body.arenaBytes);
  const carried = kernel.outputs.slice(0, carries);
  // the carried values live in the outputs; each step writes new ones to scratch first
  const current = carried.map((value) => pointers.get(value) as Local);
  const next = carried.map((value) => scratch(reservedBytes(value)));
  for (const [i, value] of carried.entries())
    copy(f, current[i], pointers.get(kernel.inputs[constants + i]) as Local, value);
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
    ...current,
    ...cursors.slice(0, slices).map(({ cursor }) => cursor),
  ];
  const outputs = [...next, ...cursors.slice(slices).map(({ cursor }) => cursor)];
  const pushPlace = placesOf(body, arena, inputs, outputs, pointers);
  const count = f.local("i32", "count");
  f.i32(length).set(count);
  f.loop((again) => {
    for (const call of calls.body) call(f, pushPlace);
    for (const [i, value] of carried.entries()) copy(f, current[i], next[i], value);
    for (const { cursor, bytes } of cursors) f.get(cursor).i32(bytes).op("i32.add").set(cursor);
    f.get(count).i32(1).op("i32.sub").tee(count).brIf(again);
  });
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
  ];
  const pushBody = placesOf(body, arena, inputs, next, pointers);
  const pushCondition = placesOf(condition, conditionArena, inputs, [answer], pointers);
  f.block((done) => {
    f.loop((again) => {
      for (const call of calls.condition) call(f, pushCondition);
      f.get(answer).load("i32.load8_u", 0).op("i32.eqz").brIf(done);
      for (const call of calls.body) call(f, pushBody);
      for (const [i, value] of kernel.outputs.entries()) copy(f, current[i], next[i], value);
      f.br(again);
    });
  });
}
