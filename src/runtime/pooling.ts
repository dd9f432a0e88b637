import { addEmitters } from "../backends/wasm/plain/index.js";
import { poolingEmitters } from "../backends/wasm/plain/pooling.js";
import { lowerPooledProduct, pooledConvolution } from "../compiler/pooling.js";
import { addRules } from "../compiler/rules.js";
import { gatherWinners } from "../compiler/winners.js";
import { lowerWinners } from "../compiler/winnersKernels.js";

/**
 * Gives the compiler its rules for poolings, and the WebAssembly backend its emitters. Whoever pools calls it before; nobody else
 * names these rules, so that only pages that pool load them.
 */
export function preparePooling(): void {
  addRules({ gatherWinners, lowerPooledProduct, lowerWinners, pooledConvolution });
  addEmitters(poolingEmitters);
}
