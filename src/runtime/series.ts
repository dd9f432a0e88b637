import { collect } from "../backends/wasm/collect.js";
import { addMoves } from "../backends/wasm/emitProgram.js";
import { Moves } from "../backends/wasm/moves.js";
import { addCollect } from "../backends/wasm/threadedRun.js";

/**
 * Gives the WebAssembly backend what programs need whose arguments are others in each step. Whoever makes such programs calls it before;
 * nobody else names it, so that pages load it with the first run of a model.
 */
export function prepareSeries(): void {
  addMoves((f, sizes) => new Moves(f, sizes));
  addCollect(collect);
}
