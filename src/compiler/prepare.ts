import type { Graph } from "../trace/graph.js";
import { winnersGathered } from "./rules.js";
import { sumSamplesFirst } from "./samples.js";

/** The graph that every backend gets: what changes the order of sums is done, so that all backends have the same bits. */
export function prepared(graph: Graph): Graph {
  return sumSamplesFirst(winnersGathered(graph));
}
