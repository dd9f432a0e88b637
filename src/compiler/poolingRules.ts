import type { Graph } from "../trace/graph.js";

/** What the compiler does with poolings, beside what it does with every operation that has loops of its own. */
export type PoolingRules = Pick<typeof import("./winners.js"), "gatherWinners"> &
  Pick<typeof import("./pooling.js"), "lowerPooledProduct" | "lowerWinners" | "pooledConvolution">;

let rules: PoolingRules | undefined;

/** The rules, once something was pooled: a page that pools nothing does not load them (`runtime/pooling.ts`). */
export function poolingRules(): PoolingRules | undefined {
  return rules;
}

export function addPoolingRules(given: PoolingRules): void {
  rules = given;
}

/** With sums over the winners of poolings, if anything was pooled. */
export function winnersGathered(graph: Graph): Graph {
  return rules?.gatherWinners(graph) ?? graph;
}
