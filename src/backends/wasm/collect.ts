import type { Supply } from "../backend.js";
import { shareSteps } from "./sharedSteps.js";
import type { GoSideBySide, ProgramExports } from "./threadedRun.js";
import type { ThreadPool } from "./threadPool.js";
import { MOST_CHUNKS } from "./workerThread.js";

/** Steps are taken so many at a time that they take about this long: fetching them is a small part of it. */
const CHUNK_SECONDS = 20e-6;
/** Steps are shared out whole if there are at least so many chunks of them for each thread. */
const CHUNKS_PER_THREAD = 4;

/** What steps run on. */
interface Means {
  readonly collect: NonNullable<ProgramExports["collect"]>;
  readonly secondsPerStep: number;
  /** Who can take whole steps, if these need nothing of each other: so many threads, with this one. */
  readonly crew: { readonly pool: ThreadPool; readonly id: number; readonly threads: number } | undefined;
  /** Has threads go through each step together. */
  readonly sideBySide: (go: GoSideBySide) => void;
}

/** Runs steps with the inputs that each of them has, and keeps all results: whole steps on each thread if there are enough of them. */
export function collect(steps: number, supply: Supply, means: Means): void {
  const { collect, crew } = means;
  const chunk = Math.min(supply.room, Math.ceil(CHUNK_SECONDS / means.secondsPerStep));
  const places = Math.min(Math.floor(supply.room / chunk), MOST_CHUNKS);
  if (crew && places >= 2 * crew.threads && steps >= CHUNKS_PER_THREAD * chunk * crew.threads) {
    const { pool, id, threads } = crew;
    pool.prepare(threads - 1);
    const work = { steps, chunk, room: places * chunk };
    shareSteps(pool, { count: threads - 1, id }, work, supply, (count, first) =>
      collect(0, 1, count, first, work.room, 0),
    );
    return;
  }
  means.sideBySide((join, isAlone) => {
    const room = isAlone ? chunk : supply.room;
    let joined = 0;
    for (let first = 0; first < steps; first += room) {
      const count = Math.min(room, steps - first);
      supply.fill(first, count, 0);
      const now = join({ steps: count, first, room });
      collect(0, now + 1, count, first, room, 0);
      joined = Math.max(joined, now);
    }
    return joined;
  });
}
