import type { Storage } from "../backends/backend.js";
import { withGraph } from "../trace/current.js";
import { Graph, type TensorType, type Value } from "../trace/graph.js";

/** Something with memory of its own that a program reads (and may update): a variable, a large constant. */
export interface StorageHolder extends TensorType {
  /** Its memory on the current backend. */
  storage(): Storage;
}

let active: Trace | undefined;

/** One tracing of a function: its graph, what it captured from outside and what it assigned. */
export class Trace {
  readonly graph = new Graph();
  /** Captured holders, in the order of the graph inputs that stand for them. */
  readonly captured = new Map<StorageHolder, Value>();
  /** Current contents of variables that were assigned. */
  readonly assigned = new Map<StorageHolder, Value>();

  /** The trace that operations go to, if any. */
  static get active(): Trace | undefined {
    return active;
  }

  /** Runs `build` with this trace as the active one. */
  run<R>(build: () => R): R {
    return withTrace(this, build);
  }

  /** The holder's content at this point of the program. */
  read(holder: StorageHolder): Value {
    const assigned = this.assigned.get(holder);
    if (assigned) return assigned;
    let value = this.captured.get(holder);
    if (!value) {
      value = this.graph.input({ shape: holder.shape, dtype: holder.dtype });
      this.captured.set(holder, value);
    }
    return value;
  }

  write(holder: StorageHolder, value: Value): void {
    // the holder becomes an input even if it was never read: that input's memory takes the new content
    this.read(holder);
    this.assigned.set(holder, value);
  }
}

/** Runs `compute` at once, outside of any trace (for what must be known while tracing, such as initial weights). */
export function eagerly<R>(compute: () => R): R {
  return withTrace(undefined, compute);
}

function withTrace<R>(trace: Trace | undefined, build: () => R): R {
  const outer = active;
  active = trace;
  try {
    return withGraph(trace?.graph, build);
  } finally {
    active = outer;
  }
}
