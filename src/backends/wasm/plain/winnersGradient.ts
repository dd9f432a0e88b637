import type { PlainKernel } from "../../../compiler/kernel.js";
import {
  type KernelGradientKernelParams,
  MOST_SUMS,
  type RunVector,
  scratchWords,
  vectorsOf,
  type WinnersKernelParams,
} from "../../../compiler/winnersKernels.js";
import { sizeOf } from "../../../tensor/shape.js";
import { addressOf } from "../addresses.js";
import type { FunctionBuilder, Local } from "../assembler/index.js";
import type { Pointers } from "../emitMap.js";
import { forEach, forGroups, forPart, forRange, type Part, separate, wholeAxis } from "../loops.js";
import { emitAreFinite } from "../product/finite.js";
import { piecesOver, pushAnyElement } from "../product/patches.js";
import { chunks, GROUP, pushCellOffset } from "./winners.js";

/**
 * The sums of each filter over the winners' patches, sample by sample: sums wait in memory for the next one, so that what a
 * sample needs stays in the first-level cache. The part is one of the filters where all samples are added up, else one of the
 * sums over some samples.
 *
 * A small kernel is summed in registers, several filters together. For a large one there is first a list of where the patches
 * begin and what they are worth, without those that are worth nothing; then the sums, some vectors of the kernel at a time,
 * over that list.
 */
export function emitKernelGradientOfWinners(
  f: FunctionBuilder,
  kernel: PlainKernel,
  pointers: Pointers,
  part?: Part,
): void {
  const params = kernel.params as KernelGradientKernelParams;
  const [, ct] = kernel.operands;
  const [batch] = ct.shape;
  const [image, cotangents, winners, table] = kernel.inputs.map((buffer) => pointers.get(buffer) as Local);
  const [result, scratch, list] = kernel.outputs.map((buffer) => pointers.get(buffer) as Local);
  const at = { image, cotangents, winners, table, result, scratch };
  const { samples } = params;
  const [sums] = kernel.outputs[0].shape;
  if (sums === 1) {
    emitSumsOfSamples(f, at, params, wholeAxis(f, { axis: 0, extent: batch }), part);
    return;
  }
  const [from, to] = [f.local("i32", "from"), f.local("i32", "to")];
  const axis = { axis: 0, extent: sums };
  forPart(f, part ?? wholeAxis(f, axis), 1, (sum) => {
    f.get(sum).i32(samples).op("i32.mul").tee(from).i32(samples).op("i32.add").set(to);
    const [ownResult, ownScratch, filled] = kernel.outputs.map(({ shape }, i) =>
      addressOf(f, [result, scratch, list][i], 0, [[sum, sizeOf(shape.slice(1))]]),
    );
    const own = { ...at, result: ownResult, scratch: ownScratch, filled };
    emitSumsOfSamples(f, own, params, { axis: 0, extent: batch, from, to });
  });
}

type GradientBuffers = Record<"image" | "cotangents" | "winners" | "table" | "result" | "scratch", Local> & {
  /** Where windows whose patches are not 0 are listed. */
  readonly filled?: Local;
};

/** The sums over some samples; of some filters if these are shared out. */
function emitSumsOfSamples(
  f: FunctionBuilder,
  at: GradientBuffers,
  params: KernelGradientKernelParams,
  samples: Part,
  part?: Part,
): void {
  const { image, result, scratch } = at;
  const { windows, channels: filters, sampleStep, origin, runs } = params;
  const vectors = vectorsOf(runs);
  const { sums, rest } = scratchWords(windows, runs);
  const sumBytes = sums * 4;
  const filterBytes = (sums + rest) * 4;
  const filterScratch = f.local("i32", "filterScratch");
  const list = f.local("i32", "list");
  const end = f.local("i32", "end");

  const overFilters = (body: (filter: Local) => void) => {
    const each = (filter: Local) => {
      f.get(scratch).get(filter).i32(filterBytes).op("i32.mul").op("i32.add").tee(filterScratch);
      f.i32(sumBytes).op("i32.add").set(list);
      body(filter);
    };
    if (part) forPart(f, part, 1, each);
    else forRange(f, filters, 1, each);
  };

  overFilters(() => f.get(filterScratch).i32(0).i32(filterBytes).memoryFill());
  forPart(f, samples, 1, (sample) => {
    const sampleImage = addressOf(f, image, origin, [[sample, sampleStep]]);
    const start = f.local("i32", "start");
    f.get(sample)
      .i32(sizeOf(windows) * filters * 4)
      .op("i32.mul")
      .set(start);
    if (vectors.length <= MOST_SUMS) {
      const sample = { image: sampleImage, start };
      const { patch } = params;
      const filled =
        at.filled && patch && emitFilledWindows(f, at.filled, patch, params, sample, at.cotangents);
      emitTogether(f, at, params, sample, part, filled);
      return;
    }
    overFilters((filter) => {
      emitList(f, at, params, sampleImage, start, filter, list, end);
      for (const pass of chunks(vectors, MOST_SUMS)) emitPass(f, pass, filterScratch, list, end);
    });
  });
  overFilters((filter) => {
    const target = addressOf(f, result, 0, [[filter, 1]]);
    const sum = f.local("v128", "sum");
    for (const [i, { at, lanes }] of vectors.entries()) {
      f.get(filterScratch)
        .load("v128.load", i * 16)
        .set(sum);
      for (let lane = 0; lane < lanes; lane++)
        f.get(target)
          .get(sum)
          .storeLane("v128.store32_lane", (at + lane) * filters * 4, lane);
    }
  });
}

