import { addEmitters } from "../backends/wasm/plain/index.js";
import { emitTopK } from "../backends/wasm/plain/topK.js";

/** Gives the WebAssembly backend what emits `top_k`. `ops.topK` calls it before, so that only pages that use it load it. */
export function prepareTopK(): void {
  addEmitters({ top_k: emitTopK });
}
