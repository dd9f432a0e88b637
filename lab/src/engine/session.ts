import type { Output, Progress } from "./outputs.js";
import type { Message } from "./protocol.js";

let port: MessagePort | undefined;
let cell = "";

/** From now on messages go to the page at the other end. */
export function connect(to: MessagePort): void {
  port = to;
}

export function post(message: Message, transfer: Transferable[] = []): void {
  port?.postMessage(message, transfer);
}

/** The cell that runs, or ran last: what is printed later (by a timer, say) still belongs to it. */
export function currentCell(): string {
  return cell;
}

export function enterCell(id: string): void {
  cell = id;
}

export function emit(output: Output): void {
  post({ type: "output", cell, output });
}

export function emitProgress(progress: Progress): void {
  post({ type: "progress", cell, progress });
}
