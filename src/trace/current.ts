import { newArray, type TypedArray } from "../tensor/dtype.js";
import { Graph, type TensorType, type Value } from "./graph.js";

let current: Graph | undefined;

/** The graph that operations append to just now. */
export function currentGraph(): Graph {
  if (!current) throw new Error("No graph is being traced.");
  return current;
}

export function isTracing(): boolean {
  return current !== undefined;
}

/** Runs `build` with `graph` as the place where operations go (undefined: with no trace). */
export function withGraph<R>(graph: Graph | undefined, build: () => R): R {
  const outer = current;
  current = graph;
  try {
    return build();
  } finally {
    current = outer;
  }
}

/** A graph of its own for `build`, which gets one value for each input type and returns the results. */
export function traceGraph(
  types: readonly TensorType[],
  build: (...inputs: Value[]) => readonly Value[],
): Graph {
  const graph = new Graph();
  return withGraph(graph, () => {
    const inputs = types.map((type) => graph.input(type));
    graph.outputs = [...build(...inputs)];
    return graph;
  });
}

/** A constant of the current graph; one number gives a scalar. */
export function constant(data: number | TypedArray, type: TensorType): Value {
  const array = typeof data === "number" ? newArray(type.dtype, [data]) : data;
  return currentGraph().constant(array, type);
}
