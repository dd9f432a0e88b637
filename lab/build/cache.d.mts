/** A hash of names and contents of files and folders of the checkout. */
export function hashOf(paths: readonly string[], counts?: (path: string) => boolean): string;

/** What was made for this key, now or before. */
export function cached(name: string, key: string, make: () => Promise<Uint8Array>): Promise<Buffer>;
