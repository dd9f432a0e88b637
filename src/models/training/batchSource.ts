import type { ArrayData } from "./data.js";

/** `[x, y]` or `[x, y, sampleWeight]` (or `[x]`, where no labels are needed): arrays with one row a sample. */
export type BatchLike =
  | readonly [ArrayData]
  | readonly [ArrayData, ArrayData]
  | readonly [ArrayData, ArrayData, ArrayData];

/**
 * Batches from a generator, an array of batches' iterator, an async iterable, or a function that gives one for each pass.
 */
export type BatchSource =
  | AsyncIterable<BatchLike>
  | Iterator<BatchLike>
  | AsyncIterator<BatchLike>
  | (() => Iterable<BatchLike> | AsyncIterable<BatchLike>);

/** Whether data come batch by batch instead of as arrays. */
export function isBatchSource(value: unknown): value is BatchSource {
  if (typeof value === "function") return true;
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    return false;
  return Symbol.asyncIterator in value || ("next" in value && typeof value.next === "function");
}
