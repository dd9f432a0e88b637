import type { Backend, CompiledProgram } from "../backends/backend.js";
import { wasmBackend } from "../backends/wasm/wasmBackend.js";
import { prepared } from "../compiler/prepare.js";
import type { Graph } from "../trace/graph.js";
import { signature } from "../trace/signature.js";
import { RecentlyUsed } from "./recentlyUsed.js";

let current: Backend = wasmBackend;

/** The backend that computes from now on. */
export function currentBackend(): Backend {
  return current;
}

/** Makes another backend compute. Users call `setBackend`, which knows them by name. */
export function computeOn(backend: Backend): void {
  current = backend;
}

/** How many programs are kept compiled; the least recently used one goes first. */
const CACHE_SIZE = 256;
const cache = new RecentlyUsed<CompiledProgram>(CACHE_SIZE);

/** The compiled form of a graph on the current backend, from the cache if an equal graph was compiled before. */
export function compileGraph(graph: Graph): CompiledProgram {
  const key = `${current.name}\n${signature(graph)}`;
  const compiled = cache.get(key) ?? current.compile(prepared(graph));
  cache.set(key, compiled);
  return compiled;
}
