import { CONTEXTS, codeDigits } from "./imageCoder.js";
import { SymbolDecoder, SymbolEncoder } from "./symbolCoder.js";

/**
 * MNIST as one compact file of three parts, so that two threads can decode it: training digits (half of all digits), the other
 * training digits, test digits. A part is a header of three little-endian 32-bit numbers (how many digits, bytes of the deflated
 * tables, bytes of the coded digits), the tables, the digits.
 */
const HEADER = 12;
const SIZE = 28 * 28;

export interface Digits {
  /** 28×28 pixels for each digit. */
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** A file's parts, not decoded yet. */
export interface Parts {
  /** Training digits come in two of them. */
  readonly train: readonly [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];
  readonly test: Uint8Array<ArrayBuffer>;
}

export async function packDigits(train: Digits, test: Digits): Promise<Uint8Array<ArrayBuffer>> {
  const all = train.labels.length + test.labels.length;
  const half = Math.min(Math.ceil(all / 2), train.labels.length);
  const parts = [some(train, 0, half), some(train, half, train.labels.length), test];
  return concatenated((await Promise.all(parts.map(packPart))).flat());
}

const some = ({ images, labels }: Digits, from: number, to: number): Digits => ({
  images: images.subarray(from * SIZE, to * SIZE),
  labels: labels.subarray(from, to),
});

/** @throws if it is no such file, or not whole */
export function partsOf(file: Uint8Array<ArrayBuffer>): Parts {
  const ends = [0];
  for (let part = 0; part < 3; part++) {
    const start = ends[part];
    if (file.length < start + HEADER) throw damaged();
    const { tablesLength, codedLength } = header(file.subarray(start));
    ends.push(start + HEADER + tablesLength + codedLength);
  }
  if (ends[3] !== file.length) throw damaged();
  const part = (i: number) => file.slice(ends[i], ends[i + 1]);
  return { train: [part(0), part(1)], test: part(2) };
}

async function packPart({ images, labels }: Digits): Promise<Uint8Array[]> {
  const encoder = new SymbolEncoder(CONTEXTS);
  codeDigits(encoder, labels.slice(), images.slice());
  const { frequencies, bytes } = encoder.finish();
  const tables = await through(
    new Uint8Array(frequencies.buffer as ArrayBuffer),
    new CompressionStream("deflate-raw"),
  );
  const header = Uint32Array.of(labels.length, tables.length, bytes.length);
  return [new Uint8Array(header.buffer), tables, bytes];
}

/** @throws if it is no part of such a file */
export async function unpackPart(part: Uint8Array<ArrayBuffer>): Promise<Digits> {
  const { count, tablesLength, codedLength } = header(part);
  const coded = HEADER + tablesLength;
  const tables = await through(part.subarray(HEADER, coded), new DecompressionStream("deflate-raw"));
  const frequencies = new Uint16Array(tables.buffer);
  const decoder = new SymbolDecoder(CONTEXTS, frequencies, part.subarray(coded, coded + codedLength));
  const digits: Digits = { images: new Uint8Array(count * SIZE), labels: new Uint8Array(count) };
  codeDigits(decoder, digits.labels, digits.images);
  return digits;
}

function header(part: Uint8Array<ArrayBuffer>) {
  const view = new DataView(part.buffer, part.byteOffset, HEADER);
  const [count, tablesLength, codedLength] = [0, 4, 8].map((at) => view.getUint32(at, true));
  return { count, tablesLength, codedLength };
}

/** Several lots of digits as one. */
export const joined = (lots: readonly Digits[]): Digits => ({
  images: concatenated(lots.map(({ images }) => images)),
  labels: concatenated(lots.map(({ labels }) => labels)),
});

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = new Response(new Blob([bytes]).stream().pipeThrough(stream));
  return new Uint8Array(await response.arrayBuffer());
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

function damaged(): Error {
  return new Error("The file of digits is damaged or not complete.");
}
