import type { ScanParams } from "../primitives/control.js";
import { between, partBetween } from "../primitives/subgraph.js";
import type { Node, Value } from "../trace/graph.js";

/** A loop that gives less than another one. */
export interface ShorterLoop {
  readonly params: ScanParams;
  readonly inputs: readonly Value[];
  /** What it gives of the other's results, in order. */
  readonly outputs: readonly Value[];
}

/**
 * A scan without the results that nobody wants, what goes from step to step for them alone, and operands that are not read any
 * more.
 * @returns undefined if everything is wanted
 */
export function shorterLoop(node: Node, wanted: ReadonlySet<Value>): ShorterLoop | undefined {
  const params = node.params as ScanParams;
  const { body, constants, carries, extended: _, ...rest } = params;
  const kept = node.outputs.map((output) => wanted.has(output));
  const needed = () =>
    between(
      [],
      body.outputs.filter((_output, i) => kept[i]),
    );
  // a step's results may need what the step before has carried on, and that may need more of it
  let nodes = needed();
  const isRead = (input: number) => nodes.has(body.inputs[input].node);
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < carries; i++) {
      if (kept[i] || !isRead(constants + i)) continue;
      kept[i] = true;
      changed = true;
    }
    if (changed) nodes = needed();
  }
  const read = body.inputs.map((_input, i) => {
    const carry = i - constants;
    return carry >= 0 && carry < carries ? kept[carry] : isRead(i);
  });
  if (kept.every(Boolean) && read.every(Boolean)) return undefined;
  return {
    params: {
      ...rest,
      body: partBetween(
        body.inputs.filter((_input, i) => read[i]),
        body.outputs.filter((_output, i) => kept[i]),
      ),
      constants: read.slice(0, constants).filter(Boolean).length,
      carries: kept.slice(0, carries).filter(Boolean).length,
    },
    inputs: node.inputs.filter((_input, i) => read[i]),
    outputs: node.outputs.filter((_output, i) => kept[i]),
  };
}
