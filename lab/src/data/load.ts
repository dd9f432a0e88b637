import { DIGITS_BYTES, DIGITS_FILE, DIGITS_SHA256 } from "virtual:digits";
import { type Digits, partsOf } from "./mnistFile.js";
import DataWorker from "./worker.ts?worker";

export interface LoadedDigits {
  /** In several lots, one after another. */
  readonly train: readonly Digits[];
  readonly test: Digits;
}

/**
 * Fetches the file of digits (or takes it from the browser's cache), checks it and decodes it in two threads.
 *
 * @param progress is told how much has come, from 0 to 1
 * @throws if there is no such file or it is damaged
 */
export async function loadDigits(progress: (share: number) => void): Promise<LoadedDigits> {
  // they start while the file comes
  const workers = [new DataWorker(), new DataWorker()];
  try {
    const bytes = await fetched(progress);
    if (globalThis.crypto?.subtle && (await sha256(bytes)) !== DIGITS_SHA256)
      throw new Error(`${DIGITS_FILE} is damaged: its checksum is wrong. Reload the page.`);
    const { train, test } = partsOf(bytes);
    const [[first], [second, tested]] = await Promise.all([
      decoded(workers[0], [train[0]]),
      decoded(workers[1], [train[1], test]),
    ]);
    return { train: [first, second], test: tested };
  } finally {
    for (const worker of workers) worker.terminate();
  }
}

function decoded(worker: Worker, parts: readonly Uint8Array<ArrayBuffer>[]): Promise<readonly Digits[]> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.digits));
    worker.onerror = ({ message }) => reject(new Error(message || "The data could not be decoded."));
    worker.postMessage(
      parts,
      parts.map(({ buffer }) => buffer),
    );
  });
}

async function fetched(progress: (share: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(DIGITS_FILE);
  if (!response.ok || !response.body)
    throw new Error(`${DIGITS_FILE} could not be loaded (${response.status} ${response.statusText}).`);
  const bytes = new Uint8Array(DIGITS_BYTES);
  let position = 0;
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (position + part.value.length > bytes.length)
      throw new Error(`${DIGITS_FILE} is longer than it should be.`);
    bytes.set(part.value, position);
    position += part.value.length;
    progress(position / bytes.length);
  }
  if (position < bytes.length) throw new Error(`${DIGITS_FILE} is not complete. Reload the page.`);
  return bytes;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
