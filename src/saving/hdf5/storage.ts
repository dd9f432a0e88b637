import type { Bytes } from "./bytes.js";
import { padded } from "./bytes.js";
import { countOf } from "./elements.js";
import { MESSAGE, type Message, single } from "./objectHeader.js";

/** Below this, a dataset may declare more than is stored; above, at most a thousandfold, as in Keras. */
const FREE_EXPANSION = 1 << 26;
const MAXIMUM_EXPANSION = 1000;

/** gzip, shuffle, Fletcher's checksum: what h5py writes without plugins. */
const FILTERS: readonly number[] = [1, 2, 3];

/** Checks where the elements of a dataset are kept, and that there are as many as its shape says. */
export function checkStorage(
  bytes: Bytes,
  messages: readonly Message[],
  shape: readonly number[],
  elementSize: number,
): void {
  const fill = single(bytes, messages, MESSAGE.fillValue) ?? single(bytes, messages, MESSAGE.oldFillValue);
  if (fill) checkFillValue(bytes, fill);
  const filters = single(bytes, messages, MESSAGE.filters);
  if (filters) checkFilters(bytes, filters);
  const layout = single(bytes, messages, MESSAGE.layout);
  const size = countOf(shape) * elementSize;
  const stored = layout
    ? storedSize(bytes, layout, shape, elementSize, size)
    : bytes.damaged("a dataset does not say where its elements are");
  if (size > FREE_EXPANSION && size > MAXIMUM_EXPANSION * stored) {
    bytes.damaged(
      `a dataset of shape (${shape.join(", ")}) declares ${size} bytes of which only ${stored} are stored`,
    );
  }
}

function storedSize(
  bytes: Bytes,
  { at, size: room }: Message,
  shape: readonly number[],
  elementSize: number,
  size: number,
): number {
  const version = bytes.u8(at);
  const kind = bytes.u8(at + 1);
  if (version < 3 || version > 4) return bytes.damaged(`the layout at byte ${at} has an unknown version`);
  if (kind === 0) {
    if (bytes.u16(at + 2) !== size || room < 4 + size) bytes.damaged("a dataset's elements are cut off");
    return size;
  }
  if (kind === 1) {
    if (room < 18) bytes.damaged(`the layout at byte ${at} is cut off`);
    const start = bytes.address(at + 2);
    if (bytes.u64(at + 10) !== size) bytes.damaged(`the layout at byte ${at} contradicts the shape`);
    if (start === undefined) return 0;
    bytes.need(start, size, "a dataset's elements");
    return size;
  }
  if (kind !== 2) return bytes.damaged("a dataset's elements are in another file");
  if (version === 3) return chunkedSize(bytes, at, room, shape, elementSize);
  return singleChunkSize(bytes, at, room, shape, elementSize);
}

function chunkedSize(
  bytes: Bytes,
  at: number,
  room: number,
  shape: readonly number[],
  elementSize: number,
): number {
  const axes = bytes.u8(at + 2);
  if (axes !== shape.length + 1 || room < 11 + 4 * axes)
    bytes.damaged(`the layout at byte ${at} contradicts the shape`);
  const extents = Array.from({ length: axes }, (_, axis) => bytes.u32(at + 11 + 4 * axis));
  checkChunk(bytes, at, extents, shape, elementSize);
  const root = bytes.address(at + 3);
  return root === undefined ? 0 : chunkTree(bytes, root, axes);
}

function checkChunk(
  bytes: Bytes,
  at: number,
  extents: readonly number[],
  shape: readonly number[],
  elementSize: number,
): void {
  const fits =
    extents.at(-1) === elementSize &&
    extents.every((extent) => extent >= 1) &&
    countOf(extents) <= Math.max(2 * FREE_EXPANSION, 2 ** shape.length * countOf(shape) * elementSize) &&
    countOf(extents) < 2 ** 32;
  if (!fits) bytes.damaged(`the layout at byte ${at} contradicts the shape`);
}

