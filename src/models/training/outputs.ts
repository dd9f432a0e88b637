import type { KerasTensor } from "../../ops/kerasTensor.js";
import { isDictionary, leaves, type Structure, sortedKeys } from "../../ops/structure.js";
import { Tensor } from "../../ops/tensor.js";
import { formatShape, type PartialShape } from "../../tensor/shape.js";
import { type CustomObject, getRegisteredName } from "../../utils/registration.js";
import type { Json } from "../../utils/serialization.js";

/** What is given for each output: one thing for all (or the only one), an array in their order, or a dictionary by name. */
export type PerOutput<T> = T | readonly (T | null)[] | { readonly [output: string]: T | null };

/** A model's outputs as losses, metrics and labels refer to them. */
export interface Outputs {
  readonly specs: readonly KerasTensor[];
  /** What `loss: { … }` and labels call them; undefined for several outputs of a subclass in an array. */
  readonly names: readonly string[] | undefined;
  /** Whether they are a dictionary, which orders them by name. */
  readonly dictionary: boolean;
}

/**
 * @param spec the types of the outputs
 * @param layerNames the layers that give them, for a functional model
 */
export function outputsOf(spec: Structure<KerasTensor>, layerNames: readonly string[] | undefined): Outputs {
  const specs = leaves(spec);
  const dictionary = isDictionary(spec);
  return { specs, names: dictionary ? sortedKeys(spec) : layerNames, dictionary };
}

/**
 * What belongs to each output, in their order.
 * @param what for messages: `"loss"`, `"y"`
 * @param isOne tells what is for one output from an array of them
 * @throws if an array has another length, or a name is none of the outputs'
 */
export function spreadOver<T>(
  what: string,
  outputs: Outputs,
  given: PerOutput<T>,
  isOne: (value: unknown) => boolean,
): (T | null)[] {
  const { specs, names } = outputs;
  if (isOne(given)) return specs.map(() => given as T);
  if (Array.isArray(given)) {
    if (given.length === specs.length) return [...(given as readonly (T | null)[])];
    throw new Error(
      `\`${what}\` has ${given.length} elements, but the model has ${specs.length} output${specs.length === 1 ? "" : "s"} (${describe(outputs)}).`,
    );
  }
  const dictionary = given as { readonly [output: string]: T | null };
  const unknown = Object.keys(dictionary).find((name) => !names?.includes(name));
  if (unknown !== undefined)
    throw new Error(
      `\`${what}\` has an entry for '${unknown}', which is no output of the model. Its outputs are: ${describe(outputs)}.`,
    );
  return (names ?? []).map((name) => dictionary[name] ?? null);
}

/** Whether labels or weights are one output's, as an array or dictionary of tensors is not. */
export function isTensor(value: unknown): boolean {
  return value instanceof Tensor;
}

/** What labels are, as far as their shapes say: yes or no, the number of a class, or a number for each class. */
export function kindOfLabels(
  y: KerasTensor | null,
  outputShape: PartialShape,
): "binary" | "sparse" | "categorical" {
  if (outputShape[outputShape.length - 1] === 1) return "binary";
  return !y || y.rank < outputShape.length || y.shape[y.rank - 1] === 1 ? "sparse" : "categorical";
}

/** Keras's dictionary of a function that stands for a loss or a metric; it is found again if it is registered. */
export function functionConfig(fn: CustomObject): Json {
  const name = getRegisteredName(fn);
  return { module: "builtins", class_name: "function", config: name, registered_name: name };
}

export function describe({ specs, names }: Outputs): string {
  return specs.map(({ shape }, i) => `${names ? `'${names[i]}' ` : ""}${formatShape(shape)}`).join(", ");
}
