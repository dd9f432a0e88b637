import type { PlainKernel } from "../../../compiler/kernel.js";
import {
  type ConvOfWinnersKernelParams,
  type RunVector,
  vectorsOf,
  WINNER_WORDS,
  type WinnersKernelParams,
} from "../../../compiler/winnersKernels.js";
import { sizeOf } from "../../../tensor/shape.js";
import type { Value } from "../../../trace/graph.js";
import { addressOf, loadWords, storeWords } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { forEach, forGroups, forRange, type Part, wholeAxis } from "../loops.js";

/** Vectors whose loads and stores are in flight together. */
export const GROUP = 5;

export function chunks<T>(list: readonly T[], most: number): T[][] {
  const count = Math.ceil(list.length / most);
  const size = Math.ceil(list.length / count);
  return Array.from({ length: count }, (_, i) => list.slice(i * size, (i + 1) * size));
}

/** Pushes how many bytes the winning cell of a window is from its first one, for the winner `bytes` after `from`. */
export function pushCellOffset(
  f: FunctionBuilder,
  table: Local,
  winners: Local,
  from: Local,
  bytes = 0,
): void {
  f.get(table).get(winners).get(from).op("i32.add").load("i32.load", bytes);
  f.i32(2).op("i32.shl").op("i32.add");
  f.load("i32.load", 0).i32(2).op("i32.shl");
}

const ENTRY = WINNER_WORDS * 4;

/**
 * For some samples at a time: zeros, then each winner adds its channel's weights times what it is worth around its position. First
 * there is a list of the winners, without those that are worth nothing: behind dropout and relu no core could foresee which these
 * are. Winners of several samples take turns in it.
 */
export function emitConvOfWinners(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const { windows, channels, sampleStep, runs, together } = kernel.params as ConvOfWinnersKernelParams;
  const target = pointers.get(kernel.outputs[0]) as Local;
  const groups = chunks(vectorsOf(runs), GROUP);
  const [at, end, to, weight] = ["at", "end", "to", "weight"].map((name) => f.local("i32", name));
  const worth = f.local("v128", "worth");

  const sumUp = (sample: Local, count: number) => {
    const image = addressOf(f, target, 0, [[sample, sampleStep]]);
    f.get(image)
      .i32(0)
      .i32(count * sampleStep * 4)
      .memoryFill();
    const from = f.local("i32", "from");
    f.get(sample)
      .i32(sizeOf(windows) * channels * 4)
      .op("i32.mul")
      .set(from);
    f.get(pointers.get((kernel.scratch as readonly Value[])[0]) as Local).set(at);
    f.get(at).set(end);
    emitWinnersList(f, kernel, pointers, { image, from, count, end });
    f.block((none) => {
      f.get(at).get(end).op("i32.eq").brIf(none);
      f.loop((again) => {
        f.get(at).load("i32.load", 0).set(to).get(at).load("i32.load", 4).set(weight);
        f.get(at).load("v128.load32_splat", 8).set(worth);
        for (const group of groups) emitSums(f, group, to, weight, worth);
        f.get(at).i32(ENTRY).op("i32.add").tee(at).get(end).op("i32.ne").brIf(again);
      });
    });
  };

  const batch = kernel.operands[0].shape[0];
  forGroups(f, part ?? wholeAxis(f, { axis: 0, extent: batch }), together, sumUp);
}

/**
 * Writes the winners of some samples to `end`, which moves on.
 *
 * @param samples.image the first sample's image
 * @param samples.from how far its winners are from the first ones; moved on
 */
function emitWinnersList(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
  { image, from, count, end }: { image: Local; from: Local; count: number; end: Local },
): void {
  const { windows, channels, windowSteps, sampleStep, origin, runs } = kernel.params as WinnersKernelParams;
  const [cotangents, winners, weights, table] = kernel.inputs.map((buffer) => pointers.get(buffer) as Local);
  const ofSample = sizeOf(windows) * channels * 4;
  const ofChannel = runs.reduce((sum, run) => sum + run.length, 0) * 4;
  const [weight, value] = [f.local("i32", "weight"), f.local("i32", "value")];
  forEach(f, windows, (indices) => {
    const steps = indices.map((index, i) => [index, windowSteps[i]] as const);
    const start = addressOf(f, image, origin, steps);
    f.get(weights).set(weight);
    forRange(f, channels, 1, () => {
      for (let k = 0; k < count; k++) {
        f.get(end).get(start);
        pushCellOffset(f, table, winners, from, k * ofSample);
        f.op("i32.add");
        if (k > 0) f.i32(k * sampleStep * 4).op("i32.add");
        f.store("i32.store", 0).get(end).get(weight).store("i32.store", 4);
        f.get(end)
          .get(cotangents)
          .get(from)
          .op("i32.add")
          .load("i32.load", k * ofSample);
        f.tee(value).store("i32.store", 8);
        // the next one overwrites a winner that is worth +0 or −0
        f.get(value).i32(1).op("i32.shl").i32(0).op("i32.ne");
        f.i32(ENTRY).op("i32.mul").get(end).op("i32.add").set(end);
      }
      f.get(weight).i32(ofChannel).op("i32.add").set(weight);
      f.get(from).i32(4).op("i32.add").set(from);
    });
  });
}

/** `to[…] += worth · weight[…]` for some vectors: all loads, then all stores. */
function emitSums(
  f: FunctionBuilder,
  group: readonly RunVector[],
  to: Local,
  weight: Local,
  worth: Local,
): void {
  const sums = group.map(({ offset, at, lanes }) => {
    const sum = f.local("v128", "sum");
    loadWords(
      f,
      () => {
        f.get(to);
        return offset * 4;
      },
      lanes,
    );
    f.get(worth)
      .get(weight)
      .load("v128.load", at * 4);
    f.op("f32x4.mul").op("f32x4.add").set(sum);
    return sum;
  });
  for (const [i, { offset, lanes }] of group.entries()) storeWords(f, to, sums[i], offset * 4, lanes);
}
