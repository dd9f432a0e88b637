import { CONTEXTS, codeDigits } from "./imageCoder.js";
import { SymbolDecoder, SymbolEncoder } from "./symbolCoder.js";

/**
 * MNIST as one compact file. Twice (training and test digits) a header of three little-endian 32-bit numbers (how many digits,
 * bytes of the deflated tables, bytes of the coded digits), the tables, the digits.
 */
const HEADER = 12;
const SIZE = 28 * 28;

export interface Digits {
  /** 28×28 pixels for each digit. */
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
}

export async function packDigits(train: Digits, test: Digits): Promise<Uint8Array<ArrayBuffer>> {
  return concatenated([...(await packPart(train)), ...(await packPart(test))]);
}

/** @throws if it is no such file, or not whole */
export async function unpackDigits(
  file: Uint8Array<ArrayBuffer>,
): Promise<{ readonly train: Digits; readonly test: Digits }> {
  const first = await unpackPart(file, 0);
  const second = await unpackPart(file, first.end);
  if (second.end !== file.length) throw damaged();
  return { train: first.digits, test: second.digits };
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

async function unpackPart(file: Uint8Array<ArrayBuffer>, start: number) {
  if (file.length < start + HEADER) throw damaged();
  const header = new DataView(file.buffer, file.byteOffset + start, HEADER);
  const [count, tablesLength, codedLength] = [0, 4, 8].map((at) => header.getUint32(at, true));
  const tables = start + HEADER;
  const coded = tables + tablesLength;
  const end = coded + codedLength;
  if (file.length < end) throw damaged();
  const inflated = await through(file.slice(tables, coded), new DecompressionStream("deflate-raw"));
  const decoder = new SymbolDecoder(CONTEXTS, new Uint16Array(inflated.buffer), file.subarray(coded, end));
  const digits: Digits = { images: new Uint8Array(count * SIZE), labels: new Uint8Array(count) };
  codeDigits(decoder, digits.labels, digits.images);
  return { digits, end };
}

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
