/** Thrown when the user has stopped the run. */
export class Interrupted extends Error {}

/** Something that can be asked to stop after its current step. */
interface Stoppable {
  stopTraining: boolean;
}

/**
 * Ctrl-C while the practical runs: the first one stops training after the current step and ends the run at the next
 * `check()`, the second one ends the program at once.
 */
export class Interruption {
  #requested = false;
  #running: Stoppable | undefined;
  readonly #onSignal = () => {
    // what is on disk is whole at any moment
    if (this.#requested) process.exit(130);
    this.#requested = true;
    if (this.#running) this.#running.stopTraining = true;
  };

  /** @param message what the user reads when the run ends */
  constructor(readonly message: string) {
    process.on("SIGINT", this.#onSignal);
  }

  /** @throws Interrupted if Ctrl-C was pressed */
  check(): void {
    if (this.#requested) throw new Interrupted(this.message);
  }

  /** Runs something that Ctrl-C is to stop after its current step. */
  async during<T>(model: Stoppable, work: () => Promise<T>): Promise<T> {
    this.#running = model;
    try {
      return await work();
    } finally {
      this.#running = undefined;
    }
  }

  /** Leaves Ctrl-C to Node again. */
  end(): void {
    process.off("SIGINT", this.#onSignal);
  }
}
