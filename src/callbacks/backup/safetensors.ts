import { Tensor } from "../../ops/tensor.js";
import { byteSize, type DType, newArray } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";

/** Named tensors, and strings by name. */
export interface SafeTensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const CODES: Readonly<Record<DType, string>> = {
  float32: "F32",
  int32: "I32",
  uint32: "U32",
  uint8: "U8",
  bool: "BOOL",
};

const LENGTH_BYTES = 8;

/**
 * A file of tensors: the length of the header as 64 bits, the header as JSON, the numbers.
 * @see https://huggingface.co/docs/safetensors/index#format
 */
export function encodeSafeTensors({ tensors, metadata }: SafeTensors): Uint8Array {
  const entries: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, tensor] of tensors) {
    const end = offset + tensor.data.byteLength;
    entries[name] = { dtype: CODES[tensor.dtype], shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = JSON.stringify(entries);
  const length = new TextEncoder().encode(text).length;
  const header = new TextEncoder().encode(text + " ".repeat((8 - (length % 8)) % 8));
  const file = new Uint8Array(LENGTH_BYTES + header.length + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + header.length;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/** @throws if the bytes are not such a file, or a part of one */
export function decodeSafeTensors(file: Uint8Array): SafeTensors {
  if (file.length < LENGTH_BYTES) throw new Error(`it has only ${file.length} bytes`);
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (length > file.length - LENGTH_BYTES) throw new Error("it ends within its header");
  const header = file.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
  const entries: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header));
  if (!isRecord(entries)) throw new Error("its header is not a dictionary");
  const { __metadata__: metadata = {}, ...described } = entries;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string"))
    throw new Error("its metadata are not strings");
  const body = file.subarray(LENGTH_BYTES + length);
  const tensors = new Map(
    Object.entries(described).map(([name, entry]) => [name, readTensor(name, entry, body)]),
  );
  return { tensors, metadata: metadata as Record<string, string> };
}

function readTensor(name: string, entry: unknown, body: Uint8Array): Tensor {
  if (!isRecord(entry)) throw new Error(`the entry '${name}' is not a dictionary`);
  const dtype = Object.entries(CODES).find(([, code]) => code === entry.dtype)?.[0] as DType | undefined;
  if (!dtype) throw new Error(`'${name}' has the unknown type ${JSON.stringify(entry.dtype)}`);
  const { shape, data_offsets: offsets } = entry;
  if (!areSizes(shape) || !areSizes(offsets) || offsets.length !== 2)
    throw new Error(`'${name}' has no proper shape or offsets`);
  const [from, to] = offsets;
  const size = sizeOf(shape);
  if (to > body.length || to - from !== size * byteSize(dtype))
    throw new Error(`the numbers of '${name}' are not all there`);
  const data = newArray(dtype, size);
  new Uint8Array(data.buffer).set(body.subarray(from, to));
  return new Tensor(data, { shape, dtype });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function areSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
