import { byteLengthOf } from "../../ops/execute.js";
import { leaves, packAs, type Structure } from "../../ops/structure.js";
import type { Tensor } from "../../ops/tensor.js";
import type { Tree } from "../../ops/tree.js";

/** A batch: in a compiled step symbolic, one row a sample. */
export interface Batch {
  readonly x: Structure<Tensor>;
  readonly y: Structure<Tensor> | undefined;
  readonly sampleWeight: Structure<Tensor> | undefined;
}

/** What is done with a batch, once it is traced. */
export type Step<R extends Tree = Tree> = (batch: Batch) => R;

/** The arrays of a batch or data set one after another, and how they belong together. */
export interface Layout {
  readonly arrays: readonly Tensor[];
  readonly pack: (arrays: readonly Tensor[]) => Batch;
}

/** How many steps' batches make about so many bytes; at least one, and no more than `most` rows have. */
export function stepsOfBytes(
  { arrays }: Pick<Layout, "arrays">,
  batchSize: number,
  most: number,
  bytes: number,
): number {
  const row = arrays.reduce((sum, t) => sum + byteLengthOf(t) / t.shape[0], 0);
  return Math.min(Math.max(1, Math.floor(bytes / (row * batchSize))), Math.ceil(most / batchSize));
}

export function layoutOf(batch: Batch): Layout {
  const arrays: Tensor[] = [];
  const collect = (part: Structure<Tensor> | undefined) => {
    const from = arrays.length;
    if (part !== undefined) arrays.push(...leaves(part));
    return { part, from, to: arrays.length };
  };
  const [x, y, sampleWeight] = [batch.x, batch.y, batch.sampleWeight].map(collect);
  return {
    arrays,
    pack: (given) => {
      const filled = ({ part, from, to }: typeof x) =>
        part === undefined ? undefined : packAs<Tensor, Tensor>(part, given.slice(from, to));
      return { x: filled(x) as Structure<Tensor>, y: filled(y), sampleWeight: filled(sampleWeight) };
    },
  };
}
