import type { DataFormat } from "../ops/nn.js";
import { formatShape, type PartialShape } from "../tensor/shape.js";
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

/** Where the channels are; default `"channels_last"`. */
export function dataFormatOf(value: DataFormat | undefined, layer: string): DataFormat {
  return oneOf("data_format", value ?? "channels_last", ["channels_last", "channels_first"], layer);
}

/** Says that inputs do not fit. */
export function misfit(layer: string, expected: string): Error {
  return new Error(`Input 0 of layer '${layer}' is incompatible with the layer: expected ${expected}`);
}

/** Says that inputs have another number of axes than `expected`. */
export function wrongRank(shape: PartialShape, expected: string, layer: string, hint = ""): Error {
  return misfit(
    layer,
    `${expected}, found ndim=${shape.length}. Full shape received: ${formatShape(shape)}${hint}`,
  );
}

/** @throws if inputs of this shape do not have `rank` axes */
export function expectRank(shape: PartialShape, rank: number, layer: string): void {
  if (shape.length !== rank) throw wrongRank(shape, `ndim=${rank}`, layer);
}

/** @throws if an axis of the inputs has another size than the layer was built for; it may be unknown */
export function expectSize(shape: PartialShape, axis: number, size: number, layer: string): void {
  const found = shape.at(axis);
  if (found === size || found === null) return;
  throw misfit(
    layer,
    `axis ${axis} of input shape to have value ${size}, but received input with shape ${formatShape(shape)}`,
  );
}

/** The share that is dropped. @throws if it is not from 0 to 1 */
export function rateOf(value: number, layer: string, name = "rate"): number {
  if (value >= 0 && value <= 1) return value;
  throw new Error(
    `Invalid value received for argument \`${name}\` in layer '${layer}'. Expected a float value between 0 and 1. Received: ${name}=${show(value)}`,
  );
}

/** One number for all sides, one for both sides of each axis, or `[before, after]` for each axis. */
export type Sides = number | readonly (number | readonly [number, number])[];

/** `Sides` as pairs. @throws if it is none of its forms, or a number is negative */
export function sidesOf(name: string, value: Sides, rank: number, layer: string): [number, number][] {
  const valid = (n: unknown): n is number => typeof n === "number" && Number.isInteger(n) && n >= 0;
  const list = typeof value === "number" ? Array.from({ length: rank }, () => value) : value;
  const pairs = Array.isArray(list)
    ? list.map((side) => (Array.isArray(side) ? side : [side, side]) as [number, number])
    : [];
  if (pairs.length === rank && pairs.every((pair) => pair.length === 2 && pair.every(valid))) return pairs;
  throw new Error(
    `The \`${name}\` argument of layer ${layer} must be an integer of at least 0, ${rank} of them, or ${rank} pairs [before, after]. Received: ${name}=${show(value)}`,
  );
}
