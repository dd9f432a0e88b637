/** A map of limited size: what was not asked for the longest goes when something new comes. */
export class RecentlyUsed<V> {
  readonly #kept = new Map<string, V>();

  /**
   * @param size how many are kept at most
   * @param dropped is told what goes, to give back what it holds
   */
  constructor(
    readonly size: number,
    readonly dropped: (value: V) => void = () => {},
  ) {}

  /** Counts as a use. */
  get(key: string): V | undefined {
    const value = this.#kept.get(key);
    if (value === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, value);
    return value;
  }

  /** Puts a value in the place of the key's; one that was there does not count as dropped. */
  set(key: string, value: V): void {
    this.#kept.delete(key);
    this.#kept.set(key, value);
    if (this.#kept.size <= this.size) return;
    const [[oldest, gone]] = this.#kept;
    this.#kept.delete(oldest);
    this.dropped(gone);
  }

  values(): IterableIterator<V> {
    return this.#kept.values();
  }

  clear(): void {
    this.#kept.clear();
  }
}
