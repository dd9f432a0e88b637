import { newArray, type TypedArray } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";
import type { Json } from "../../utils/serialization.js";
import { isRecord } from "../json.js";
import { fromHalf, toHalf } from "./half.js";

export type Quantization = "uint8" | "uint16" | "float16";

/** One array of a weights manifest. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
  readonly quantization?: { readonly dtype: Quantization; readonly scale?: number; readonly min?: number };
}

/** Arrays whose bytes stand one after another in files. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

const BYTES = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;

/** @throws if it is no weights manifest, or a path leads out of the model's folder */
export function parseManifest(value: Json | undefined, where: string): WeightGroup[] {
  const damaged = (what: string): never => {
    throw new Error(`${where} is damaged: ${what}.`);
  };
  if (!Array.isArray(value)) return damaged("it has no list weightsManifest");
  return value.map((group): WeightGroup => {
    const { paths, weights } = isRecord(group) ? group : ({} as Record<string, unknown>);
    if (!Array.isArray(paths) || !Array.isArray(weights))
      return damaged("a group of weights has no paths or weights");
    for (const path of paths) {
      if (typeof path !== "string" || !/^[\w.-]+(\/[\w.-]+)*$/.test(path) || /(^|\/)\.+(\/|$)/.test(path))
        damaged(`the weights' path ${JSON.stringify(path)} leads elsewhere`);
    }
    for (const spec of weights) if (!isSpec(spec)) damaged(`${excerpt(spec)} describes no weight`);
    return { paths: paths as string[], weights: weights as unknown as WeightSpec[] };
  });
}

function excerpt(value: unknown): string {
  return JSON.stringify(value).slice(0, 100);
}

function isSpec(value: unknown): value is WeightSpec {
  if (!isRecord(value)) return false;
  const { name, shape, dtype, quantization } = value;
  const sound = (extent: unknown) => Number.isSafeInteger(extent) && (extent as number) >= 0;
  if (typeof name !== "string" || !Array.isArray(shape) || !shape.every(sound)) return false;
  if (!["float32", "int32", "bool"].includes(dtype as string)) return false;
  if (quantization === undefined) return true;
  if (!isRecord(quantization)) return false;
  if (quantization.dtype === "float16") return dtype === "float32";
  const affine = Number.isFinite(quantization.scale) && Number.isFinite(quantization.min);
  return ["uint8", "uint16"].includes(quantization.dtype as string) && affine;
}

/** Bytes that the arrays of a group take. */
export function bytesOf({ weights }: WeightGroup): number {
  return weights.reduce(
    (sum, spec) => sum + sizeOf(spec.shape) * BYTES[spec.quantization?.dtype ?? spec.dtype],
    0,
  );
}

/** The arrays of a group. @throws if there are not as many bytes as the manifest says */
export function decodeGroup(group: WeightGroup, bytes: Uint8Array, where: string): NamedArray[] {
  if (bytes.length !== bytesOf(group)) {
    throw new Error(
      `${where}: the weights in ${group.paths.join(", ")} are damaged: ${bytesOf(group)} bytes are declared, found ${bytes.length}.`,
    );
  }
  let at = 0;
  return group.weights.map((spec): NamedArray => {
    const size = sizeOf(spec.shape);
    const length = size * BYTES[spec.quantization?.dtype ?? spec.dtype];
    const buffer = bytes.slice(at, at + length).buffer;
    at += length;
    return { name: spec.name, shape: spec.shape, data: decode(spec, buffer) };
  });
}

function decode({ dtype, quantization }: WeightSpec, buffer: ArrayBufferLike): TypedArray {
  if (!quantization) {
    if (dtype === "float32") return new Float32Array(buffer);
    return dtype === "int32" ? new Int32Array(buffer) : new Uint8Array(buffer);
  }
  if (quantization.dtype === "float16") return Float32Array.from(new Uint16Array(buffer), fromHalf);
  const { scale = 1, min = 0 } = quantization;
  const levels = quantization.dtype === "uint8" ? new Uint8Array(buffer) : new Uint16Array(buffer);
  const data = newArray(dtype === "float32" ? "float32" : "int32", levels.length);
  for (const [i, level] of levels.entries())
    data[i] = dtype === "float32" ? level * scale + min : Math.round(level * scale + min);
  return data;
}

/** A weight's description and bytes. Only float32 weights are quantized. */
export function encode(
  { name, shape, data }: NamedArray,
  quantization: Quantization | undefined,
): { readonly spec: WeightSpec; readonly bytes: Uint8Array } {
  const bytesOfArray = (array: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }) =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (!(data instanceof Float32Array))
    return { spec: { name, shape, dtype: "int32" }, bytes: bytesOfArray(Int32Array.from(data)) };
  if (!quantization || data.length === 0)
    return { spec: { name, shape, dtype: "float32" }, bytes: bytesOfArray(data) };
  if (quantization === "float16") {
    const spec: WeightSpec = { name, shape, dtype: "float32", quantization: { dtype: quantization } };
    return { spec, bytes: bytesOfArray(Uint16Array.from(data, toHalf)) };
  }
  const min = data.reduce((a, b) => Math.min(a, b));
  const range = data.reduce((a, b) => Math.max(a, b)) - min;
  const scale = range > 0 ? range / (quantization === "uint8" ? 255 : 65535) : 1;
  const levels = (quantization === "uint8" ? new Uint8Array(data.length) : new Uint16Array(data.length)).fill(
    0,
  );
  for (let i = 0; i < data.length; i++) levels[i] = Math.round((data[i] - min) / scale);
  const spec: WeightSpec = {
    name,
    shape,
    dtype: "float32",
    quantization: { dtype: quantization, scale, min },
  };
  return { spec, bytes: bytesOfArray(levels) };
}
