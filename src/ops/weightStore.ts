import { formatShape, type Shape, sameShape } from "../tensor/shape.js";
import type { Tensor } from "./tensor.js";
import type { Variable } from "./variable.js";

/** What a weights file has for one object, by name (`"0"`, `"1"`, …). Nothing is read before it is asked for. */
export interface WeightStore {
  names(): readonly string[];
  /** @throws if there is none of that name */
  shape(name: string): Shape;
  /** @throws if there is none of that name, or it cannot be read */
  get(name: string): Tensor;
}

/** Something with variables that weights files keep: a layer, a model, an optimizer. */
export interface Saveable {
  readonly name: string;
  saveOwnVariables(store: Map<string, Tensor>): void;
  loadOwnVariables(store: WeightStore): void;
  saveableChildren(): [string, Saveable | readonly Saveable[]][];
}

/**
 * Gives variables the contents `"0"`, `"1"`, … of a store.
 * @param owner for messages: `"Layer 'dense'"`
 * @throws if the number or a shape differs; then nothing is changed
 */
export function assignFromStore(owner: string, variables: readonly Variable[], store: WeightStore): void {
  const names = store.names();
  if (names.length !== variables.length) {
    throw new Error(
      `${owner} expected ${variables.length} variables, but received ${names.length} variables during loading. Expected: [${variables.map(({ name }) => `'${name}'`).join(", ")}]`,
    );
  }
  for (const [i, variable] of variables.entries()) {
    const shape = store.shape(String(i));
    if (!sameShape(shape, variable.shape)) {
      throw new Error(
        `${owner}: the shape of variable '${variable.path}' is ${formatShape(variable.shape)}, the file has ${formatShape(shape)}.`,
      );
    }
  }
  for (const [i, variable] of variables.entries()) variable.assign(store.get(String(i)));
}
