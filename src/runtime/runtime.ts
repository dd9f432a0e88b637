import type { Backend, BackendName, CompiledProgram } from "../backends/backend.js";
import { referenceBackend } from "../backends/reference/referenceBackend.js";
import { wasmBackend } from "../backends/wasm/wasmBackend.js";
import { gatherWinners } from "../compiler/winners.js";
import type { Graph } from "../trace/graph.js";
import { signature } from "../trace/signature.js";

const backends: Record<BackendName, Backend> = { reference: referenceBackend, wasm: wasmBackend };
const defaultBackend: BackendName = "wasm";
let current: Backend = backends[defaultBackend];

/** The backend that computes from now on. */
export function currentBackend(): Backend {
  return current;
}

/**
 * Chooses what computes: `"wasm"` (default) or `"reference"` (plain loops, slow, the definition). Both give
 * the same bits. Variables move over when they are next used.
 */
export function setBackend(name: BackendName): void {
  if (!Object.hasOwn(backends, name)) {
    throw new Error(
      `Received an unknown backend: ${JSON.stringify(name)}. Expected one of: ${Object.keys(backends).join(", ")}.`,
    );
  }
  current = backends[name];
}

/** How many programs are kept compiled; the least recently used one goes first. */
const CACHE_SIZE = 256;
const cache = new Map<string, CompiledProgram>();

/** The compiled form of a graph on the current backend, from the cache if an equal graph was compiled before. */
export function compileGraph(graph: Graph): CompiledProgram {
  const key = `${current.name}\n${signature(graph)}`;
  const compiled = cache.get(key) ?? current.compile(gatherWinners(graph));
  cache.delete(key);
  cache.set(key, compiled);
  if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value as string);
  return compiled;
}
