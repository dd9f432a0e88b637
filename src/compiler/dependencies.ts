import type { Value } from "../trace/graph.js";
import { type Kernel, readsOf, writesOf } from "./kernel.js";

/** The kernels that write, or read, each buffer, in order. */
export function kernelsByBuffer(
  kernels: readonly Kernel[],
  touched: (kernel: Kernel) => readonly Value[],
): Map<Value, Kernel[]> {
  const found = new Map<Value, Kernel[]>();
  for (const kernel of kernels) {
    for (const buffer of new Set(touched(kernel))) {
      const list = found.get(buffer);
      if (list) list.push(kernel);
      else found.set(buffer, [kernel]);
    }
  }
  return found;
}

/** That one kernel must run before another one because of a buffer, which the two may know by different values. */
interface Dependency {
  readonly before: Kernel;
  /** As the first kernel knows it, and as the second does. */
  readonly buffers: readonly [Value, Value];
}

/** Which kernels must run before which, and why. */
export class Dependencies {
  readonly #of = new Map<Kernel, Dependency[]>();

  constructor(readonly kernels: Kernel[]) {
    const writers = kernelsByBuffer(kernels, writesOf);
    for (const kernel of kernels) this.#of.set(kernel, []);
    for (const kernel of kernels) {
      for (const buffer of new Set(readsOf(kernel))) {
        for (const writer of writers.get(buffer) ?? [])
          if (writer !== kernel) this.add(kernel, writer, [buffer, buffer]);
      }
    }
    for (const [buffer, list] of writers) {
      for (const [i, kernel] of list.entries()) {
        for (const other of list.slice(0, i)) {
          // kernels that write parts of one buffer keep their order, unless the first needs something of the second:
          // then their parts lie apart
          if (this.depends(other, kernel)) this.add(other, kernel, [buffer, buffer]);
          else this.add(kernel, other, [buffer, buffer]);
        }
      }
    }
  }

  of(kernel: Kernel): readonly Dependency[] {
    return this.#of.get(kernel) ?? [];
  }

  add(kernel: Kernel, before: Kernel, buffers: readonly [Value, Value]): void {
    this.#of.get(kernel)?.push({ before, buffers });
  }

  /** Two values share their memory: who writes the new content waits for everybody who reads the old one. */
  writeAfterReading(before: Value, after: Value): void {
    const readers = this.kernels.filter((kernel) => readsOf(kernel).includes(before));
    for (const writer of this.kernels.filter((kernel) => writesOf(kernel).includes(after)))
      for (const reader of readers) if (reader !== writer) this.add(writer, reader, [before, after]);
  }

  /** A kernel at the end. */
  append(kernel: Kernel): void {
    this.kernels.push(kernel);
    this.#of.set(kernel, []);
  }

  depends(kernel: Kernel, on: Kernel, seen = new Set<Kernel>()): boolean {
    if (kernel === on) return true;
    if (seen.has(kernel)) return false;
    seen.add(kernel);
    return this.of(kernel).some(({ before }) => this.depends(before, on, seen));
  }

  /** An order that respects the dependencies and otherwise keeps the given one. */
  sorted(): Kernel[] {
    const ordered: Kernel[] = [];
    const done = new Set<Kernel>();
    const visit = (kernel: Kernel) => {
      if (done.has(kernel)) return;
      done.add(kernel);
      for (const { before } of this.of(kernel)) visit(before);
      ordered.push(kernel);
    };
    for (const kernel of this.kernels) visit(kernel);
    return ordered;
  }
}
