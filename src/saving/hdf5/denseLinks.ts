import type { Bytes } from "./bytes.js";
import type { Message } from "./objectHeader.js";

/** A link's place in the heap of a group with many members. */
export interface Place {
  readonly at: number;
  readonly size: number;
}

/**
 * The links of a group that keeps them in a fractal heap, indexed by a version-2 tree: what newer versions of HDF5 do from nine
 * members on.
 */
export function denseLinks(bytes: Bytes, { at, size }: Message): Place[] {
  const flags = bytes.u8(at + 1);
  const start = at + 2 + (flags & 1 ? 8 : 0);
  if (bytes.u8(at) !== 0 || flags > 3 || start + 16 + (flags & 2 ? 8 : 0) > at + size)
    bytes.damaged(`the group at byte ${at} has an unknown version`);
  const heapAt = bytes.address(start);
  const treeAt = bytes.address(start + 8);
  if (heapAt === undefined || treeAt === undefined) return [];
  if (flags & 2 && bytes.address(start + 16) !== undefined)
    bytes.damaged("a group keeps its members in the order of their creation, which Keras does not do");
  const heap = readHeap(bytes, heapAt);
  return treeRecords(bytes, treeAt).map((record) => placeOf(bytes, heap, record));
}

interface Block {
  /** Where the block begins among all blocks. */
  readonly offset: number;
  readonly size: number;
  readonly at: number;
}

