/**
 * Sets how many threads programs run on. Results are the same bits for any number. Programs run on one thread for now, so this
 * only checks its argument.
 *
 * @throws if `count` is not a positive integer
 */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`setThreads: expected a positive integer. Received: ${String(count)}`);
}
