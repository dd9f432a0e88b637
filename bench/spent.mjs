// What a training step consists of, from `model.explain()`.

/** How many kinds of kernel are named. */
const MOST = 5;

/**
 * @returns the µs that a step's arithmetic takes at the rate that the cores reach with 128-bit vectors in registers, and which
 * kernels take how much of the time: `[name, share]`, most first
 */
export async function spentIn(model, x, y, batchSize) {
  const { phases, peakGflops, threads } = await model.explain({ x, y, batchSize });
  const kernels = phases.flatMap((phase) => phase.kernels);
  const flops = kernels.reduce((sum, kernel) => sum + kernel.flops, 0);
  const shares = new Map();
  for (const { name, share } of kernels) shares.set(name, (shares.get(name) ?? 0) + share);
  return {
    limitMicrosecondsPerStep: Math.round((10 * flops) / (peakGflops * threads * 1e3)) / 10,
    spent: [...shares].sort(([, a], [, b]) => b - a).slice(0, MOST),
  };
}
