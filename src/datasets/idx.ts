/** An array in the format of the original MNIST files. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/**
 * Parses an IDX file of bytes: two zeros, the type 8, the number of axes, their sizes (big-endian), the elements.
 * @param where the file, for messages
 * @throws if it is not such a file, or truncated
 * @see http://yann.lecun.com/exdb/mnist/ (the format's description)
 */
export function parseIdx(bytes: Uint8Array, where: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint16(0) !== 0 || bytes[2] !== 8) {
    const found = [...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, "0")).join(" ");
    throw new Error(
      `${where} is not an IDX file of bytes: expected it to start with 00 00 08, found ${found || "nothing"}. Download it again, or name another folder.`,
    );
  }
  const rank = bytes[3];
  const start = 4 + 4 * rank;
  if (bytes.length < start)
    throw new Error(
      `${where} is truncated: its header needs ${start} bytes, the file has ${bytes.length}. Download it again.`,
    );
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((a, b) => a * b, 1);
  if (bytes.length !== start + size) {
    const what = bytes.length < start + size ? "truncated" : "too long";
    throw new Error(
      `${where} is ${what}: shape (${shape.join(", ")}) needs ${start + size} bytes, the file has ${bytes.length}. Download it again.`,
    );
  }
  return { shape, data: bytes.subarray(start) };
}
