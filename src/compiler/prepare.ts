import type { Graph } from "../trace/graph.js";
import { rule } from "./rules.js";
import { sumSamplesFirst } from "./samples.js";

/** The graph that every backend gets: what changes the order of sums is done, so that all backends have the same bits. */
export function prepared(graph: Graph): Graph {
  const gathered = rule("gatherWinners")?.(graph) ?? graph;
  return sumSamplesFirst(rule("inWinogradForm")?.(gathered) ?? gathered);
}
