import { isEmpty, type Kernel, readsOf, writesOf } from "../../compiler/kernel.js";
import type { Place, Schedule } from "../../compiler/schedule.js";
import type { Split, Task } from "../../compiler/split.js";
import type { Value } from "../../trace/graph.js";
import {
  type FunctionBuilder,
  type FunctionRef,
  type GlobalRef,
  type Local,
  ModuleBuilder,
} from "./assembler/index.js";
import { emitBarrier } from "./barrier.js";
import { emitFill } from "./emitFill.js";
import type { EmitInner, emitLoop } from "./emitLoop.js";
import { emitMap, type Pointers } from "./emitMap.js";
import { emitReduce } from "./emitReduce.js";
import { emitTranspose, transposeIn } from "./emitTranspose.js";
import { MAX_PAGES } from "./heap.js";
import type { Part } from "./loops.js";
import type { Moves, Sizes } from "./moves.js";
import { emitPlain } from "./plain/index.js";
import { emitNonZeros } from "./product/emitNonZeros.js";
import { emitProduct } from "./product/emitProduct.js";

/** Where a schedule's memory starts: what the module imports. */
interface Bases {
  readonly arena: GlobalRef;
  /** Of thread 0; those of the others follow. */
  readonly own: GlobalRef;
  readonly kept: GlobalRef;
  readonly constants: GlobalRef;
  readonly inputs: readonly GlobalRef[];
  readonly outputs: readonly GlobalRef[];
}

/** Pushes the address of a place. */
export type PushPlace = (f: FunctionBuilder, place: Place) => void;

/**
 * A module with one function for each kernel and `run(thread, threads, steps)`, a thin loop that calls them: every
 * thread runs it with its own number, and they meet after each phase. Addresses come in as globals, so one module serves
 * every binding of the same program.
 *
 * If inputs advance, `collect(thread, threads, steps, first, room, place)` does the same, but keeps the results of all steps, one after
 * another, from step `first` on. Inputs that advance lie one after another too, those of step s at place s modulo `room`. Several of them may run
 * at the same time, each in its own place in memory.
 *
 * @param options.shared whether the memory is shared between threads; if not, `threads` must be 1
 * @param options.marks whether thread 0 calls the imported `mark` after each kernel and after each phase
 */
export function emitProgram(
  schedule: Schedule,
  inputs: number,
  sizes: Sizes,
  { shared, marks = false }: { shared: boolean; marks?: boolean },
): ModuleBuilder {
  const module = new ModuleBuilder();
  module.importMemory("keratin", "memory", { initial: 1, maximum: MAX_PAGES, shared });
  const base = (name: string) => module.importGlobal("keratin", name, "i32");
  const bases: Bases = {
    arena: base("arena"),
    own: base("own"),
    kept: base("kept"),
    constants: base("constants"),
    inputs: Array.from({ length: inputs }, (_, i) => base(`input${i}`)),
    outputs: sizes.outputs.map((_, i) => base(`output${i}`)),
  };
  const pushPlace: PushPlace = (f, place) => {
    if ("index" in place) {
      f.globalGet(bases[place.in === "input" ? "inputs" : "outputs"][place.index]);
    } else {
      f.globalGet(bases[place.in]);
      if (place.offset !== 0) f.i32(place.offset).op("i32.add");
    }
  };
  const phases = schedule.phases.map((tasks, i) => emitTasks(module, tasks, schedule.places, `phase${i}_`));
  const barrier = shared ? emitBarrier(module) : undefined;
  const mark = marks ? module.importFunction("keratin", "mark", { parameters: [], results: [] }) : undefined;
  const emitRun = (name: "run" | "collect") => {
    const collecting = name === "collect";
    const names = ["thread", "threads", "steps", ...(collecting ? ["first", "room", "place"] : [])];
    module.function(
      name,
      names.map((parameter) => [parameter, "i32"] as const),
      [],
      (f, thread, threads, steps, ...more) => {
        const parts = new Parts(f, thread, threads);
        for (const { split } of schedule.phases.flat()) if (split) parts.compute(split);
        const moves = collecting ? seriesMoves?.(f, sizes) : undefined;
        const own = f.local("i32", "own");
        const arena = f.local("i32", "arena");
        f.get(thread);
        if (collecting) {
          const [first, room, place] = more;
          moves?.start(first, room);
          f.get(place).i32(schedule.arenaBytes).op("i32.mul").set(arena);
          f.get(place).op("i32.add");
        }
        f.i32(schedule.ownBytes).op("i32.mul").set(own);
        const push: PushPlace = (_, place) => {
          pushPlace(f, place);
          if (place.in === "own") f.get(own).op("i32.add");
          else if (place.in === "arena" && collecting) f.get(arena).op("i32.add");
          moves?.add(place);
        };
        f.block((done) => {
          f.get(steps).op("i32.eqz").brIf(done);
          f.loop((again) => {
            const pass = () => {
              if (mark)
                f.get(thread)
                  .op("i32.eqz")
                  .if(() => f.call(mark));
            };
            for (const calls of phases) {
              for (const { task, call } of calls) {
                const { split } = task;
                const part = split && parts.of(split);
                if (task.own) call(f, push);
                else {
                  if (part) f.get(part.from).get(part.to).op("i32.lt_u");
                  else f.get(thread).op("i32.eqz");
                  f.if(() => call(f, push, part));
                }
                pass();
              }
              if (barrier) f.get(threads).call(barrier);
              pass();
            }
            moves?.advance();
            f.get(steps).i32(1).op("i32.sub").tee(steps).brIf(again);
          });
        });
      },
      { export: name },
    );
  };
  emitRun("run");
  if (sizes.advancing.length > 0) emitRun("collect");
  for (const what of ["load", "store"] as const) {
    const tasks = schedule.panels.map((panels) => ({ kernel: panels[what] }));
    const copies = emitTasks(module, tasks, schedule.places, `${what}_`);
    module.function(
      what,
      [],
      [],
      (f) => {
        for (const { call } of copies) call(f, pushPlace);
      },
      { export: what },
    );
  }
  return module;
}

