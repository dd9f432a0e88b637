import type { DType, TypedArray } from "../tensor/dtype.js";
import type { Graph } from "../trace/graph.js";
import type { Explanation } from "./explanation.js";

export type BackendName = "reference" | "wasm";

/** Memory of a backend that holds one array. */
export interface Storage {
  readonly backend: Backend;
  readonly byteLength: number;
  /** A copy of `length` elements from `byteOffset` (default 0) on. */
  read(dtype: DType, length: number, byteOffset?: number): TypedArray;
  /** Writes `data` at `byteOffset` (default 0). */
  write(data: TypedArray, byteOffset?: number): void;
  /** Gives the memory back; the storage is not used after that. */
  release(): void;
}

/** Where the inputs of many steps come from: those that are others in each step lie one after another in their storages. */
export interface Supply {
  /** How many steps' inputs their storages have room for. */
  readonly room: number;
  /**
   * Brings the inputs of `count` steps from step `first` of the call on to places from `place` on, in units of steps. Steps come in
   * their order, each once; others may run meanwhile.
   */
  fill(first: number, count: number, place: number): void;
}

/** A program whose inputs and outputs are fixed places in memory. */
export interface BoundProgram {
  /** Runs the whole graph `steps` times; updated inputs carry over from one step to the next. */
  run(steps: number): void;
  /**
   * The same, but each output that updates no input keeps the results of all steps, one after another: its storage must have
   * room for them. Only for programs with inputs that advance (`Graph.advancing`).
   */
  collect(steps: number, supply: Supply): void;
  /** Gives back what only this binding uses. */
  release(): void;
}

/** A graph turned into something that runs, independent of where its inputs lie. */
export interface CompiledProgram {
  /**
   * @param inputs one storage for each graph input
   * @param outputs one for each graph output; an output that updates an input gets that input's storage
   */
  bind(inputs: readonly Storage[], outputs: readonly Storage[]): BoundProgram;
  /**
   * What the program consists of, measured; only of backends that compile. Nothing changes.
   * @param inputs to measure with; example data where there is none
   */
  explain?(inputs?: readonly (Storage | undefined)[]): Promise<Explanation>;
}

/** Something that computes graphs. All backends give the same bits (NaN payloads excepted). */
export interface Backend {
  readonly name: BackendName;
  allocate(byteLength: number): Storage;
  compile(graph: Graph): CompiledProgram;
}
