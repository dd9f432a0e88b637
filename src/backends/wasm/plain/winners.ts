import type { PlainKernel } from "../../../compiler/kernel.js";
import { type RunVector, vectorsOf, type WinnersKernelParams } from "../../../compiler/winnersKernels.js";
import { sizeOf } from "../../../tensor/shape.js";
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

/** Samples that are summed side by side: what one adds waits for what it added before. */
const SAMPLES = 2;

/** For some samples at a time: zeros, then each winner adds its channel's weights times what it is worth around its position. */
export function emitConvOfWinners(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const params = kernel.params as WinnersKernelParams;
  const [ct] = kernel.operands;
  const [cotangents, winners, weights, table] = kernel.inputs.map((buffer) => pointers.get(buffer) as Local);
  const target = pointers.get(kernel.outputs[0]) as Local;
  const { windows, channels, windowSteps, sampleStep, origin, runs } = params;
  const weightsLength = runs.reduce((sum, run) => sum + run.length, 0);
  const groups = chunks(vectorsOf(runs), GROUP);
  const weight = f.local("i32", "weight");
  const from = f.local("i32", "from");
  const count = sizeOf(windows) * channels;

  const sumUp = (sample: Local, together: number) => {
    const image = addressOf(f, target, 0, [[sample, sampleStep]]);
    f.get(image)
      .i32(0)
      .i32(together * sampleStep * 4)
      .memoryFill();
    f.get(sample)
      .i32(count * 4)
      .op("i32.mul")
      .set(from);
    forEach(f, windows, (indices) => {
      const steps = indices.map((index, i) => [index, windowSteps[i]] as const);
      const start = addressOf(f, image, origin, steps);
      f.get(weights).set(weight);
      forRange(f, channels, 1, () => {
        for (let k = 0; k < together; k++)
          f.block((worthless) => {
            const bytes = k * count * 4;
            const to = f.local("i32", "to");
            const worth = f.local("v128", "worth");
            f.get(cotangents).get(from).op("i32.add").load("i32.load", bytes).i32(1).op("i32.shl");
            f.op("i32.eqz").brIf(worthless);
            f.get(cotangents).get(from).op("i32.add").load("v128.load32_splat", bytes).set(worth);
            f.get(start);
            pushCellOffset(f, table, winners, from, bytes);
            f.op("i32.add");
            if (k > 0) f.i32(k * sampleStep * 4).op("i32.add");
            f.set(to);
            for (const group of groups) emitSums(f, group, to, weight, worth);
          });
        f.get(weight)
          .i32(weightsLength * 4)
          .op("i32.add")
          .set(weight);
        f.get(from).i32(4).op("i32.add").set(from);
      });
    });
  };

  forGroups(f, part ?? wholeAxis(f, { axis: 0, extent: ct.shape[0] }), SAMPLES, sumUp);
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
