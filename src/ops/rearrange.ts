import { formatShape, type PartialShape } from "../tensor/shape.js";
import { reshape, transpose } from "./arrays.js";
import { KerasTensor } from "./kerasTensor.js";
import { type Tensor, type TensorLike, toTensor } from "./tensor.js";

/** `"a (b c)"` as groups of names. */
const groupsOf = (side: string): string[][] =>
  (side.match(/\w+|\(.*?\)/g) ?? []).map((group) => group.match(/\w+/g) ?? []);

/**
 * Axes taken apart, put into another order and together again: `rearrange(x, "b (h p) c -> b h (p c)", { p: 2 })`. In a functional
 * model it becomes the reshapes and transposes that it consists of.
 * @param pattern names of the axes before and behind `->`; those in parentheses are one axis
 * @param axesLengths sizes of axes that stand in parentheses; of each pair of parentheses one can be worked out
 * @throws if the pattern does not fit
 * @see https://keras.io/api/ops/einops/ (keras.ops.rearrange)
 */
export function rearrange(
  x: TensorLike,
  pattern: string,
  axesLengths?: Readonly<Record<string, number>>,
): Tensor;
export function rearrange(
  x: KerasTensor,
  pattern: string,
  axesLengths?: Readonly<Record<string, number>>,
): KerasTensor;
export function rearrange(
  x: TensorLike | KerasTensor,
  pattern: string,
  axesLengths: Readonly<Record<string, number>> = {},
): Tensor | KerasTensor {
  const t = x instanceof KerasTensor ? x : toTensor(x);
  const shape: PartialShape = t.shape;
  const sides = pattern.split("->").map(groupsOf);
  const [before, after] = sides.map((groups) => groups.flat());
  const refuse = (why: string) =>
    new Error(
      `ops.rearrange: ${why} Received: pattern="${pattern}", shape ${formatShape(shape)}, axesLengths=${JSON.stringify(axesLengths)}`,
    );
  if (sides.length !== 2) throw refuse('expected a pattern such as "a b -> b a".');
  if (new Set(before).size !== before.length || [...before].sort().join() !== [...after].sort().join())
    throw refuse("expected the same names on both sides, each once.");
  if (sides[0].length !== shape.length) throw refuse(`expected ${shape.length} axes before the arrow.`);
  const sizes = new Map<string, number | null>();
  for (const [axis, group] of sides[0].entries()) {
    const extent = shape[axis];
    const missing = group.filter((name) => !(name in axesLengths));
    const known = group.reduce((product, name) => product * (axesLengths[name] ?? 1), 1);
    if (missing.length > 1) throw refuse(`the sizes of ${missing.join(" and ")} cannot both be worked out.`);
    const rest = extent === null ? null : extent / known;
    if (rest !== null && (!Number.isInteger(rest) || (missing.length === 0 && rest !== 1)))
      throw refuse(`axis ${axis} does not have the given sizes.`);
    for (const name of group) sizes.set(name, name in axesLengths ? axesLengths[name] : rest);
  }
  const sizeOfAxis = (name: string) => sizes.get(name) ?? -1;
  const joined = sides[1].map((group) => {
    const parts = group.map(sizeOfAxis);
    return parts.includes(-1) ? -1 : parts.reduce((product, extent) => product * extent, 1);
  });
  const order = after.map((name) => before.indexOf(name));
  const apart = before.map(sizeOfAxis);
  return t instanceof KerasTensor
    ? reshape(transpose(reshape(t, apart), order), joined)
    : reshape(transpose(reshape(t, apart), order), joined);
}