/** The bytes of all chunks under a node of a version-1 tree. */
function chunkTree(bytes: Bytes, at: number, axes: number, expectedLevel?: number): number {
  bytes.own(at, "a table of chunks");
  bytes.signature(at, "TREE");
  const level = bytes.u8(at + 5);
  if (bytes.u8(at + 4) !== 1 || (expectedLevel ?? level) !== level || level > 32)
    bytes.damaged(`the table of chunks at byte ${at} is of another kind`);
  const keySize = 8 + 8 * axes;
  let stored = 0;
  for (let i = 0; i < bytes.u16(at + 6); i++) {
    const key = at + 24 + i * (keySize + 8);
    const child = bytes.place(key + keySize, "a chunk");
    if (level > 0) {
      stored += chunkTree(bytes, child, axes, level - 1);
    } else {
      bytes.need(child, bytes.u32(key), "a chunk");
      stored += bytes.u32(key);
    }
  }
  return stored;
}

/** Version 4 with the whole dataset in one chunk; its other tables of chunks are for arrays that grow. */
function singleChunkSize(
  bytes: Bytes,
  at: number,
  room: number,
  shape: readonly number[],
  elementSize: number,
): number {
  const flags = bytes.u8(at + 2);
  const axes = bytes.u8(at + 3);
  const width = bytes.u8(at + 4);
  const indexAt = at + 5 + axes * width;
  const end = indexAt + 1 + (flags & 2 ? 12 : 0) + 8;
  if (![1, 2, 4, 8].includes(width) || axes !== shape.length + 1 || end > at + room || flags > 3)
    bytes.damaged(`the layout at byte ${at} contradicts the shape`);
  if (bytes.u8(indexAt) !== 1)
    bytes.damaged("a dataset is kept in a form for arrays that grow, which Keras does not write");
  const extents = Array.from({ length: axes }, (_, axis) => bytes.unsigned(at + 5 + axis * width, width));
  checkChunk(bytes, at, extents, shape, elementSize);
  const stored = flags & 2 ? bytes.u64(indexAt + 1) : countOf(extents);
  const start = bytes.address(end - 8);
  if (start === undefined) return 0;
  bytes.need(start, stored, "a chunk");
  return stored;
}

function checkFillValue(bytes: Bytes, { type, at, size }: Message): void {
  let sizeAt = at;
  if (type === MESSAGE.fillValue) {
    const version = bytes.u8(at);
    if (version < 1 || version > 3) bytes.damaged(`the fill value at byte ${at} has an unknown version`);
    const defined = version === 3 ? bytes.u8(at + 1) & 0x20 : version === 1 || bytes.u8(at + 3);
    if (!defined) return;
    sizeAt = version === 3 ? at + 2 : at + 4;
  }
  if (sizeAt + 4 > at + size) bytes.damaged(`the fill value at byte ${at} is cut off`);
  const length = bytes.u32(sizeAt);
  if (length !== 0xffff_ffff && sizeAt + 4 + length > at + size)
    bytes.damaged(`the fill value at byte ${at} is cut off`);
}

function checkFilters(bytes: Bytes, { at, size }: Message): void {
  const version = bytes.u8(at);
  const count = bytes.u8(at + 1);
  if (version < 1 || version > 2 || count > 3) bytes.damaged(`the list of filters at byte ${at} is too long`);
  let next = at + (version === 1 ? 8 : 2);
  for (let i = 0; i < count; i++) {
    if (!FILTERS.includes(bytes.u16(next)))
      bytes.damaged(
        `a dataset is packed with filter ${bytes.u16(next)}; known are gzip, shuffle and fletcher32`,
      );
    const named = version === 1;
    const name = named ? padded(bytes.u16(next + 2)) : 0;
    const values = bytes.u16(next + (named ? 6 : 4));
    if (values > 8) bytes.damaged(`a filter at byte ${next} has too many settings`);
    next += (named ? 8 : 6) + name + 4 * (named ? values + (values % 2) : values);
  }
  if (next > at + size) bytes.damaged(`the list of filters at byte ${at} is cut off`);
}