/** Some windows of a sample: pairs of where one begins in the image, and how far its cotangents are from all. */
interface WindowList {
  readonly start: Local;
  readonly end: Local;
}

/**
 * Lists the windows of a sample whose patches are not 0 everywhere: 0 times what a winner is worth changes no sum, unless it is
 * infinite or NaN. Then all are listed.
 */
function emitFilledWindows(
  f: FunctionBuilder,
  start: Local,
  patch: readonly number[],
  { windows, windowSteps, channels: filters }: WinnersKernelParams,
  sample: { image: Local; start: Local },
  cotangents: Local,
): WindowList {
  const pieces = piecesOver(patch);
  const end = f.local("i32", "end");
  const from = f.local("i32", "from");
  const first = f.local("i32", "first");
  f.get(cotangents).get(sample.start).op("i32.add").set(first);
  const finite = emitAreFinite(f, first, sizeOf(windows) * filters);
  f.get(start).set(end).get(sample.start).set(from);
  forEach(f, windows, (indices) => {
    const steps = indices.map((index, i) => [index, windowSteps[i]] as const);
    const window = addressOf(f, sample.image, 0, steps);
    f.get(end).get(window).store("i32.store", 0);
    f.get(end).get(from).store("i32.store", 4);
    // the next pair overwrites that of a window which does not count
    pushAnyElement(f, window, pieces);
    f.get(finite).op("i32.eqz").op("i32.or").i32(3).op("i32.shl").get(end).op("i32.add").set(end);
    f.get(from)
      .i32(filters * 4)
      .op("i32.add")
      .set(from);
  });
  return { start, end };
}

/** The winners of one sample for filters whose sums are in registers together. */
function emitTogether(
  f: FunctionBuilder,
  at: GradientBuffers,
  { windows, windowSteps, channels: filters, runs }: WinnersKernelParams,
  sample: { image: Local; start: Local },
  part: Part | undefined,
  list: WindowList | undefined,
): void {
  const vectors = vectorsOf(runs);
  const { sums: sumWords, rest } = scratchWords(windows, runs);
  const filterBytes = (sumWords + rest) * 4;
  const own = f.local("i32", "own");
  const zeros = f.local("i32", "zeros");
  const from = f.local("i32", "from");
  const window = f.local("i32", "window");
  const patch = f.local("i32", "patch");
  const worth = f.local("v128", "worth");

  /** Runs `body` for each window that counts for a filter, with its address in `window` and that of its cotangents in `from`. */
  const overWindows = (filter: Local, body: () => void) => {
    if (!list) {
      f.get(sample.start).get(filter).i32(4).op("i32.mul").op("i32.add").set(from);
      forEach(f, windows, (indices) => {
        const steps = indices.map((index, i) => [index, windowSteps[i]] as const);
        f.get(addressOf(f, sample.image, 0, steps)).set(window);
        body();
        f.get(from)
          .i32(filters * 4)
          .op("i32.add")
          .set(from);
      });
      return;
    }
    const entry = f.local("i32", "entry");
    f.get(list.start).set(entry);
    f.block((none) => {
      f.get(entry).get(list.end).op("i32.ge_u").brIf(none);
      f.loop((again) => {
        f.get(entry).load("i32.load", 0).set(window);
        f.get(entry).load("i32.load", 4).get(filter).i32(4).op("i32.mul").op("i32.add").set(from);
        body();
        f.get(entry).i32(8).op("i32.add").tee(entry).get(list.end).op("i32.lt_u").brIf(again);
      });
    });
  };

  const sumUp = (filter: Local, count: number) => {
    f.get(at.scratch).get(filter).i32(filterBytes).op("i32.mul").op("i32.add").tee(own);
    f.i32(sumWords * 4)
      .op("i32.add")
      .set(zeros);
    const sums = Array.from({ length: count }, (_, k) =>
      vectors.map(({ index }) => {
        const sum = f.local("v128", "sum");
        f.get(own)
          .load("v128.load", k * filterBytes + index * 16)
          .set(sum);
        return sum;
      }),
    );
    f.block((exit) => {
      overWindows(filter, () => {
        for (const [k, totals] of sums.entries()) {
          if (k > 0) separate(f, exit);
          f.get(window);
          pushCellOffset(f, at.table, at.winners, from, k * 4);
          // what is worth +0 or −0 does not count: in its place zeros are added
          f.op("i32.add").get(zeros);
          f.get(at.cotangents)
            .get(from)
            .op("i32.add")
            .load("i32.load", k * 4);
          f.i32(1).op("i32.shl").select().set(patch);
          f.get(at.cotangents)
            .get(from)
            .op("i32.add")
            .load("v128.load32_splat", k * 4)
            .set(worth);
          for (const [i, { offset }] of vectors.entries()) {
            if (i > 0 && i % GROUP === 0) separate(f, exit);
            f.get(totals[i]);
            f.get(patch).load("v128.load", offset * 4);
            f.get(worth).op("f32x4.mul").op("f32x4.add").set(totals[i]);
          }
        }
      });
    });
    for (const [k, list] of sums.entries())
      for (const [i, sum] of list.entries())
        f.get(own)
          .get(sum)
          .store("v128.store", k * filterBytes + i * 16);
  };

  const all = part ?? wholeAxis(f, { axis: 0, extent: filters });
  forGroups(f, all, Math.floor(MOST_SUMS / vectors.length), sumUp);
}

