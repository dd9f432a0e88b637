import { didYouMean } from "../utils/suggest.js";

// Arguments of layers, parsed once in the constructor. Messages are worded as Keras words them.

/** @throws if `value` is not an integer of at least 1 */
export function positiveInteger(name: string, value: unknown, layer: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new Error(
    `Received an invalid value for \`${name}\` in layer ${layer}, expected a positive integer. Received: ${name}=${show(value)}`,
  );
}

/**
 * One integer for all axes, or one for each.
 * @throws if it is neither, or not all are at least 1
 */
export function integerTuple(name: string, value: unknown, rank: number, layer: string): number[] {
  const list = typeof value === "number" ? Array.from({ length: rank }, () => value) : value;
  const valid =
    Array.isArray(list) && list.length === rank && list.every((v) => Number.isInteger(v) && v > 0);
  if (!valid) {
    const tuple = rank === 1 ? "a positive integer" : `a positive integer or ${rank} of them`;
    throw new Error(
      `The \`${name}\` argument of layer ${layer} must be ${tuple}. Received: ${name}=${show(value)}`,
    );
  }
  return [...(list as number[])];
}

/** @throws if `value` is none of `choices`; the message suggests the nearest */
export function oneOf<T extends string>(
  name: string,
  value: unknown,
  choices: readonly T[],
  layer: string,
): T {
  if (choices.includes(value as T)) return value as T;
  const list = choices.map((choice) => `'${choice}'`).join(", ");
  throw new Error(
    `Invalid value for \`${name}\` in layer ${layer}: expected one of ${list}. Received: ${name}=${show(value)}.${didYouMean(String(value), choices)}`,
  );
}

export function show(value: unknown): string {
  return typeof value === "number" || value === undefined ? String(value) : JSON.stringify(value);
}
