import { zeros } from "../ops/arrays.js";
import { runOnce } from "../ops/compile.js";
import { type Tensor, type TensorLike, toTensor } from "../ops/tensor.js";
import { eagerly } from "../ops/trace.js";
import { Variable } from "../ops/variable.js";
import { snakeCase } from "../utils/naming.js";
import type { Config } from "../utils/serialization.js";

export interface MetricOptions {
  readonly name?: string;
}

export interface UpdateOptions {
  readonly sampleWeight?: TensorLike | null;
}

/**
 * A figure that is accumulated over batches. Its state is in variables, so that updates are part of the compiled step.
 * @see https://keras.io/api/metrics/base_metric/
 */
export abstract class Metric {
  static readonly className: string = "Metric";
  static readonly module: string | null = "keras.metrics";
  readonly name: string;
  readonly #variables: Variable[] = [];

  constructor(options: MetricOptions = {}) {
    this.name = options.name ?? snakeCase((this.constructor as typeof Metric).className);
  }

  /** Takes in a batch; for use in a traced function or by `updateState`. */
  protected abstract update(yTrue: Tensor, yPred: Tensor, sampleWeight: Tensor | null): void;

  /** The figure for all batches since the last reset. */
  abstract result(): Tensor;

  /** Takes in a batch. */
  updateState(yTrue: TensorLike, yPred: TensorLike, options: UpdateOptions = {}): void {
    const { sampleWeight } = options;
    const given = [
      toTensor(yTrue),
      toTensor(yPred),
      ...(sampleWeight === undefined || sampleWeight === null ? [] : [toTensor(sampleWeight)]),
    ];
    runOnce(given, (truth, prediction, weight) => {
      this.update(truth, prediction, weight ?? null);
      return null;
    });
  }

  /** Makes a variable of the state, zero at first. */
  protected addVariable(name: string, shape: readonly number[] = []): Variable {
    const variable = new Variable(
      eagerly(() => zeros(shape)),
      { name, path: `${this.name}/${name}`, trainable: false },
    );
    this.#variables.push(variable);
    return variable;
  }

  get variables(): readonly Variable[] {
    return this.#variables;
  }

  /** Starts again. */
  resetState(): void {
    for (const variable of this.#variables) variable.assign(zeros(variable.shape));
  }

  getConfig(): Config {
    return { name: this.name, dtype: "float32" };
  }
}
