import { type Kernel, readsOf, writesOf } from "../../compiler/kernel.js";
import type { Place, Schedule } from "../../compiler/schedule.js";
import { byteSize } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import type { Value } from "../../trace/graph.js";
import {
  type FunctionBuilder,
  type FunctionRef,
  type GlobalRef,
  type Local,
  ModuleBuilder,
} from "./assembler/index.js";
import { emitLoop } from "./emitLoop.js";
import { emitMap, type Pointers } from "./emitMap.js";
import { emitProduct } from "./emitProduct.js";
import { emitReduce } from "./emitReduce.js";
import { emitPlain } from "./plain/index.js";

/** Where a schedule's memory starts: what the module imports. */
interface Bases {
  readonly arena: GlobalRef;
  readonly constants: GlobalRef;
  readonly inputs: readonly GlobalRef[];
  readonly outputs: readonly GlobalRef[];
}

/** Pushes the address of a place. */
export type PushPlace = (f: FunctionBuilder, place: Place) => void;

/**
 * A module with one function for each kernel and `run(steps)`, a thin loop that calls them. Addresses come in as
 * globals, so one module serves every binding of the same program.
 */
export function emitProgram(schedule: Schedule, inputs: number, outputs: number): ModuleBuilder {
  const module = new ModuleBuilder();
  module.importMemory("keratin", "memory", { initial: 1 });
  const base = (name: string) => module.importGlobal("keratin", name, "i32");
  const bases: Bases = {
    arena: base("arena"),
    constants: base("constants"),
    inputs: Array.from({ length: inputs }, (_, i) => base(`input${i}`)),
    outputs: Array.from({ length: outputs }, (_, i) => base(`output${i}`)),
  };
  const pushPlace: PushPlace = (f, place) => {
    if ("index" in place) {
      f.globalGet(bases[place.in === "input" ? "inputs" : "outputs"][place.index]);
    } else {
      f.globalGet(bases[place.in]);
      if (place.offset !== 0) f.i32(place.offset).op("i32.add");
    }
  };
  const calls = emitKernels(module, schedule.phases.flat(), schedule.places, "kernel");
  module.function(
    "run",
    [["steps", "i32"]],
    [],
    (f, steps) => {
      f.block((done) => {
        f.get(steps).op("i32.eqz").brIf(done);
        f.loop((again) => {
          for (const call of calls) call(f, pushPlace);
          f.get(steps).i32(1).op("i32.sub").tee(steps).brIf(again);
        });
      });
    },
    { export: "run" },
  );
  // one export for each kernel, for measuring
  for (const [i, call] of calls.entries())
    module.function(`time${i}`, [], [], (f) => call(f, pushPlace), { export: `kernel${i}` });
  return module;
}

/** Emits one function for each kernel; gives what calls them in order. */
export function emitKernels(
  module: ModuleBuilder,
  kernels: readonly Kernel[],
  places: ReadonlyMap<Value, Place>,
  prefix: string,
): ((f: FunctionBuilder, pushPlace: PushPlace) => void)[] {
  return kernels.map((kernel, i) => {
    const buffers = buffersByPlace(kernel, places);
    const keys = [...buffers.keys()];
    const name = `${prefix}${i}_${"name" in kernel ? kernel.name : kernel.kind === "plain" ? kernel.primitive.name : kernel.kind}`;
    const inner = kernel.kind === "loop" ? emitLoop(module, kernel, name, emitKernels) : undefined;
    const ref: FunctionRef = module.function(
      name,
      keys.map((_, n) => [`buffer${n}`, "i32"] as const),
      [],
      (f, ...parameters) => {
        const pointers = new Map<Value, Local>();
        for (const [n, key] of keys.entries())
          for (const value of buffers.get(key)?.values ?? []) pointers.set(value, parameters[n]);
        emitKernel(f, kernel, pointers, inner);
      },
    );
    return (f, pushPlace) => {
      for (const key of keys) pushPlace(f, (buffers.get(key) as { place: Place }).place);
      f.call(ref);
    };
  });
}

/** The places that a kernel touches; several buffers may share one (an input and its update). */
function buffersByPlace(
  kernel: Kernel,
  places: ReadonlyMap<Value, Place>,
): Map<string, { place: Place; values: Value[] }> {
  const result = new Map<string, { place: Place; values: Value[] }>();
  for (const value of new Set([...readsOf(kernel), ...writesOf(kernel)])) {
    const place = places.get(value);
    if (!place)
      throw new Error(
        `A buffer of ${kernel.kind} (${value.node.primitive.name} ${value.index}) has no place.`,
      );
    const key = JSON.stringify(place);
    const entry = result.get(key);
    if (entry) entry.values.push(value);
    else result.set(key, { place, values: [value] });
  }
  return result;
}

function emitKernel(
  f: FunctionBuilder,
  kernel: Kernel,
  pointers: Pointers,
  loop: ((f: FunctionBuilder, pointers: Pointers) => void) | undefined,
): void {
  switch (kernel.kind) {
    case "map":
      emitMap(f, kernel, pointers);
      break;
    case "reduce":
      emitReduce(f, kernel, pointers);
      break;
    case "product":
      emitProduct(f, kernel, pointers);
      break;
    case "fill":
      emitFill(f, pointers.get(kernel.buffer) as Local, kernel.buffer, kernel.value);
      break;
    case "plain":
      emitPlain(f, kernel, pointers);
      break;
    case "loop":
      loop?.(f, pointers);
      break;
  }
}

function emitFill(f: FunctionBuilder, pointer: Local, buffer: Value, value: number): void {
  const bytes = sizeOf(buffer.shape) * byteSize(buffer.dtype);
  if (Object.is(value, 0) || byteSize(buffer.dtype) === 1) {
    f.get(pointer).i32(value).i32(bytes).memoryFill();
    return;
  }
  const end = f.local("i32", "end");
  const at = f.local("i32", "at");
  f.get(pointer).tee(at).i32(bytes).op("i32.add").set(end);
  f.block((done) => {
    f.get(at).get(end).op("i32.ge_u").brIf(done);
    f.loop((again) => {
      f.get(at);
      if (buffer.dtype === "float32") f.f32(value).store("f32.store", 0);
      else f.i32(value).store("i32.store", 0);
      f.get(at).i32(4).op("i32.add").tee(at).get(end).op("i32.lt_u").brIf(again);
    });
  });
}
