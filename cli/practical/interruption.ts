import { callbacks } from "keratin";

/** Thrown when the user has stopped the run. */
export class Interrupted extends Error {}

/**
 * Ctrl-C while the practical runs: the first one ends the run after the current step, the second one ends the program at
 * once. As a callback it is told of steps; between them `check()` asks.
 */
export class Interruption extends callbacks.Callback {
  #requested = false;
  readonly #onSignal = () => {
    // what is on disk is whole at any moment
    if (this.#requested) process.exit(130);
    this.#requested = true;
  };

  /** @param message what the user reads when the run ends */
  constructor(readonly message: string) {
    super();
    process.on("SIGINT", this.#onSignal);
  }

  /** It need not see every step: the event loop, and so a signal, gets its turn only between calls. */
  override stepsUntilCall(): number {
    return Number.POSITIVE_INFINITY;
  }
  override onTrainBatchEnd(): void {
    this.check();
  }
  override onTestBatchEnd(): void {
    this.check();
  }
  override onPredictBatchEnd(): void {
    this.check();
  }

  /** @throws Interrupted if Ctrl-C was pressed */
  check(): void {
    if (this.#requested) throw new Interrupted(this.message);
  }

  /** Leaves Ctrl-C to Node again. */
  end(): void {
    process.off("SIGINT", this.#onSignal);
  }
}
