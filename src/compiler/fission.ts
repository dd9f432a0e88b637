import { stridesOf } from "../tensor/shape.js";
import type { Graph } from "../trace/graph.js";
import type { Access, Expression, MapKernel, Store } from "./kernel.js";
import { temporary } from "./views.js";

/** Operations that are long chains of instructions, each of which waits for the one before. */
const LONG = new Set(["tanh", "logistic", "exp", "expm1", "log", "log1p", "erf", "sin", "cos", "pow"]);
/** From so many of them on in one loop, a core no longer sees the next iteration while it waits for this one. */
const MANY = 4;

/**
 * A loop with many long operations, some of which take up the results of others, as loops that follow each other: a core
 * works on several iterations at once if they are short, and waits if they are long. Results between are stored.
 */
export function inShortLoops(kernel: MapKernel, graph: Graph): MapKernel[] {
  const depths = new Map<Expression, number>();
  const firsts = new Set<Expression>();
  let long = 0;
  /** How many long operations follow each other up to this one. */
  const depth = (expression: Expression): number => {
    if (expression.kind !== "apply") return 0;
    let result = depths.get(expression);
    if (result === undefined) {
      result = Math.max(0, ...expression.operands.map(depth));
      if (LONG.has(expression.primitive.name)) {
        long++;
        result++;
        if (result === 1) firsts.add(expression);
      }
      depths.set(expression, result);
    }
    return result;
  };
  const deepest = Math.max(...kernel.stores.map(({ expression }) => depth(expression)));
  if (long < MANY || deepest < 2) return [kernel];

  const first: Store[] = [];
  const loads = new Map<Expression, Expression>();
  for (const expression of firsts) {
    const { dtype } = expression;
    const stored = kernel.stores.find((store) => store.expression === expression);
    const access: Access = stored?.access ?? {
      buffer: temporary(graph, { shape: kernel.extents, dtype }),
      dtype,
      offset: 0,
      strides: stridesOf(kernel.extents),
    };
    first.push({ access, expression });
    loads.set(expression, { kind: "load", dtype, access });
  }
  const rewrite = (expression: Expression): Expression => {
    let result = loads.get(expression);
    if (!result) {
      result =
        expression.kind === "apply"
          ? { ...expression, operands: expression.operands.map(rewrite) }
          : expression;
      loads.set(expression, result);
    }
    return result;
  };
  const rest = kernel.stores
    .filter((store) => !first.some(({ access }) => access === store.access))
    .map((store) => ({ ...store, expression: rewrite(store.expression) }));
  return [{ ...kernel, stores: first }, ...inShortLoops({ ...kernel, stores: rest }, graph)];
}
