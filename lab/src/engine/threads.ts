import { setThreads } from "keratin";

let count = globalThis.crossOriginIsolated ? navigator.hardwareConcurrency || 1 : 1;

/** How many threads the engine computes on. */
export function threads(): number {
  return count;
}

/** `setThreads` for cells: the page shows the number. */
export function chooseThreads(wanted: number): void {
  setThreads(wanted);
  if (globalThis.crossOriginIsolated) count = wanted;
}
