import * as lax from "../primitives/index.js";
import { formatShape } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import { operation } from "./operation.js";
import { asFloat } from "./promotion.js";
import { apply, type Tensor, type TensorLike, toTensor } from "./tensor.js";

/** An array with a letter for each axis. */
interface Lettered {
  readonly value: Value;
  readonly letters: readonly string[];
}

/**
 * Sums of products by Einstein's convention: `einsum("bij,bjk->bik", x, y)`. Letters that are missing after the arrow are summed
 * over; `...` stands for any axes, which are broadcast.
 *
 * @throws if the subscripts do not fit the operands
 * @see https://keras.io/api/ops/numpy/#einsum-function
 */
export const einsum = /* @__PURE__ */ operation(
  "numpy.Einsum(*operands; subscripts)",
  (operands: readonly TensorLike[], subscripts: string): Tensor =>
    apply(
      operands.map((x) => toTensor(x)),
      (...values) => einsumOf(subscripts, values.map(asFloat)),
    ),
  (subscripts: string, ...operands: readonly TensorLike[]): [readonly TensorLike[], string] => [
    operands,
    subscripts,
  ],
);

function einsumOf(subscripts: string, values: readonly Value[]): Value {
  const { inputs, output } = parseEinsum(
    subscripts,
    values.map((v) => v.shape.length),
  );
  const sizes = letterSizes(subscripts, inputs, values);
  let parts = values.map((value, i) => withoutRepeats({ value, letters: inputs[i] }));
  while (parts.length > 1) {
    const [x, y, ...rest] = parts;
    const later = new Set([...output, ...rest.flatMap(({ letters }) => letters)]);
    parts = [contract(x, y, later, sizes), ...rest];
  }
  return inOrder(summedOver(parts[0], new Set(output)), output, sizes);
}

/**
 * The letters of each operand and of the result. The axes of `...` get capital-free names of their own.
 * @throws if the subscripts are malformed or do not fit the ranks
 */
export function parseEinsum(
  subscripts: string,
  ranks: readonly number[],
): { inputs: string[][]; output: string[] } {
  const [left, right, ...more] = subscripts.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  const wellFormed = (term: string) => /^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(term);
  if (
    more.length > 0 ||
    terms.length !== ranks.length ||
    ![...terms, right ?? ""].every((term) => wellFormed(term))
  ) {
    throw new Error(
      `einsum: expected subscripts such as "ij,jk->ik" with one term for each of ${ranks.length} operands. Received: "${subscripts}"`,
    );
  }
  const dots = Math.max(
    0,
    ...terms.map((term, i) => (term.includes("...") ? ranks[i] - term.length + 3 : 0)),
  );
  const expand = (term: string, count: number) => {
    const [before, after] = term.split("...");
    const names = Array.from({ length: count }, (_, k) => `.${dots - count + k}`);
    return after === undefined ? [...before] : [...before, ...names, ...after];
  };
  const inputs = terms.map((term, i) => {
    const letters = expand(term, term.includes("...") ? ranks[i] - term.length + 3 : 0);
    if (letters.length !== ranks[i] || ranks[i] < term.replace("...", "").length) {
      throw new Error(`einsum: "${term}" of "${subscripts}" does not fit an operand with ${ranks[i]} axes.`);
    }
    return letters;
  });
  const all = inputs.flat();
  if (right !== undefined) {
    const output = expand(right, dots);
    const unknown = output.find((letter) => !all.includes(letter));
    if (unknown !== undefined || new Set(output).size !== output.length) {
      throw new Error(
        `einsum: the letters after the arrow must be different ones of those before it. Received: "${subscripts}"`,
      );
    }
    return { inputs, output };
  }
  const once = [...new Set(all)].filter(
    (letter) => letter.startsWith(".") || all.filter((other) => other === letter).length === 1,
  );
  const key = (letter: string) => (letter.startsWith(".") ? `\u0000${letter}` : letter);
  return { inputs, output: once.sort((a, b) => (key(a) < key(b) ? -1 : 1)) };
}

function letterSizes(
  subscripts: string,
  inputs: readonly (readonly string[])[],
  values: readonly Value[],
): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const [i, letters] of inputs.entries()) {
    for (const [axis, letter] of letters.entries()) {
      const size = values[i].shape[axis];
      const known = sizes.get(letter) ?? 1;
      if (known !== size && known !== 1 && size !== 1) {
        throw new Error(
          `einsum: "${letter.replace(/^\..*/, "...")}" of "${subscripts}" stands for sizes ${known} and ${size}. Received: shapes ${values.map((v) => formatShape(v.shape)).join(", ")}`,
        );
      }
      sizes.set(letter, Math.max(known, size));
    }
  }
  return sizes;
}

/** Diagonals where a letter occurs twice. */
function withoutRepeats({ value, letters }: Lettered): Lettered {
  const again = letters.findIndex((letter, axis) => letters.indexOf(letter) < axis);
  if (again < 0) return { value, letters };
  const first = letters.indexOf(letters[again]);
  const { shape } = value;
  const same = lax.eq(lax.iota(shape, "int32", first), lax.iota(shape, "int32", again));
  const diagonal = lax.reduceSum(lax.select(same, value, 0), [again]);
  return withoutRepeats({ value: diagonal, letters: letters.filter((_, axis) => axis !== again) });
}

/** Sums over the letters that nothing needs any more. */
function summedOver({ value, letters }: Lettered, needed: ReadonlySet<string>): Lettered {
  const axes = letters.flatMap((letter, axis) => (needed.has(letter) ? [] : [axis]));
  return {
    value: lax.reduceSum(value, axes),
    letters: letters.filter((letter) => needed.has(letter)),
  };
}

/** The product of two operands, summed over the letters that only they have. */
function contract(
  first: Lettered,
  second: Lettered,
  later: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
): Lettered {
  const x = summedOver(first, new Set([...later, ...second.letters]));
  const y = summedOver(second, new Set([...later, ...first.letters]));
  const shared = x.letters.filter((letter) => y.letters.includes(letter));
  const a = spread(x, shared, sizes);
  const b = spread(y, shared, sizes);
  const kept = shared.filter((letter) => later.has(letter));
  const summed = shared.filter((letter) => !later.has(letter));
  const axesOf = (part: Lettered, names: readonly string[]) => names.map((n) => part.letters.indexOf(n));
  return {
    value: lax.dotGeneral(a.value, b.value, {
      contracting: [axesOf(a, summed), axesOf(b, summed)],
      batch: [axesOf(a, kept), axesOf(b, kept)],
    }),
    letters: [
      ...kept,
      ...a.letters.filter((letter) => !shared.includes(letter)),
      ...b.letters.filter((letter) => !shared.includes(letter)),
    ],
  };
}

/** With the full sizes of the given letters, where a size of 1 is broadcast. */
function spread(
  { value, letters }: Lettered,
  names: readonly string[],
  sizes: ReadonlyMap<string, number>,
): Lettered {
  const shape = letters.map((letter, axis) =>
    names.includes(letter) ? (sizes.get(letter) as number) : value.shape[axis],
  );
  return { value: lax.broadcastTo(value, shape), letters };
}

function inOrder(part: Lettered, output: readonly string[], sizes: ReadonlyMap<string, number>): Value {
  const order = output.map((letter) => part.letters.indexOf(letter));
  const sorted = order.every((axis, i) => axis === i) ? part.value : lax.transpose(part.value, order);
  return lax.broadcastTo(
    sorted,
    output.map((letter) => sizes.get(letter) as number),
  );
}
