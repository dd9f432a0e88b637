import { formatShape, type Shape } from "../tensor/shape.js";

/** Numbers that weights may still take, while a model is made from a file. */
let left = Number.POSITIVE_INFINITY;

/**
 * Runs `body`, in which all new weights together may have at most `count` numbers: a small file cannot ask for more memory than
 * the weights in it need.
 */
export function limitingWeights<R>(count: number, body: () => R): R {
  const outer = left;
  left = count;
  try {
    return body();
  } finally {
    left = outer;
  }
}

/** @throws if a weight of this shape is more than a file allows */
export function takeWeightMemory(owner: string, shape: Shape): void {
  if (left === Number.POSITIVE_INFINITY) return;
  left -= shape.reduce((a, b) => a * b, 1);
  if (left >= 0) return;
  throw new Error(
    `The configuration asks for larger weights than the file has: ${owner} would have the shape ${formatShape(shape)}. The file is damaged, or its parts do not belong together.`,
  );
}
