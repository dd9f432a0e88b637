import { inflate } from "./compression.js";

/** An array of an .npz file. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Int32Array | Float32Array;
}

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

/**
 * The arrays of a NumPy .npz file (a zip archive of .npy files), by name.
 * @param where the file, for messages
 * @throws if it is damaged or holds something else
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function parseNpz(bytes: Uint8Array, where: string): Promise<Map<string, NpyArray>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = (what: string) =>
    new Error(`${where} is not a complete .npz file: ${what}. Delete it and download it again.`);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw damaged("its table of contents is missing");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const arrays = new Map<string, NpyArray>();
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== DIRECTORY_ENTRY)
      throw damaged("its table of contents is broken");
    const method = view.getUint16(at + 10, true);
    const checksum = view.getUint32(at + 16, true);
    const compressed = view.getUint32(at + 20, true);
    const size = view.getUint32(at + 24, true);
    const nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (local + 30 > bytes.length) throw damaged(`member ${name} lies outside`);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const packed = bytes.subarray(start, start + compressed);
    if (packed.length !== compressed || (method !== 0 && method !== 8))
      throw damaged(`member ${name} is cut off or packed in an unknown way`);
    const content = method === 0 ? packed : await inflate(packed, "deflate-raw", `${where} (${name})`);
    if (content.length !== size || crc32(content) !== checksum)
      throw damaged(`member ${name} has a wrong checksum`);
    arrays.set(name.replace(/\.npy$/, ""), parseNpy(content, `${where} (${name})`));
  }
  return arrays;
}

function parseNpy(bytes: Uint8Array, where: string): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || view.getUint32(0) !== 0x934e554d)
    throw new Error(`${where} is not an .npy array.`);
  const wide = bytes[6] >= 2;
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, start + length));
  const descr = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? "")
    .split(",")
    .filter((s) => s.trim())
    .map(Number);
  if (!shape.every((extent) => Number.isInteger(extent) && extent >= 0))
    throw new Error(`${where} has a broken header: its shape is (${shape.join(", ")}).`);
  if (/'fortran_order':\s*True/.test(header))
    throw new Error(
      `${where} is stored in Fortran order, which is not supported: save np.ascontiguousarray(x).`,
    );
  const size = shape.reduce((a, b) => a * b, 1);
  const body = bytes.slice(start + length);
  const elementBytes = Number(descr?.slice(2) ?? Number.NaN);
  if (body.length < size * elementBytes)
    throw new Error(
      `${where} is truncated: expected ${size * elementBytes} bytes of data, found ${body.length}.`,
    );
  switch (descr) {
    case "|u1":
      return { shape, data: body.subarray(0, size) };
    case "<i4":
      return { shape, data: new Int32Array(body.buffer, 0, size) };
    case "<i8":
      return { shape, data: Int32Array.from(new BigInt64Array(body.buffer, 0, size), Number) };
    case "<f4":
      return { shape, data: new Float32Array(body.buffer, 0, size) };
    case "<f8":
      return { shape, data: Float32Array.from(new Float64Array(body.buffer, 0, size)) };
    default:
      throw new Error(
        `${where} has elements of type ${descr}. Supported: uint8, int32, int64, float32, float64.`,
      );
  }
}

let table: Uint32Array | undefined;

function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