/** Writes pairs of a patch's address and its worth for one sample and filter; `end` is where they end. */
function emitList(
  f: FunctionBuilder,
  { cotangents, winners, table }: GradientBuffers,
  { windows, windowSteps, channels: filters }: WinnersKernelParams,
  sampleImage: Local,
  start: Local,
  filter: Local,
  list: Local,
  end: Local,
): void {
  const from = f.local("i32", "from");
  const value = f.local("i32", "value");
  f.get(list).set(end);
  f.get(start).get(filter).i32(4).op("i32.mul").op("i32.add").set(from);
  forEach(f, windows, (indices) => {
    // where the window begins, and how far the winning cell is from there
    f.get(end).get(sampleImage);
    for (const [i, index] of indices.entries())
      f.get(index)
        .i32(windowSteps[i] * 4)
        .op("i32.mul")
        .op("i32.add");
    pushCellOffset(f, table, winners, from);
    f.op("i32.add").store("i32.store", 0);
    f.get(end).get(cotangents).get(from).op("i32.add").load("i32.load", 0).tee(value).store("i32.store", 4);
    // the next pair overwrites one that is worth +0 or −0
    f.get(end)
      .get(value)
      .i32(1)
      .op("i32.shl")
      .i32(0)
      .op("i32.ne")
      .i32(3)
      .op("i32.shl")
      .op("i32.add")
      .set(end);
    f.get(from)
      .i32(filters * 4)
      .op("i32.add")
      .set(from);
  });
}

/** Adds the patches of a list, times what they are worth, to some vectors of a filter's sums. */
function emitPass(
  f: FunctionBuilder,
  pass: readonly RunVector[],
  filterScratch: Local,
  list: Local,
  end: Local,
): void {
  const first = pass[0].index * 16;
  const sums = pass.map((_, i) => {
    const sum = f.local("v128", "sum");
    f.get(filterScratch)
      .load("v128.load", first + i * 16)
      .set(sum);
    return sum;
  });
  const at = f.local("i32", "at");
  const patch = f.local("i32", "patch");
  const worth = f.local("v128", "worth");
  f.get(list).set(at);
  f.block((done) => {
    f.get(at).get(end).op("i32.ge_u").brIf(done);
    f.loop((again) => {
      f.get(at).load("i32.load", 0).set(patch);
      f.get(at).load("v128.load32_splat", 4).set(worth);
      for (const [i, vector] of pass.entries()) {
        if (i > 0 && i % GROUP === 0) separate(f, done);
        f.get(sums[i]);
        f.get(patch).load("v128.load", vector.offset * 4);
        f.get(worth).op("f32x4.mul").op("f32x4.add").set(sums[i]);
      }
      f.get(at).i32(8).op("i32.add").tee(at).get(end).op("i32.lt_u").brIf(again);
    });
  });
  for (const [i, sum] of sums.entries())
    f.get(filterScratch)
      .get(sum)
      .store("v128.store", first + i * 16);
}
