import type { Tensor } from "../../ops/tensor.js";
import { type DropoutMasks, KernelCell, noMasks, type RNNCell, type States } from "./cell.js";
import { StackedRNNCells } from "./stackedRNNCells.js";

/** How a loop over time runs a cell. */
export interface Stepping {
  /** What is taken in at each step, `(steps, batch, …)`. */
  readonly slices: Tensor;
  step(slice: Tensor, states: States): readonly [output: Tensor, states: States];
  /** Whether the output of a step is one of its states, so that the last output need not be kept besides. */
  readonly lastOutput?: (states: States) => Tensor;
}

/**
 * What does not depend on the states is computed for all steps at once; random masks are drawn once, before the loop.
 * @param x `(steps, batch, …)`
 */
export function steppingOf(cell: RNNCell, x: Tensor, training: boolean): Stepping {
  if (cell instanceof KernelCell) {
    const masks = masksFor(cell, x.shape[1], x.shape[2], training);
    return {
      slices: cell.project(x, masks),
      step: (slice, states) => {
        const next = cell.step(slice, states as readonly Tensor[], masks);
        return [next[0], next];
      },
      lastOutput: ([h]) => h as Tensor,
    };
  }
  if (cell instanceof StackedRNNCells) return stackedStepping(cell.cells, x, training);
  return { slices: x, step: (slice, states) => cell.apply(slice, { states, training }) as [Tensor, States] };
}

function masksFor(cell: KernelCell, batch: number, features: number, training: boolean): DropoutMasks {
  const masks = cell.drawMasks(batch, features);
  return training ? masks : noMasks;
}

function stackedStepping(cells: readonly RNNCell[], x: Tensor, training: boolean): Stepping {
  let slices = x;
  let features = x.shape[2];
  const steps = cells.map((cell, i) => {
    if (!(cell instanceof KernelCell)) {
      return (input: Tensor, states: States) =>
        cell.apply(input, { states, training }) as readonly [Tensor, States];
    }
    const masks = masksFor(cell, x.shape[1], features, training);
    features = cell.outputSize;
    if (i === 0) slices = cell.project(x, masks);
    return (input: Tensor, states: States): readonly [Tensor, States] => {
      const next = cell.step(
        i === 0 ? input : cell.project(input, masks),
        states as readonly Tensor[],
        masks,
      );
      return [next[0], next];
    };
  });
  return {
    slices,
    step: (slice, states) => {
      let output = slice;
      const next = steps.map((step, i) => {
        const own = states[i];
        const [y, after] = step(output, (Array.isArray(own) ? own : [own]) as States);
        output = y;
        return Array.isArray(own) ? after : after[0];
      });
      return [output, next];
    },
  };
}
