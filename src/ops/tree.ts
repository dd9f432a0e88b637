import { Tensor } from "./tensor.js";
import { Variable } from "./variable.js";

/** Tensors in arrays and objects nested to any depth; other leaves (numbers, strings, …) stay as they are. */
export type Tree =
  | Tensor
  | Variable
  | number
  | string
  | boolean
  | null
  | undefined
  | readonly Tree[]
  | { readonly [key: string]: Tree };

export interface Flattened {
  readonly tensors: readonly Tensor[];
  /** Which of them are variables' values. */
  readonly variables: ReadonlyMap<number, Variable>;
  /** The same structure around other tensors (or variables). */
  rebuild(tensors: readonly (Tensor | Variable)[]): Tree;
  /** The structure without the tensors, as text: equal for equal structures. */
  readonly structure: string;
}

/** Takes a tree apart: its tensors (variables count by their value) in a fixed order, and how to put it together. */
export function flatten(tree: Tree): Flattened {
  const tensors: Tensor[] = [];
  const variables = new Map<number, Variable>();
  type Builder = (tensors: readonly (Tensor | Variable)[]) => Tree;
  const visit = (node: Tree): [Builder, string] => {
    if (node instanceof Tensor || node instanceof Variable) {
      const index = tensors.push(node instanceof Variable ? node.value : node) - 1;
      if (node instanceof Variable) variables.set(index, node);
      return [(given) => given[index], "*"];
    }
    if (Array.isArray(node)) {
      const parts = (node as readonly Tree[]).map(visit);
      return [
        (given) => parts.map(([build]) => build(given)),
        `[${parts.map(([, text]) => text).join(",")}]`,
      ];
    }
    if (typeof node === "object" && node !== null) {
      const parts = Object.entries(node).map(([key, value]) => [key, ...visit(value)] as const);
      const text = parts.map(([key, , part]) => `${JSON.stringify(key)}:${part}`).join(",");
      return [(given) => Object.fromEntries(parts.map(([key, build]) => [key, build(given)])), `{${text}}`];
    }
    return [() => node, `${typeof node}:${String(node)}`];
  };
  const [rebuild, structure] = visit(tree);
  return { tensors, variables, rebuild, structure };
}
