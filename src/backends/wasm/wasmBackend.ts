import { platform } from "#platform";
import { lower } from "../../compiler/lower.js";
import { simplify } from "../../compiler/passes.js";
import { type Schedule, schedule } from "../../compiler/schedule.js";
import { byteSize, type DType, newArray, type TypedArray } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import { constantData, type Graph, type TensorType } from "../../trace/graph.js";
import { signature } from "../../trace/signature.js";
import type { Backend, BoundProgram, CompiledProgram, Storage } from "../backend.js";
import { isDebugging } from "../debug.js";
import { describeSchedule, Explanation } from "../explanation.js";
import type { ModuleBuilder } from "./assembler/index.js";
import { emitProgram } from "./emitProgram.js";
import { Heap } from "./heap.js";
import { measure, PhaseMarks } from "./measure.js";
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
  /** A program that keeps the newest content in an order of its own. */
  holder: PanelHolder | undefined;

  constructor(
    readonly heap: Heap,
    readonly byteLength: number,
  ) {
    this.address = heap.allocate(byteLength);
  }

  read(dtype: DType, length: number, byteOffset = 0): TypedArray {
    this.holder?.giveBack();
    return this.heap.read(this.address + byteOffset, dtype, length);
  }

  write(data: TypedArray, byteOffset = 0): void {
    this.holder?.giveBack();
    this.heap.write(this.address + byteOffset, data);
  }

  release(): void {
    this.holder?.giveBack();
    this.heap.free(this.address);
  }
}

/**
 * Brings a program's panels up to date before it runs, and the variables that they stand for before anybody else looks at
 * them: while nobody does, nothing is copied between runs.
 */
class PanelHolder {
  #holds = false;

  /**
   * @param all everything that the program reads or writes
   * @param held the parameters that it keeps in panels
   */
  constructor(
    readonly all: readonly WasmStorage[],
    readonly held: readonly WasmStorage[],
    readonly load: () => void,
    readonly store: () => void,
  ) {}

  take(): void {
    for (const { holder } of this.all) if (holder !== this) holder?.giveBack();
    if (this.#holds || this.held.length === 0) return;
    this.load();
    this.#holds = true;
    for (const storage of this.held) storage.holder = this;
  }

  giveBack(): void {
    if (!this.#holds) return;
    this.store();
    this.#holds = false;
    for (const storage of this.held) storage.holder = undefined;
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
    if (isDebugging("kernels")) platform.writeError(describeSchedule(this.#schedule));
    const builder = this.#emit(false);
    if (isDebugging("wat")) platform.writeError(`${builder.toText()}\n`);
    this.#module = new WebAssembly.Module(builder.encode() as BufferSource);
  }

  #emit(marks: boolean): ModuleBuilder {
    const { shared } = sharedHeap();
    const { inputs, outputs } = this.#graph;
    return emitProgram(this.#schedule, inputs.length, outputs.length, { shared, marks });
  }

  bind(inputs: readonly Storage[], outputs: readonly Storage[]): BoundProgram {
    const heap = sharedHeap();
    const { program, release } = this.#place(this.#module, inputs, outputs);
    const exports = instantiate(program, heap.memory);
    const run = exports.run as RunProgram;
    const threaded = pool && new ThreadedRun(pool, program, run, this.#schedule);
    const holder = new PanelHolder(
      [...inputs, ...outputs] as WasmStorage[],
      this.#schedule.panels.map(({ input }) => inputs[input] as WasmStorage),
      exports.load as () => void,
      exports.store as () => void,
    );
    let steps = 0;
    return {
      run: (count) => {
        holder.take();
        steps += count;
        if (threaded) threaded.run(count);
        else run(0, 1, count);
      },
      release: () => {
        holder.giveBack();
        threaded?.release();
        release();
        if (isDebugging("time") && steps > 0) platform.writeError(`${steps} steps. ${this.explain()}\n`);
      },
    };
  }

  /** Where all memory of a program lies. */
  #place(module: WebAssembly.Module, inputs: readonly Storage[], outputs: readonly Storage[]) {
    const heap = sharedHeap();
    const { arenaBytes, constantBytes, constants } = this.#schedule;
    const arena = heap.allocate(arenaBytes);
    const fixed = heap.allocate(constantBytes);
    for (const { value, offset } of constants) heap.write(fixed + offset, constantData(value) as TypedArray);
    const globals: Record<string, number> = { arena, constants: fixed };
    for (const [i, storage] of inputs.entries()) globals[`input${i}`] = (storage as WasmStorage).address;
    for (const [i, storage] of outputs.entries()) globals[`output${i}`] = (storage as WasmStorage).address;
    if (pool) globals.control = pool.address;
    const program: SharedProgram = { module, globals };
    return {
      program,
      release() {
        heap.free(arena);
        heap.free(fixed);
      },
    };
  }

  explain(): Explanation {
    const heap = sharedHeap();
    const { inputs, outputs, updates } = this.#graph;
    const storages = inputs.map((input) => exampleOf(heap, input));
    const results = outputs.map((output, i) => {
      const updated = updates.get(i);
      return updated === undefined
        ? new WasmStorage(heap, sizeOf(output.shape) * byteSize(output.dtype))
        : storages[updated];
    });
    const module = new WebAssembly.Module(this.#emit(true).encode() as BufferSource);
    const { program, release } = this.#place(module, storages, results);
    const marks = new PhaseMarks();
    const exports = instantiate(program, heap.memory, marks.mark);
    const run = exports.run as RunProgram;
    const threaded = pool && new ThreadedRun(pool, program, run, this.#schedule);
    try {
      const measured = measure(exports, this.#schedule, marks, (alone, steps) => {
        marks.begin();
        if (threaded) return threaded.run(steps, () => marks.begin());
        alone(0, 1, steps);
        return 1;
      });
      return new Explanation(this.#schedule, measured);
    } finally {
      threaded?.release();
      release();
      for (const storage of new Set([...storages, ...results])) storage.release();
    }
  }
}

/** Numbers to measure with: small positive ones, and integers that are valid labels and indices. */
function exampleOf(heap: Heap, type: TensorType): WasmStorage {
  const size = sizeOf(type.shape);
  const storage = new WasmStorage(heap, size * byteSize(type.dtype));
  const value = (i: number) => {
    if (type.dtype === "float32") return ((i * 7919) % 1000) / 1000;
    return type.dtype === "bool" || type.dtype === "uint8" ? i % 2 : (i * 7919) % Math.max(size, 2);
  };
  storage.write(
    newArray(
      type.dtype,
      Array.from({ length: size }, (_, i) => value(i)),
    ),
  );
  return storage;
}

function instantiate(
  { module, globals }: SharedProgram,
  memory: WebAssembly.Memory,
  mark?: () => void,
): WebAssembly.Exports {
  const imports: Record<string, WebAssembly.ImportValue> = { memory };
  const entries = Object.entries({ ...globals, canSleep: platform.canSleep() ? 1 : 0 });
  for (const [name, value] of entries)
    imports[name] = new WebAssembly.Global({ value: "i32", mutable: false }, value);
  if (pool) imports.waiting = pool.waiting;
  if (mark) imports.mark = mark;
  return new WebAssembly.Instance(module, { keratin: imports }).exports;
}
