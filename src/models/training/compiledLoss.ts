import { Loss } from "../../losses/loss.js";
import {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  SparseCategoricalCrossentropy,
} from "../../losses/losses.js";
import { FunctionLoss, find, type LossIdentifier, registry } from "../../losses/registry.js";
import { Mean } from "../../metrics/reduction.js";
import { add, multiply } from "../../ops/elementwise.js";
import type { KerasTensor } from "../../ops/kerasTensor.js";
import { isDictionary } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import type { PartialShape } from "../../tensor/shape.js";
import { isSerializedObject, type Json, serializeObject } from "../../utils/serialization.js";
import { functionConfig, kindOfLabels, type Outputs, type PerOutput, spreadOver } from "./outputs.js";

/** As `losses.get` takes it, or a cross-entropy for the shapes of labels and outputs. */
export type CompiledLossIdentifier = LossIdentifier | "crossentropy" | "ce";

/** The loss of one output. */
interface OutputLoss {
  readonly index: number;
  readonly loss: Loss;
  readonly weight: number | null;
  /** Its mean over the epoch, where there are several losses. */
  readonly tracker: Mean | undefined;
}

function isOneLoss(value: unknown): boolean {
  return !Array.isArray(value) && (!isDictionary(value) || isSerializedObject(value));
}

/** What `compile` was given as `loss` and `lossWeights`. */
export class CompiledLoss {
  /** With names already resolved, so that a wrong one is said at once; those of classes to be loaded are only known to be right. */
  #given: PerOutput<Loss | CompiledLossIdentifier>;
  #parts: readonly OutputLoss[] | undefined;

  /** @throws if a name is unknown */
  constructor(
    readonly identifier: PerOutput<CompiledLossIdentifier>,
    readonly weights: PerOutput<number> | null,
  ) {
    this.#given = resolved(identifier);
  }

  /** Whether a class has to be loaded. */
  get incomplete(): boolean {
    let found = false;
    mapOutputs(this.#given, isOneLoss, (one) => {
      found ||= registry.awaits(one);
    });
    return found;
  }

  /** Makes the losses whose classes have come. */
  complete(): void {
    this.#given = resolved(this.#given);
  }

  /**
   * @param y the types of the labels
   * @throws if losses or weights do not fit the outputs
   */
  build(outputs: Outputs, y: readonly (KerasTensor | null)[]): void {
    if (this.#parts) return;
    const given = spreadOver("loss", outputs, this.#given, isOneLoss).map((loss, i) =>
      loss instanceof Loss || loss === null ? loss : crossentropy(loss, y[i] ?? null, outputs.specs[i].shape),
    );
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
    const one = (identifier: CompiledLossIdentifier): Json => {
      if (typeof identifier === "string") return identifier;
      if (typeof identifier === "function") return functionConfig(identifier);
      if (identifier instanceof FunctionLoss) return functionConfig(identifier.fn);
      return registry.awaits(identifier)
        ? (identifier as unknown as Json)
        : serializeObject(find(identifier));
    };
    return {
      loss: mapOutputs<CompiledLossIdentifier, Json>(this.identifier, isOneLoss, one) as Json,
      loss_weights: this.weights as Json,
    };
  }
}

/** Losses in place of what stands for them, where that can be said now. */
function resolved(given: PerOutput<CompiledLossIdentifier>): PerOutput<Loss | CompiledLossIdentifier> {
  return mapOutputs<CompiledLossIdentifier, Loss | CompiledLossIdentifier>(given, isOneLoss, (one) => {
    if (isCrossentropy(one) || registry.awaits(one)) return one;
    const loss = find(one);
    // as in Keras, a function's name stays what it was asked for by
    const isFunction = typeof one === "string" && one !== (loss.constructor as typeof Loss).className;
    return isFunction ? Object.assign(loss, { name: one }) : loss;
  });
}

function isCrossentropy(identifier: CompiledLossIdentifier): identifier is "crossentropy" | "ce" {
  return identifier === "crossentropy" || identifier === "ce";
}

function crossentropy(name: CompiledLossIdentifier, y: KerasTensor | null, outputShape: PartialShape): Loss {
  const kinds = {
    binary: BinaryCrossentropy,
    sparse: SparseCategoricalCrossentropy,
    categorical: CategoricalCrossentropy,
  };
  return new kinds[kindOfLabels(y, outputShape)]({ name: name as string });
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
