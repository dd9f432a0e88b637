import { Callback, type CallbackState } from "./callback.js";

export interface SwapEMAWeightsOptions {
  /**
   * Whether the averages also stand in the model at the end of each epoch, for callbacks after this one such as
   * `ModelCheckpoint`. Default false.
   */
  readonly swapOnEpoch?: boolean;
}

/**
 * Puts the moving averages of the weights into the model for evaluation, and the weights back afterwards. Needs an optimizer
 * with `useEma: true`.
 *
 * @see https://keras.io/api/callbacks/swap_ema_weights/
 */
export class SwapEMAWeights extends Callback {
  static override readonly className = "SwapEMAWeights";
  readonly swapOnEpoch: boolean;
  #averagesInModel = false;

  constructor(options: SwapEMAWeightsOptions = {}) {
    super();
    this.swapOnEpoch = options.swapOnEpoch ?? false;
  }

  /** The weights that are trained, each with its average. */
  #pairs() {
    const { optimizer } = this.model;
    if (!optimizer?.useEma) {
      throw new Error(
        `SwapEMAWeights must be used when \`useEma: true\` is set on the optimizer. Received: useEma=${String(optimizer?.useEma)}`,
      );
    }
    const { trainableVariables, movingAverages } = optimizer;
    return trainableVariables.map((weight, i) => ({ weight, average: movingAverages[i] }));
  }

  #swap(averagesInModel: boolean): void {
    if (this.#averagesInModel === averagesInModel) return;
    for (const { weight, average } of this.#pairs()) {
      const { value } = weight;
      weight.assign(average.value);
      average.assign(value);
    }
    this.#averagesInModel = averagesInModel;
  }

  override onEpochBegin(): void {
    if (this.swapOnEpoch) this.#swap(false);
  }

  override onEpochEnd(epoch: number): void {
    if (!this.swapOnEpoch || this.#averagesInModel) return;
    this.#swap(true);
    // training ends with the averages in the weights, and these stand there already
    if (epoch === this.params.epochs - 1)
      for (const { weight, average } of this.#pairs()) average.assign(weight.value);
  }

  override onTestBegin(): void {
    this.#swap(true);
  }

  override onTestEnd(): void {
    this.#swap(false);
  }

  override onPredictBegin(): void {
    this.#swap(true);
  }

  override onPredictEnd(): void {
    this.#swap(false);
  }

  override getState(): CallbackState {
    return { averagesInModel: this.#averagesInModel };
  }

  override setState({ averagesInModel }: CallbackState): void {
    this.#averagesInModel = averagesInModel as boolean;
  }
}
