import { addEmitters } from "../backends/wasm/plain/index.js";
import { emitWinograd } from "../backends/wasm/product/emitWinograd.js";
import { lowerConvolutions } from "../compiler/convolutions.js";
import { addRules } from "../compiler/rules.js";
import { inWinogradForm, lowerWinograd } from "../compiler/winograd.js";

/**
 * Gives the compiler its rules for convolutions, and the WebAssembly backend what emits Winograd's form of them. Whoever convolves
 * calls it before; nobody else names these, so that only pages that convolve load them.
 */
export function prepareConvolution(): void {
  addRules({ inWinogradForm, lowerConvolutions, lowerWinograd });
  addEmitters({ winograd: emitWinograd });
}
