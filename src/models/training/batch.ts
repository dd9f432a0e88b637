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
