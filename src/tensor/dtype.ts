/** The element types that the engine computes with. `bool` is stored as bytes of 0 and 1. */
export type DType = "float32" | "int32" | "uint32" | "uint8" | "bool";

export type TypedArray = Float32Array | Int32Array | Uint32Array | Uint8Array;

type ArrayConstructor = new (lengthOrBuffer: number | ArrayLike<number> | ArrayBufferLike) => TypedArray;

const table: Record<DType, { bytes: number; array: ArrayConstructor }> = {
  float32: { bytes: 4, array: Float32Array as ArrayConstructor },
  int32: { bytes: 4, array: Int32Array as ArrayConstructor },
  uint32: { bytes: 4, array: Uint32Array as ArrayConstructor },
  uint8: { bytes: 1, array: Uint8Array as ArrayConstructor },
  bool: { bytes: 1, array: Uint8Array as ArrayConstructor },
};

export const dtypes = Object.keys(table) as readonly DType[];

/** Bytes of one element. */
export function byteSize(dtype: DType): number {
  return table[dtype].bytes;
}

/** A zeroed array of `length` elements, or a converted copy of `from`. */
export function newArray(dtype: DType, length: number | ArrayLike<number>): TypedArray {
  return new table[dtype].array(length);
}

/** A view of `length` elements at `byteOffset` of a buffer. */
export function viewArray(
  dtype: DType,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): TypedArray {
  const View = table[dtype].array as unknown as new (b: ArrayBufferLike, o: number, n: number) => TypedArray;
  return new View(buffer, byteOffset, length);
}
