import { type DType, newArray, type TypedArray } from "../tensor/dtype.js";

/** A number, a boolean, or arrays of them nested to any depth. */
export type NestedArray = number | boolean | readonly NestedArray[];

interface Nested {
  readonly data: TypedArray;
  readonly shape: number[];
  readonly dtype: DType;
}

/** Elements, shape and dtype of nested arrays or of a typed array. */
export function nestedData(source: NestedArray | ArrayLike<number> | BigInt64Array, dtype?: DType): Nested {
  if (ArrayBuffer.isView(source))
    return typedData(source as unknown as ArrayLike<number> & ArrayBufferView, dtype);
  const shape: number[] = [];
  for (let row = source as NestedArray; Array.isArray(row); row = row[0]) {
    shape.push(row.length);
    if (row.length === 0) break;
  }
  const flat: (number | boolean)[] = [];
  collect(source as NestedArray, shape, 0, flat);
  const kind = dtype ?? (flat.length > 0 && flat.every((v) => typeof v === "boolean") ? "bool" : "float32");
  return {
    data: newArray(kind, flat.map(kind === "bool" ? (v) => (v ? 1 : 0) : Number)),
    shape,
    dtype: kind,
  };
}

function collect(
  source: NestedArray,
  shape: readonly number[],
  axis: number,
  flat: (number | boolean)[],
): void {
  if (Array.isArray(source)) {
    if (source.length !== shape[axis]) {
      throw new Error(
        `Expected nested arrays of equal lengths. Received: ${source.length} elements where others at depth ${axis} have ${shape[axis] ?? "none"}.`,
      );
    }
    for (const element of source) collect(element, shape, axis + 1, flat);
    return;
  }
  if (axis !== shape.length || (typeof source !== "number" && typeof source !== "boolean")) {
    throw new Error(
      `Expected numbers or booleans, or arrays of them. Received: ${typeof source === "string" ? JSON.stringify(source) : String(source)}${axis > 0 ? ` at depth ${axis}` : ""}.`,
    );
  }
  flat.push(source as number | boolean);
}

const dtypeOfArray = new Map<string, DType>([
  ["Float32Array", "float32"],
  ["Float64Array", "float32"],
  ["Int32Array", "int32"],
  ["Int16Array", "int32"],
  ["Int8Array", "int32"],
  ["Uint32Array", "uint32"],
  ["Uint16Array", "int32"],
  ["Uint8Array", "uint8"],
  ["Uint8ClampedArray", "uint8"],
  ["BigInt64Array", "int32"],
]);

function typedData(source: ArrayLike<number> & ArrayBufferView, dtype?: DType): Nested {
  const type = source.constructor.name === "Buffer" ? "Uint8Array" : source.constructor.name;
  const own = dtypeOfArray.get(type);
  if (!own)
    throw new Error(
      `Cannot make a tensor from ${type}. Use Float32Array, Int32Array, Uint32Array or Uint8Array.`,
    );
  const kind = dtype ?? own;
  const numbers = source instanceof BigInt64Array ? Array.from(source, Number) : source;
  // one type on both sides: the array itself, not a copy
  const keep = kind === own && type === newArray(kind, 0).constructor.name;
  const data = keep ? (source as unknown as TypedArray) : newArray(kind, numbers);
  if (kind === "bool") for (let i = 0; i < data.length; i++) data[i] = numbers[i] ? 1 : 0;
  return { data, shape: [source.length], dtype: kind };
}
