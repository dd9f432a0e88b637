import { platform } from "#platform";
import { lower } from "../../compiler/lower.js";
import { simplify } from "../../compiler/passes.js";
import { type Schedule, schedule } from "../../compiler/schedule.js";
import type { DType, TypedArray } from "../../tensor/dtype.js";
import { constantData, type Graph } from "../../trace/graph.js";
import { signature } from "../../trace/signature.js";
import type { Backend, BoundProgram, CompiledProgram, Storage } from "../backend.js";
import { debugKernels, debugText, isDebugging, type KernelTimes } from "../debug.js";
import { emitProgram } from "./emitProgram.js";
import { Heap } from "./heap.js";

let heap: Heap | undefined;

/** The memory of all programs, made when first needed. */
function sharedHeap(): Heap {
  if (!heap) {
    platform.preferOptimizedWasm();
    heap = new Heap();
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
    const builder = emitProgram(this.#schedule, graph.inputs.length, graph.outputs.length);
    if (isDebugging("wat")) platform.writeError(`${builder.toText()}\n`);
    sharedHeap();
    this.#module = new WebAssembly.Module(builder.encode() as BufferSource);
  }

  bind(inputs: readonly Storage[], outputs: readonly Storage[]): BoundProgram {
    const memory = sharedHeap();
    const { arenaBytes, constantBytes, constants } = this.#schedule;
    const arena = memory.allocate(arenaBytes);
    const fixed = memory.allocate(constantBytes);
    for (const { value, offset } of constants)
      memory.write(fixed + offset, constantData(value) as TypedArray);
    const bases: Record<string, WebAssembly.ImportValue> = {
      memory: memory.memory,
      arena: constantGlobal(arena),
      constants: constantGlobal(fixed),
    };
    const address = (storage: Storage) => constantGlobal((storage as WasmStorage).address);
    for (const [i, storage] of inputs.entries()) bases[`input${i}`] = address(storage);
    for (const [i, storage] of outputs.entries()) bases[`output${i}`] = address(storage);
    const { exports } = new WebAssembly.Instance(this.#module, { keratin: bases });
    const run = exports.run as (steps: number) => void;
    const schedule = this.#schedule;
    const times = isDebugging("time") ? timed(exports, schedule, signature(this.#graph)) : undefined;
    return {
      run: times ? times.run : run,
      release() {
        times?.report();
        memory.free(arena);
        memory.free(fixed);
      },
    };
  }
}

function constantGlobal(value: number): WebAssembly.Global {
  return new WebAssembly.Global({ value: "i32", mutable: false }, value);
}

/** Runs kernel by kernel and adds up the time of each. */
function timed(exports: WebAssembly.Exports, schedule: Schedule, name: string) {
  const kernels = schedule.phases.flat();
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
