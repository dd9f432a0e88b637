import * as losses from "../../losses/index.js";
import { Mean } from "../../metrics/reduction.js";
import { add, multiply } from "../../ops/elementwise.js";
import { isDictionary } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import { isSerializedObject, type Json } from "../../utils/serialization.js";
import { type Outputs, type PerOutput, spreadOver } from "./outputs.js";

/** The loss of one output. */
interface OutputLoss {
  readonly index: number;
  readonly loss: losses.Loss;
  readonly weight: number | null;
  /** Its mean over the epoch, where there are several losses. */
  readonly tracker: Mean | undefined;
}

function isOneLoss(value: unknown): boolean {
  return !Array.isArray(value) && (!isDictionary(value) || isSerializedObject(value));
}

/** What `compile` was given as `loss` and `lossWeights`. */
export class CompiledLoss {
  /** With names already resolved, so that a wrong one is said at once. */
  readonly #given: PerOutput<losses.Loss>;
  #parts: readonly OutputLoss[] | undefined;

  /** @throws if a name is unknown */
  constructor(
    readonly identifier: PerOutput<losses.LossIdentifier>,
    readonly weights: PerOutput<number> | null,
  ) {
    this.#given = mapOutputs<losses.LossIdentifier, losses.Loss>(identifier, isOneLoss, (one) =>
      losses.get(one),
    );
  }

  /** @throws if losses or weights do not fit the outputs */
  build(outputs: Outputs): void {
    if (this.#parts) return;
    const given = spreadOver("loss", outputs, this.#given, (value) => value instanceof losses.Loss);
    const weights =
      this.weights === null
        ? given.map(() => null)
        : spreadOver("lossWeights", outputs, this.weights, (value) => typeof value === "number");
    const several = given.filter((loss) => loss !== null).length > 1;
    this.#parts = given.flatMap((loss, index): OutputLoss[] => {
      if (!loss) return [];
      const name = `${outputs.names?.[index] ?? loss.name}_loss`;
      return [{ index, loss, weight: weights[index], tracker: several ? new Mean({ name }) : undefined }];
    });
  }

  /** The losses, by the output that they are of. */
  get parts(): readonly OutputLoss[] {
    return this.#parts ?? [];
  }

  get metrics(): Mean[] {
    return this.parts.flatMap(({ tracker }) => tracker ?? []);
  }

  /** Inside of a trace: the weighted sum of the losses; takes each into its mean. */
  call(
    y: readonly (Tensor | null)[],
    yPred: readonly Tensor[],
    sampleWeight: readonly (Tensor | null)[],
  ): Tensor | null {
    let total: Tensor | null = null;
    for (const { index, loss, weight, tracker } of this.parts) {
      const labels = y[index];
      if (!labels)
        throw new Error(`There is a loss ('${loss.name}') for output ${index}, but no labels \`y\` for it.`);
      const value = loss.apply(labels, yPred[index], { sampleWeight: sampleWeight[index] });
      tracker?.track(value, yPred[index].shape[0]);
      const weighted = weight === null ? value : multiply(value, weight);
      total = total ? add(total, weighted) : weighted;
    }
    return total;
  }

  getConfig(): { loss: Json; loss_weights: Json } {
    const one = (identifier: losses.LossIdentifier): Json =>
      typeof identifier === "string" ? identifier : losses.serialize(losses.get(identifier));
    return {
      loss: mapOutputs<losses.LossIdentifier, Json>(this.identifier, isOneLoss, one) as Json,
      loss_weights: this.weights as Json,
    };
  }
}

/** The same for each output, with other contents. */
export function mapOutputs<T, U>(
  given: PerOutput<T>,
  isOne: (value: unknown) => boolean,
  fn: (one: T) => U,
): PerOutput<U> {
  const map = (value: T | null): U | null => (value === null ? null : fn(value));
  if (isOne(given)) return fn(given as T);
  if (Array.isArray(given)) return (given as readonly (T | null)[]).map(map);
  return Object.fromEntries(
    Object.entries(given as { readonly [output: string]: T | null }).map(([name, value]) => [
      name,
      map(value),
    ]),
  );
}
