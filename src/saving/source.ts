import { platform } from "#platform";

/** Where a file can be: a path or address, its bytes, or what a page's file input gives. */
export type FileSource = string | URL | Blob | Uint8Array | ArrayBuffer;

/** What `source` is, for messages. */
export function nameOfSource(source: FileSource): string {
  if (typeof source === "string" || source instanceof URL) return String(source);
  if (source instanceof Blob) return "name" in source ? String(source.name) : "the Blob";
  return "the bytes";
}

/** A file beside another one. @throws if it is not known where that is */
export function besideSource(source: FileSource, name: string): FileSource {
  if (source instanceof URL) return new URL(name, source);
  if (typeof source === "string") {
    if (/^\w+:\/\//.test(source)) return new URL(name, source);
    return source.replace(/[^/\\]*$/, "") + name;
  }
  throw new Error(
    `${nameOfSource(source)}: the weights are in another file, ${name}. Give the path or address of the model instead of its content.`,
  );
}

/** All bytes of a file. @throws if there is no such file, or it cannot be fetched */
export async function readSource(source: FileSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new Error(
      `Expected a path, a URL, a Blob or a Uint8Array of a file. Received: ${String(source)} (of type ${typeof source}).`,
    );
  }
  const address = String(source);
  if (isFetched(address)) return fetched(address);
  const path = address.startsWith("file:") ? platform.pathFromUrl(address) : address;
  if (!(await platform.fileExists(path))) {
    throw new Error(`File not found: ${path}. Please ensure the file is an accessible path.`);
  }
  return platform.readFile(path);
}

/** In a page every address is fetched; in Node those that say so. */
function isFetched(address: string): boolean {
  return /^(https?|data|blob):/.test(address) || platform.name === "browser";
}

async function fetched(address: string): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(address);
  } catch (error) {
    throw new Error(`${address} could not be fetched: ${(error as Error).message}.`, { cause: error });
  }
  if (!response.ok) throw new Error(`${address} could not be fetched: HTTP status ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}
