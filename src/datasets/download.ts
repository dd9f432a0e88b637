import { platform } from "#platform";
import type { Progbar } from "../utils/progbar.js";
import { sha256 } from "./compression.js";

export interface DownloadOptions {
  /** SHA-256 of the file, as hexadecimal digits. */
  readonly sha256: string;
  /** Receives the progress. Default: it is printed. */
  readonly write?: (text: string) => void;
  readonly makeProgbar: MakeProgbar;
}

/** @param target how much there is to come; null if unknown */
export type MakeProgbar = (target: number | null, write: (text: string) => void) => Pick<Progbar, "update">;

/**
 * Fetches a file with a progress bar, as `keras.utils.get_file` does.
 * @throws if it cannot be reached, breaks off, or is not the file that was expected; the reason in words
 */
export async function download(url: string, options: DownloadOptions): Promise<Uint8Array> {
  const write = options.write ?? platform.write;
  write(`Downloading data from ${url}\n`);
  const response = await fetch(url);
  if (!response.ok || !response.body)
    throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
  const total = Number(response.headers.get("content-length")) || null;
  const bar = options.makeProgbar(total, write);
  const chunks: Uint8Array[] = [];
  let received = 0;
  try {
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      received += value.length;
      if (total === null || received < total) bar.update(received);
    }
  } catch (error) {
    write("\n");
    throw new Error(`it broke off after ${received} bytes: ${reasonOf(error)}`);
  }
  bar.update(received, [], true);
  const bytes = new Uint8Array(received);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if ((await sha256(bytes)) !== options.sha256)
    throw new Error("what came has a wrong checksum (SHA-256) and was thrown away");
  return bytes;
}

/** What a failed `fetch` hides in its cause, such as the name that could not be resolved. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const inner = cause instanceof AggregateError ? cause.errors[0] : cause;
  return inner instanceof Error ? inner.message : error.message;
}
