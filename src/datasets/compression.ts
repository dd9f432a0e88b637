/** Inflates bytes with the web's own decompressor. @throws if they are damaged */
export async function inflate(
  bytes: Uint8Array,
  format: "gzip" | "deflate-raw",
  where: string,
): Promise<Uint8Array> {
  try {
    const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream(format));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new Error(`${where} cannot be decompressed: the file is truncated or damaged. Download it again.`);
  }
}

/** The bytes, decompressed if they are gzipped. */
export async function gunzipped(bytes: Uint8Array, where: string): Promise<Uint8Array> {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? inflate(bytes, "gzip", where) : bytes;
}

/** SHA-256 as lower-case hexadecimal digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await globalThis.crypto.subtle.digest("SHA-256", bytes as BufferSource);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
