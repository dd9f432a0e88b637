import type { Program } from "../../ops/compile.js";
import type { Tree } from "../../ops/tree.js";
import type { Step } from "./batch.js";

/** The programs of steps, for each number of rows. */
export class Programs {
  readonly #programs = new Map<Step, Map<number, { program: Program; use: number }>>();
  #use = 0;

  /** The program of a step for batches of `size` rows. @param trace makes it anew */
  of<R extends Tree>(step: Step, size: number, trace: () => Program<R>): Program<R> {
    let programs = this.#programs.get(step);
    if (!programs) {
      programs = new Map();
      this.#programs.set(step, programs);
    }
    const known = programs.get(size);
    if (known?.use === this.#use) return known.program as Program<R>;
    const traced = trace() as Program;
    const same = known?.program.sameAs(traced);
    if (!same) known?.program.release();
    const program = same ? (known?.program as Program) : traced;
    programs.set(size, { program, use: this.#use });
    return program as Program<R>;
  }

  /**
   * Begins another use. Steps are traced anew in it, since layers may have changed, but what turns out to be the same program stays
   * in place. Programs that the last use had no need of go.
   */
  reuse(): void {
    for (const programs of this.#programs.values()) {
      for (const [size, { program, use }] of programs) {
        if (use === this.#use) continue;
        program.release();
        programs.delete(size);
      }
    }
    this.#use++;
  }

  /** Gives the memory back. */
  release(): void {
    for (const programs of this.#programs.values())
      for (const { program } of programs.values()) program.release();
    this.#programs.clear();
  }
}
