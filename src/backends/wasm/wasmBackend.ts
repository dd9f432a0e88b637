import { platform } from "#platform";
import { lower } from "../../compiler/lower.js";
import { simplify } from "../../compiler/passes.js";
import { type Schedule, schedule } from "../../compiler/schedule.js";
import { byteSize, type DType, type TypedArray } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import { constantData, type Graph, type TensorType } from "../../trace/graph.js";
import { signature } from "../../trace/signature.js";
import type { Backend, BoundProgram, CompiledProgram, Storage } from "../backend.js";
import { isDebugging } from "../debug.js";
import type { Explanation } from "../explanation.js";
import { mostThreads } from "../threads.js";
import type { ModuleBuilder } from "./assembler/index.js";
import { emitProgram } from "./emitProgram.js";
import { Heap } from "./heap.js";
import type { Sizes } from "./moves.js";
import { type ProgramExports, ThreadedRun } from "./threadedRun.js";
import { type SharedProgram, ThreadPool } from "./threadPool.js";

/** Threads get memory of their own for whole steps if a step needs no more than this: it stays in a core's cache. */
const OWN_STEP_BYTES = 2 ** 20;

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
    this.#schedule = schedule(simple, lower(simple));
    const builder = this.#emit(false);
    printStages(simple, this.#schedule, builder);
    this.#module = new WebAssembly.Module(builder.encode() as BufferSource);
  }

  #emit(marks: boolean): ModuleBuilder {
    const { shared } = sharedHeap();
    const { inputs, outputs, updates, advancing } = this.#graph;
    const bytesOf = ({ shape, dtype }: TensorType) => sizeOf(shape) * byteSize(dtype);
    const sizes: Sizes = {
      outputs: outputs.map((output, i) => (updates.has(i) ? 0 : bytesOf(output))),
      advancing: inputs.slice(0, advancing).map(bytesOf),
    };
    return emitProgram(this.#schedule, inputs.length, sizes, { shared, marks });
  }

  bind(inputs: readonly Storage[], outputs: readonly Storage[]): BoundProgram {
    const heap = sharedHeap();
    const { program, release } = this.#place(this.#module, inputs, outputs);
    const exports = instantiate(program, heap.memory);
    const entries = exports as unknown as ProgramExports;
    const threaded = new ThreadedRun(pool, program, entries, this.#schedule);
    const holder = new PanelHolder(
      [...inputs, ...outputs] as WasmStorage[],
      this.#schedule.panels.map(({ input }) => inputs[input] as WasmStorage),
      exports.load as () => void,
      exports.store as () => void,
    );
    let steps = 0;
    const take = (count: number) => {
      holder.take();
      steps += count;
    };
    return {
      run: (count) => {
        take(count);
        threaded.run(count);
      },
      collect: (count, supply) => {
        take(count);
        threaded.collect(count, supply);
      },
      release: () => {
        holder.giveBack();
        threaded.release();
        release();
        if (isDebugging("time") && steps > 0) this.#explainCopies(inputs, steps);
      },
    };
  }

  /** Where all memory of a program lies. */
  #place(module: WebAssembly.Module, inputs: readonly Storage[], outputs: readonly Storage[]) {
    const heap = sharedHeap();
    const { arenaBytes, ownBytes, kept, constantBytes, constants } = this.#schedule;
    const threads = pool ? mostThreads() : 1;
    const { updates, advancing } = this.#graph;
    const hasOwnSteps = advancing > 0 && updates.size === 0 && arenaBytes <= OWN_STEP_BYTES;
    const arena = heap.allocate(arenaBytes * (hasOwnSteps ? threads : 1));
    const own = heap.allocate(ownBytes * threads);
    const fixed = heap.allocate(constantBytes);
    const lasting = heap.allocate(kept.bytes);
    heap.write(lasting, new Uint8Array(kept.cleared));
    for (const { value, offset } of constants) heap.write(fixed + offset, constantData(value) as TypedArray);
    const globals: Record<string, number> = { arena, own, kept: lasting, constants: fixed };
    for (const [i, storage] of inputs.entries()) globals[`input${i}`] = (storage as WasmStorage).address;
    for (const [i, storage] of outputs.entries()) globals[`output${i}`] = (storage as WasmStorage).address;
    if (pool) globals.control = pool.address;
    const program: SharedProgram = { module, globals, threads, hasOwnSteps };
    return {
      program,
      release() {
        heap.free(arena);
        heap.free(own);
        heap.free(fixed);
        heap.free(lasting);
      },
    };
  }

  /** Says where the time went of a program whose memory is about to go. */
  #explainCopies(inputs: readonly Storage[], steps: number): void {
    const copies = this.#graph.inputs.map(({ shape, dtype }, i) => {
      const data = inputs[i].read(dtype, sizeOf(shape));
      const copy = new WasmStorage(sharedHeap(), data.byteLength);
      copy.write(data);
      return copy;
    });
    void this.explain(copies)
      .then((text) => platform.writeError(`${steps} steps. ${text}\n`))
      .finally(() => {
        for (const copy of copies) copy.release();
      });
  }

  async explain(given: readonly (Storage | undefined)[] = []): Promise<Explanation> {
    const { explainProgram } = await import("./explain.js");
    return explainProgram(this.#graph, this.#schedule, given, {
      allocate: (bytes) => new WasmStorage(sharedHeap(), bytes),
      start: (inputs, outputs, mark) => {
        const module = new WebAssembly.Module(this.#emit(true).encode() as BufferSource);
        const { program, release } = this.#place(module, inputs, outputs);
        const exports = instantiate(program, sharedHeap().memory, mark);
        const entries = exports as unknown as ProgramExports;
        const threaded = new ThreadedRun(pool, program, entries, this.#schedule);
        return {
          exports,
          run: (steps, begin) => threaded.run(steps, begin),
          release: () => {
            threaded.release();
            release();
          },
        };
      },
    });
  }
}

/** What `KERATIN_DEBUG` asks for; the words for it are loaded when they are needed. */
function printStages(graph: Graph, schedule: Schedule, builder: ModuleBuilder): void {
  if (isDebugging("graph")) platform.writeError(`${signature(graph)}\n`);
  if (isDebugging("kernels") || isDebugging("wat"))
    void import("./explain.js").then(({ describe }) => {
      const { kernels, wat } = describe(schedule, builder);
      if (isDebugging("kernels")) platform.writeError(kernels);
      if (isDebugging("wat")) platform.writeError(`${wat}\n`);
    });
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
