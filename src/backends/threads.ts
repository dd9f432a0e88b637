import { platform } from "#platform";

let chosen: number | undefined;

/**
 * Sets how many threads programs run on at most. Results are the same bits for any number. Default: the environment variable
 * `KERATIN_THREADS`, else the number of cores. Where memory cannot be shared (a page that is not cross-origin
 * isolated) programs run on one thread.
 *
 * @throws if `count` is not a positive integer
 */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`setThreads: expected a positive integer. Received: ${String(count)}`);
  chosen = count;
}

/** How many threads may be used, and whether the user asked for that number. */
export function wantedThreads(): { readonly count: number; readonly asked: boolean } {
  if (chosen === undefined) {
    const text = platform.environment("KERATIN_THREADS");
    if (text === undefined || text === "") return { count: platform.cores(), asked: false };
    const count = Number(text);
    if (!Number.isInteger(count) || count < 1)
      throw new Error(`KERATIN_THREADS: expected a positive integer. Received: ${JSON.stringify(text)}`);
    chosen = count;
  }
  return { count: chosen, asked: true };
}

/** On how many threads a program may come to run, as far as one can know beforehand. */
export function mostThreads(): number {
  return Math.max(wantedThreads().count, platform.cores());
}
