import type { Backend, BackendName } from "../backends/backend.js";
import { referenceBackend } from "../backends/reference/referenceBackend.js";
import { wasmBackend } from "../backends/wasm/wasmBackend.js";
import { computeOn } from "./runtime.js";

// Apart from the runtime, so that a page that stays with the one backend does not load the other.
const backends: Record<BackendName, Backend> = { reference: referenceBackend, wasm: wasmBackend };

/**
 * Chooses what computes: `"wasm"` (default) or `"reference"` (plain loops, slow, the definition). Both give
 * the same bits. Variables move over when they are next used.
 * @throws if the name is another
 */
export function setBackend(name: BackendName): void {
  if (!Object.hasOwn(backends, name)) {
    throw new Error(
      `Received an unknown backend: ${JSON.stringify(name)}. Expected one of: ${Object.keys(backends).join(", ")}.`,
    );
  }
  computeOn(backends[name]);
}
