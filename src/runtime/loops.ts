import { emitLoop } from "../backends/wasm/emitLoop.js";
import { addLoops } from "../backends/wasm/emitProgram.js";
import { lowerLoop } from "../compiler/loops.js";
import { addRules } from "../compiler/rules.js";
import { shorterLoop } from "../compiler/unwanted.js";

/**
 * Gives the compiler its rules for `scan` and `while`, and the WebAssembly backend what emits them. Whoever repeats calls it before;
 * nobody else names these, so that only pages with loops load them.
 */
export function prepareLoops(): void {
  addRules({ lowerLoop, shorterLoop });
  addLoops(emitLoop);
}