/** The ranges of the split axes that a thread takes: equal numbers of grains, the same for equal splits. */
class Parts {
  readonly #ranges = new Map<string, { from: Local; to: Local }>();

  constructor(
    readonly f: FunctionBuilder,
    readonly thread: Local,
    readonly threads: Local,
  ) {}

  compute(split: Split): void {
    const key = `${split.extent} ${split.grain}`;
    if (this.#ranges.has(key)) return;
    const { f, threads } = this;
    const grains = Math.ceil(split.extent / split.grain);
    const bound = (name: string, index: () => void) => {
      const local = f.local("i32", name);
      index();
      f.i32(grains).op("i32.mul").get(threads).op("i32.div_u");
      f.i32(split.grain).op("i32.mul").tee(local);
      f.i32(split.extent).get(local).i32(split.extent).op("i32.lt_u").select().set(local);
      return local;
    };
    const from = bound("from", () => f.get(this.thread));
    const to = bound("to", () => f.get(this.thread).i32(1).op("i32.add"));
    this.#ranges.set(key, { from, to });
  }

  of(split: Split): Part {
    return {
      ...split,
      ...(this.#ranges.get(`${split.extent} ${split.grain}`) as { from: Local; to: Local }),
    };
  }
}

/** Emits a call of one kernel; of a part of it if it is shared out. */
export type EmitCall = (f: FunctionBuilder, pushPlace: PushPlace, part?: Part) => void;

let seriesMoves: ((...given: ConstructorParameters<typeof Moves>) => Moves) | undefined;

/** Adds what finds the places of inputs that advance: a page has it only if its programs have such. */
export function addMoves(make: typeof seriesMoves): void {
  seriesMoves = make;
}

let loopEmitter: typeof emitLoop | undefined;

/** Adds what emits loops: a page has it only if its programs have loops. */
export function addLoops(emit: typeof emitLoop): void {
  loopEmitter = emit;
}

/** Emits one function for each task; gives what calls them. */
export function emitTasks(
  module: ModuleBuilder,
  tasks: readonly Task[],
  places: ReadonlyMap<Value, Place>,
  prefix: string,
): { task: Task; call: EmitCall }[] {
  return tasks.map((task, i) => {
    const { kernel, split } = task;
    const buffers = buffersByPlace(kernel, places);
    const keys = [...buffers.keys()];
    const name = `${prefix}${i}_${"name" in kernel ? kernel.name : kernel.kind === "plain" ? kernel.primitive.name : kernel.kind}`;
    const inner = kernel.kind === "loop" ? loopEmitter?.(module, kernel, name, emitTasks) : undefined;
    const names = [...keys.map((_, n) => `buffer${n}`), ...(split ? ["from", "to"] : [])];
    const ref: FunctionRef = module.function(
      name,
      names.map((parameter) => [parameter, "i32"] as const),
      [],
      (f, ...parameters) => {
        const pointers = new Map<Value, Local>();
        for (const [n, key] of keys.entries())
          for (const value of buffers.get(key)?.values ?? []) pointers.set(value, parameters[n]);
        const [from, to] = parameters.slice(keys.length);
        emitKernel(f, kernel, pointers, inner, split && { ...split, from, to });
      },
    );
    const call: EmitCall = (f, pushPlace, part) => {
      for (const key of keys) pushPlace(f, (buffers.get(key) as { place: Place }).place);
      if (part) f.get(part.from).get(part.to);
      f.call(ref);
    };
    return { task, call };
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
  loop: EmitInner | undefined,
  part: Part | undefined,
): void {
  // the emitters' loops run at least once
  if (isEmpty(kernel)) return;
  switch (kernel.kind) {
    case "map": {
      const transpose = transposeIn(kernel);
      if (transpose) emitTranspose(f, kernel, transpose, pointers, part);
      else emitMap(f, kernel, pointers, part);
      break;
    }
    case "reduce":
      emitReduce(f, kernel, pointers, part);
      break;
    case "product":
      emitProduct(f, kernel, pointers, part);
      break;
    case "nonzeros":
      emitNonZeros(f, kernel, pointers, part);
      break;
    case "fill":
      emitFill(f, pointers.get(kernel.buffer) as Local, kernel, part);
      break;
    case "pooled_product":
    case "winograd":
    case "plain":
      emitPlain(f, kernel, pointers, part);
      break;
    case "loop":
      loop?.(f, pointers, part);
      break;
  }
}
