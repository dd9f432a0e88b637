import type { Bytes } from "./bytes.js";

/** What one element of a dataset or attribute is. */
export interface ElementType {
  readonly kind: "float" | "integer" | "string" | "text";
  /** Bytes in the file; 16 for texts, which lie in a heap. */
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
}

/** Offset, precision, exponent's place and size, mantissa's place and size, bias, of IEEE numbers by their size. */
const IEEE: Readonly<Record<number, readonly number[]>> = {
  2: [0, 16, 10, 5, 0, 10, 15],
  4: [0, 32, 23, 8, 0, 23, 127],
  8: [0, 64, 52, 11, 0, 52, 1023],
};

/**
 * Reads a datatype message of at most `size` bytes.
 * @throws if it is none of those that weights and their descriptions have
 */
export function readElementType(bytes: Bytes, at: number, size: number): ElementType {
  if (size < 8) bytes.damaged(`the datatype at byte ${at} is cut off`);
  const version = bytes.u8(at) >> 4;
  const kind = bytes.u8(at) & 15;
  const bits = bytes.u8(at + 1);
  const length = bytes.u32(at + 4);
  if (version < 1 || version > 5) bytes.damaged(`the datatype at byte ${at} has an unknown version`);
  const littleEndian = (bits & 1) === 0;
  const more = (properties: number) => {
    if (size < 8 + properties) bytes.damaged(`the datatype at byte ${at} is cut off`);
  };
  switch (kind) {
    case 0: {
      more(4);
      const ordinary = [1, 2, 4, 8].includes(length) && bytes.u16(at + 8) === 0;
      if (!ordinary || bytes.u16(at + 10) !== 8 * length) return unusual(bytes, at);
      return { kind: "integer", size: length, signed: (bits & 8) !== 0, littleEndian };
    }
    case 1: {
      more(12);
      const places = [bytes.u16(at + 8), bytes.u16(at + 10)];
      for (let i = 12; i < 16; i++) places.push(bytes.u8(at + i));
      places.push(bytes.u32(at + 16));
      const ieee = Object.hasOwn(IEEE, length) && IEEE[length].every((value, i) => value === places[i]);
      if (!ieee || (bits & 0x40) !== 0 || bytes.u8(at + 2) !== 8 * length - 1) return unusual(bytes, at);
      return { kind: "float", size: length, signed: true, littleEndian };
    }
    case 3:
      if (length < 1 || length > bytes.length || (bits & 15) > 2 || bits >> 4 > 1) return unusual(bytes, at);
      return { kind: "string", size: length, signed: false, littleEndian: true };
    case 9: {
      more(8);
      // the base of a text is a string of one byte
      const base = readElementType(bytes, at + 8, size - 8);
      if ((bits & 15) !== 1 || length !== 16 || !["string", "integer"].includes(base.kind) || base.size !== 1)
        return unusual(bytes, at);
      return { kind: "text", size: 16, signed: false, littleEndian: true };
    }
    default:
      return unusual(bytes, at);
  }
}

function unusual(bytes: Bytes, at: number): never {
  return bytes.damaged(`the datatype at byte ${at} is none that Keras writes`);
}

/** Reads a dataspace message of at most `size` bytes: the shape. */
export function readShape(bytes: Bytes, at: number, size: number): number[] {
  const version = bytes.u8(at);
  const rank = bytes.u8(at + 1);
  const flags = bytes.u8(at + 2);
  const start = version === 1 ? 8 : 4;
  if (version < 1 || version > 2 || rank > 32 || flags > 1 || (version === 2 && bytes.u8(at + 3) > 1))
    bytes.damaged(`the shape at byte ${at} is none that Keras writes`);
  if (start + 8 * rank * (1 + flags) > size) bytes.damaged(`the shape at byte ${at} is cut off`);
  if (version === 2 && (bytes.u8(at + 3) === 0) !== (rank === 0))
    bytes.damaged(`the shape at byte ${at} contradicts itself`);
  const shape = Array.from({ length: rank }, (_, axis) => bytes.u64(at + start + 8 * axis));
  if (flags) {
    for (const [axis, extent] of shape.entries()) {
      const limit = at + start + 8 * (rank + axis);
      if (bytes.u32(limit + 4) !== 0xffff_ffff && bytes.u64(limit) < extent)
        bytes.damaged(`the shape at byte ${at} contradicts itself`);
    }
  }
  if (countOf(shape) > 2 ** 40) bytes.damaged(`the shape (${shape.join(", ")}) is impossible`);
  return shape;
}

export function countOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
