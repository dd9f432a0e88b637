import type { Bytes } from "./bytes.js";
import { denseLinks } from "./denseLinks.js";
import { MESSAGE, type Message, single } from "./objectHeader.js";

/** A name in a group, and where the object is. */
export interface Link {
  readonly name: string;
  readonly at: number;
}

/** Sizes of the nodes of groups, from the superblock. */
export interface NodeSizes {
  readonly leaf: number;
  readonly internal: number;
}

/** Whether an object is a group. */
export function isGroup(messages: readonly Message[]): boolean {
  return messages.some(({ type }) => type === MESSAGE.symbolTable || type === MESSAGE.linkInfo);
}

/** The members of a group. @throws if one is a link that leads elsewhere, or the tables are damaged */
export function readLinks(bytes: Bytes, messages: readonly Message[], sizes: NodeSizes): Link[] {
  const table = single(bytes, messages, MESSAGE.symbolTable);
  const info = single(bytes, messages, MESSAGE.linkInfo);
  const links = messages
    .filter(({ type }) => type === MESSAGE.link)
    .map(({ at, size }) => readLink(bytes, at, size));
  if (table && info) bytes.damaged("a group has two tables of its members");
  if (table) links.push(...symbolTable(bytes, table, sizes));
  if (info) links.push(...denseLinks(bytes, info).map(({ at, size }) => readLink(bytes, at, size)));
  for (const { name } of links)
    if (name === "" || name.includes("/")) bytes.damaged("a member has no proper name");
  if (new Set(links.map(({ name }) => name)).size < links.length)
    bytes.damaged("two members of a group have one name");
  return links;
}

function readLink(bytes: Bytes, at: number, size: number): Link {
  const flags = bytes.u8(at + 1);
  if (size < 4 || bytes.u8(at) !== 1 || flags > 0x1f)
    bytes.damaged(`the link at byte ${at} has an unknown version`);
  let next = at + 2;
  if (flags & 8 && bytes.u8(next++) !== 0) return elsewhere(bytes);
  if (flags & 4) next += 8;
  if (flags & 16) next += 1;
  const width = 1 << (flags & 3);
  const length = bytes.unsigned(next, width);
  next += width;
  if (next + length + 8 > at + size) bytes.damaged(`the link at byte ${at} is cut off`);
  return { name: bytes.text(next, length), at: bytes.place(next + length, "a member") };
}

function elsewhere(bytes: Bytes): never {
  return bytes.damaged("it has a link that leads elsewhere, which is not accepted");
}

/** The form of a group that h5py writes by default: a tree of nodes with entries, names in a heap. */
function symbolTable(bytes: Bytes, { at, size }: Message, sizes: NodeSizes): Link[] {
  if (size < 16) bytes.damaged(`the group at byte ${at} is cut off`);
  const names = localHeap(bytes, bytes.place(at + 8, "a heap of names"));
  const links: Link[] = [];
  groupTree(bytes, bytes.place(at, "a group's table"), sizes, (entry) => {
    if (bytes.u32(entry + 16) > 1) elsewhere(bytes);
    const start = names.start + bytes.u64(entry);
    links.push({
      name: bytes.textBefore(start, names.end),
      at: bytes.place(entry + 8, "a member"),
    });
  });
  return links;
}

function localHeap(bytes: Bytes, at: number): { readonly start: number; readonly end: number } {
  bytes.own(at, "a heap of names");
  bytes.signature(at, "HEAP");
  if (bytes.u8(at + 4) !== 0) bytes.damaged(`the heap at byte ${at} has an unknown version`);
  const size = bytes.u64(at + 8);
  const start = bytes.place(at + 24, "a heap of names");
  bytes.need(start, size, "a heap of names");
  // the free places form a chain that ends in 1
  const seen = new Set<number>();
  for (
    let free = bytes.address(at + 16);
    free !== undefined && free !== 1;
    free = bytes.address(start + free)
  ) {
    if (free + 16 > size || free + bytes.u64(start + free + 8) > size || seen.has(free))
      bytes.damaged(`the free places of the heap at byte ${at} are damaged`);
    seen.add(free);
  }
  return { start, end: start + size };
}

function groupTree(
  bytes: Bytes,
  at: number,
  sizes: NodeSizes,
  visit: (entry: number) => void,
  expectedLevel?: number,
): void {
  bytes.own(at, "a group's table");
  bytes.signature(at, "TREE");
  const level = bytes.u8(at + 5);
  const used = bytes.u16(at + 6);
  if (bytes.u8(at + 4) !== 0 || (expectedLevel ?? level) !== level || level > 32 || used > 2 * sizes.internal)
    bytes.damaged(`the group's table at byte ${at} is of another kind`);
  bytes.need(at, 32 + 32 * sizes.internal, "a group's table");
  for (let i = 0; i < used; i++) {
    const child = bytes.place(at + 32 + 16 * i, "a part of a group's table");
    if (level > 0) {
      groupTree(bytes, child, sizes, visit, level - 1);
      continue;
    }
    bytes.own(child, "a part of a group's table");
    bytes.signature(child, "SNOD");
    const entries = bytes.u16(child + 6);
    if (bytes.u8(child + 4) !== 1 || entries > 2 * sizes.leaf)
      bytes.damaged(`the part of a group's table at byte ${child} has an unknown version`);
    bytes.need(child, 8 + 80 * sizes.leaf, "a part of a group's table");
    for (let entry = 0; entry < entries; entry++) visit(child + 8 + 40 * entry);
  }
}
