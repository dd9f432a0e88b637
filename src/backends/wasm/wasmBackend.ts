import { platform } from "#platform";
import { lower } from "../../compiler/lower.js";
import { simplify } from "../../compiler/passes.js";
import { kernelsOf, type Schedule, schedule } from "../../compiler/schedule.js";
import type { DType, TypedArray } from "../../tensor/dtype.js";
import { constantData, type Graph } from "../../trace/graph.js";
import { signature } from "../../trace/signature.js";
import type { Backend, BoundProgram, CompiledProgram, Storage } from "../backend.js";
import { debugKernels, debugText, isDebugging, type KernelTimes } from "../debug.js";
import { emitProgram } from "./emitProgram.js";
import { Heap } from "./heap.js";
import { type RunProgram, ThreadedRun } from "./threadedRun.js";
import { type SharedProgram, ThreadPool } from "./threadPool.js";

let heap: Heap | undefined;
let pool: ThreadPool | undefined;

/** The memory of all programs, made when first needed. */
function sharedHeap(): Heap {
  if (!heap) {
    platform.preferOptimizedWasm();
    heap = new Heap(platform.canShareMemory());
    if (heap.shared) pool = new ThreadPool(heap);
  }
  return heap;
}

/** Programs as WebAssembly modules with 128-bit SIMD, generated here. */
export const wasmBackend: Backend = {
  name: "wasm",
  allocate: (byteLength) => new WasmStorage(sharedHeap(), byteLength),
  compile: (graph) => new WasmProgram(graph),
};

class WasmStorage implements Storage {
  readonly backend = wasmBackend;
  readonly address: number;

  constructor(
    readonly heap: Heap,
    readonly byteLength: number,
  ) {
    this.address = heap.allocate(byteLength);
  }

  read(dtype: DType, length: number, byteOffset = 0): TypedArray {
    return this.heap.read(this.address + byteOffset, dtype, length);
  }

  write(data: TypedArray, byteOffset = 0): void {
    this.heap.write(this.address + byteOffset, data);
  }

  release(): void {
    this.heap.free(this.address);
  }
}

class WasmProgram implements CompiledProgram {
  readonly #graph: Graph;
  readonly #schedule: Schedule;
  readonly #module: WebAssembly.Module;

  constructor(graph: Graph) {
    this.#graph = graph;
    const simple = simplify(graph);
    if (isDebugging("graph")) platform.writeError(`${signature(simple)}\n`);
    this.#schedule = schedule(simple, lower(simple));
    if (isDebugging("kernels")) platform.writeError(debugKernels(this.#schedule));
    const { shared } = sharedHeap();
    const builder = emitProgram(this.#schedule, graph.inputs.length, graph.outputs.length, shared);
    if (isDebugging("wat")) platform.writeError(`${builder.toText()}\n`);
    this.#module = new WebAssembly.Module(builder.encode() as BufferSource);
  }

  bind(inputs: readonly Storage[], outputs: readonly Storage[]): BoundProgram {
    const heap = sharedHeap();
    const schedule = this.#schedule;
    const { arenaBytes, constantBytes, constants } = schedule;
    const arena = heap.allocate(arenaBytes);
    const fixed = heap.allocate(constantBytes);
    for (const { value, offset } of constants) heap.write(fixed + offset, constantData(value) as TypedArray);
    const globals: Record<string, number> = { arena, constants: fixed };
    for (const [i, storage] of inputs.entries()) globals[`input${i}`] = (storage as WasmStorage).address;
    for (const [i, storage] of outputs.entries()) globals[`output${i}`] = (storage as WasmStorage).address;
    if (pool) globals.control = pool.address;
    const program: SharedProgram = { module: this.#module, globals };
    const exports = instantiate(program, heap.memory);
    const times = isDebugging("time") ? timed(exports, schedule, signature(this.#graph)) : undefined;
    const run = exports.run as RunProgram;
    const threaded = pool && !times ? new ThreadedRun(pool, program, run, schedule) : undefined;
    return {
      run: times?.run ?? ((steps) => (threaded ? threaded.run(steps) : run(0, 1, steps))),
      release() {
        times?.report();
        threaded?.release();
        heap.free(arena);
        heap.free(fixed);
      },
    };
  }
}

function instantiate({ module, globals }: SharedProgram, memory: WebAssembly.Memory): WebAssembly.Exports {
  const imports: Record<string, WebAssembly.ImportValue> = { memory };
  const entries = Object.entries({ ...globals, canSleep: platform.canSleep() ? 1 : 0 });
  for (const [name, value] of entries)
    imports[name] = new WebAssembly.Global({ value: "i32", mutable: false }, value);
  if (pool) imports.waiting = pool.waiting;
  return new WebAssembly.Instance(module, { keratin: imports }).exports;
}

/** Runs kernel by kernel and adds up the time of each. */
function timed(exports: WebAssembly.Exports, schedule: Schedule, name: string) {
  const kernels = kernelsOf(schedule);
  const times: KernelTimes = {
    steps: 0,
    totalSeconds: 0,
    fastest: kernels.map(() => Number.POSITIVE_INFINITY),
  };
  const functions = kernels.map((_, i) => exports[`kernel${i}`] as () => void);
  return {
    run(steps: number) {
      for (let step = 0; step < steps; step++) {
        for (const [i, kernel] of functions.entries()) {
          const start = performance.now();
          kernel();
          const seconds = (performance.now() - start) / 1000;
          times.totalSeconds += seconds;
          if (seconds < times.fastest[i]) times.fastest[i] = seconds;
        }
      }
      times.steps += steps;
    },
    report() {
      if (times.steps > 0) platform.writeError(debugText(schedule, times, name));
    },
  };
}