interface Heap {
  readonly blocks: readonly Block[];
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

function readHeap(bytes: Bytes, at: number): Heap {
  bytes.own(at, "a heap of links");
  bytes.signature(at, "FRHP");
  if (bytes.u8(at + 4) !== 0 || bytes.u16(at + 7) !== 0)
    bytes.damaged(`the heap at byte ${at} has an unknown version, or is packed`);
  const maximumManaged = bytes.u32(at + 10);
  if (bytes.u64(at + 86) > 0 || bytes.u64(at + 102) > 0)
    bytes.damaged(`the heap at byte ${at} has objects of unusual size`);
  const table: DoublingTable = {
    width: bytes.u16(at + 110),
    startSize: bytes.u64(at + 112),
    maximumDirect: bytes.u64(at + 120),
    offsetBytes: Math.ceil(bytes.u16(at + 128) / 8),
    rows: bytes.u16(at + 140),
    heapAt: at,
  };
  const powers = [table.width, table.startSize, table.maximumDirect];
  if (powers.some((n) => n < 1 || Math.log2(n) % 1 !== 0) || table.offsetBytes < 1 || table.offsetBytes > 8)
    bytes.damaged(`the heap at byte ${at} contradicts itself`);
  const root = bytes.address(at + 132);
  const blocks: Block[] = [];
  if (root !== undefined) {
    if (table.rows === 0) blocks.push(directBlock(bytes, table, root, 0, table.startSize));
    else indirectBlock(bytes, table, root, 0, table.rows, blocks);
  }
  const limit = Math.max(1, Math.min(maximumManaged, table.maximumDirect));
  const lengthBytes = Math.floor((Math.floor(Math.log2(limit)) + 7) / 8);
  return { blocks, offsetBytes: table.offsetBytes, lengthBytes };
}

interface DoublingTable {
  readonly width: number;
  readonly startSize: number;
  readonly maximumDirect: number;
  readonly offsetBytes: number;
  readonly rows: number;
  readonly heapAt: number;
}

function sizeOfRow(table: DoublingTable, row: number): number {
  return table.startSize * 2 ** Math.max(0, row - 1);
}

function checkBlock(bytes: Bytes, table: DoublingTable, at: number, offset: number, letters: string): void {
  bytes.own(at, "a block of links");
  bytes.signature(at, letters);
  const sameHeap = bytes.address(at + 5) === table.heapAt;
  if (bytes.u8(at + 4) !== 0 || !sameHeap || bytes.unsigned(at + 13, table.offsetBytes) !== offset)
    bytes.damaged(`the block of links at byte ${at} belongs elsewhere`);
}

function directBlock(bytes: Bytes, table: DoublingTable, at: number, offset: number, size: number): Block {
  checkBlock(bytes, table, at, offset, "FHDB");
  bytes.need(at, size, "a block of links");
  return { offset, size, at };
}

function indirectBlock(
  bytes: Bytes,
  table: DoublingTable,
  at: number,
  offset: number,
  rows: number,
  blocks: Block[],
): void {
  checkBlock(bytes, table, at, offset, "FHIB");
  if (rows > 64) bytes.damaged(`the block of links at byte ${at} is too large`);
  const directRows = Math.log2(table.maximumDirect / table.startSize) + 2;
  let next = at + 13 + table.offsetBytes;
  let position = offset;
  for (let row = 0; row < rows; row++) {
    const size = sizeOfRow(table, row);
    for (let column = 0; column < table.width; column++, position += size, next += 8) {
      const child = bytes.address(next);
      if (child === undefined) continue;
      if (row < directRows) {
        blocks.push(directBlock(bytes, table, child, position, size));
      } else {
        const inner = Math.log2(size / (table.startSize * table.width)) + 1;
        indirectBlock(bytes, table, child, position, inner, blocks);
      }
    }
  }
}

function placeOf(bytes: Bytes, heap: Heap, record: number): Place {
  // version and kind, then offset and length: only what lies in blocks, as short links do
  if (bytes.u8(record) !== 0) bytes.damaged("a link is kept in an unusual way");
  const offset = bytes.unsigned(record + 1, heap.offsetBytes);
  const size = bytes.unsigned(record + 1 + heap.offsetBytes, heap.lengthBytes);
  const block = heap.blocks.find((b) => offset >= b.offset && offset + size <= b.offset + b.size);
  if (!block) return bytes.damaged("a link lies outside of its heap");
  return { at: block.at + offset - block.offset, size };
}

/** Where the heap's ids are in the records of a version-2 tree of links by name. */
function treeRecords(bytes: Bytes, at: number): number[] {
  bytes.own(at, "an index of links");
  bytes.signature(at, "BTHD");
  const nodeSize = bytes.u32(at + 6);
  const recordSize = bytes.u16(at + 10);
  const depth = bytes.u16(at + 12);
  const total = bytes.u64(at + 26);
  if (bytes.u8(at + 4) !== 0 || bytes.u8(at + 5) !== 5 || recordSize !== 11 || nodeSize < 64 || depth > 16)
    bytes.damaged(`the index of links at byte ${at} is of another kind`);
  const root = bytes.address(at + 16);
  const records: number[] = [];
  if (root !== undefined) {
    const capacities = nodeCapacities(nodeSize, recordSize, depth);
    treeNode(bytes, { nodeSize, recordSize, capacities }, root, bytes.u16(at + 24), depth, records);
  }
  if (records.length !== total) bytes.damaged(`the index of links at byte ${at} is not complete`);
  return records;
}

interface Tree {
  readonly nodeSize: number;
  readonly recordSize: number;
  /** For each depth: the most records in a node, the bytes of a count of a node's records and of all below. */
  readonly capacities: readonly { readonly records: number; readonly total: number }[];
}

function bytesFor(value: number): number {
  return Math.max(1, Math.ceil(Math.log2(value + 1) / 8));
}

function nodeCapacities(nodeSize: number, recordSize: number, depth: number): Tree["capacities"] {
  const leaf = Math.floor((nodeSize - 10) / recordSize);
  const capacities = [{ records: leaf, total: leaf }];
  for (let level = 1; level <= depth; level++) {
    const below = capacities[level - 1];
    const pointer = 8 + bytesFor(leaf) + (level > 1 ? bytesFor(below.total) : 0);
    const records = Math.floor((nodeSize - 10 - pointer) / (recordSize + pointer));
    capacities.push({ records, total: (records + 1) * below.total + records });
  }
  return capacities;
}

function treeNode(
  bytes: Bytes,
  tree: Tree,
  at: number,
  count: number,
  depth: number,
  records: number[],
): void {
  bytes.own(at, "an index of links");
  bytes.signature(at, depth > 0 ? "BTIN" : "BTLF");
  bytes.need(at, tree.nodeSize, "an index of links");
  if (bytes.u8(at + 4) !== 0 || bytes.u8(at + 5) !== 5 || count > tree.capacities[depth].records)
    bytes.damaged(`the index of links at byte ${at} is of another kind`);
  // each record is the name's hash and the heap's id
  for (let i = 0; i < count; i++) records.push(at + 6 + i * tree.recordSize + 4);
  if (depth === 0) return;
  const countBytes = bytesFor(tree.capacities[0].records);
  const totalBytes = depth > 1 ? bytesFor(tree.capacities[depth - 1].total) : 0;
  let next = at + 6 + count * tree.recordSize;
  for (let child = 0; child <= count; child++, next += 8 + countBytes + totalBytes) {
    const inChild = bytes.unsigned(next + 8, countBytes);
    treeNode(bytes, tree, bytes.place(next, "an index of links"), inChild, depth - 1, records);
  }
}
