import { platform } from "#platform";
import type { Supply } from "../backend.js";
import { SPINS, type ThreadPool, type Worker } from "./threadPool.js";
import { SHARE, STATE, WORD } from "./workerThread.js";

/** Steps that threads take, so many at a time; `room` is a multiple of that. */
export interface Shared {
  readonly steps: number;
  readonly chunk: number;
  readonly room: number;
}

/**
 * Steps that need nothing of each other: threads take them a chunk at a time, each as it becomes free, so that nobody waits for one
 * that is held up. This thread brings inputs as far ahead as there is room, and takes steps itself when there is none.
 *
 * @param helpers workers that may take part, if they are awake
 * @param run runs `count` steps from `first` on, on this thread alone
 * @returns how many workers took part
 */
export function shareSteps(
  pool: ThreadPool,
  helpers: { readonly count: number; readonly id: number },
  work: Shared,
  supply: Supply,
  run: (count: number, first: number) => void,
): number {
  const { steps, chunk, room } = work;
  const { common } = pool;
  const ring = room / chunk;
  const chunks = Math.ceil(steps / chunk);
  const sizeOf = (index: number) => Math.min(chunk, steps - index * chunk);
  let filled = 0;
  const hasPlace = () =>
    filled < ring || Atomics.load(common, SHARE.done + (filled % ring)) === filled - ring + 1;
  common.fill(0, SHARE.next);
  const workers = pool.offer(helpers.count, helpers.id, { ...work });
  try {
    let idle = 0;
    let idleSince = 0;
    while (filled < chunks || Atomics.load(common, SHARE.next) < chunks) {
      if (filled < chunks && hasPlace()) {
        supply.fill(filled * chunk, sizeOf(filled), (filled % ring) * chunk);
        Atomics.store(common, SHARE.filled, ++filled);
        idle = 0;
        continue;
      }
      const next = Atomics.load(common, SHARE.next);
      if (next < filled && Atomics.compareExchange(common, SHARE.next, next, next + 1) === next) {
        run(sizeOf(next), next * chunk);
        Atomics.store(common, SHARE.done + (next % ring), next + 1);
        idle = 0;
      } else if (idle++ === 0) idleSince = platform.now();
      else if (idle % SPINS === 0) pool.look(idleSince);
    }
  } finally {
    // after an error there is nothing more to wait for
    Atomics.store(common, SHARE.next, chunks);
    Atomics.store(common, SHARE.filled, chunks);
  }
  return settle(pool, workers);
}

/** Waits for the workers that took the offer. @returns how many did */
function settle(pool: ThreadPool, workers: readonly Worker[]): number {
  const took = workers.filter(
    ({ words }) => Atomics.compareExchange(words, WORD.state, STATE.offered, STATE.idle) !== STATE.offered,
  );
  for (const { words } of took) {
    const since = platform.now();
    for (let spin = 0; Atomics.load(words, WORD.state) === STATE.taken; spin++) {
      if (spin < SPINS) continue;
      if (platform.canSleep()) Atomics.wait(words, WORD.state, STATE.taken, 20);
      pool.look(since);
    }
  }
  pool.look(platform.now());
  return took.length;
}
