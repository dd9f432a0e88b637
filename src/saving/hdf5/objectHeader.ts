import type { Bytes } from "./bytes.js";

/** The kinds of messages that objects of Keras's files have, by their numbers in the format. */
export const MESSAGE = {
  nothing: 0x00,
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFillValue: 0x04,
  fillValue: 0x05,
  link: 0x06,
  layout: 0x08,
  groupInfo: 0x0a,
  filters: 0x0b,
  attribute: 0x0c,
  comment: 0x0d,
  oldModificationTime: 0x0e,
  continuation: 0x10,
  symbolTable: 0x11,
  modificationTime: 0x12,
  attributeInfo: 0x15,
  referenceCount: 0x16,
} as const;

const KNOWN: ReadonlySet<number> = new Set(Object.values(MESSAGE));

/** A part of an object's description. */
export interface Message {
  readonly type: number;
  readonly at: number;
  readonly size: number;
}

interface Chunk {
  readonly start: number;
  readonly end: number;
}

/** All messages of the object at `at`. @throws if the header is damaged, or shares messages with other objects */
export function readMessages(bytes: Bytes, at: number): Message[] {
  bytes.own(at, "an object");
  return bytes.u8(at) === 1 ? readVersion1(bytes, at) : readVersion2(bytes, at);
}

/** The only message of a type, if there is one. */
export function single(bytes: Bytes, messages: readonly Message[], type: number): Message | undefined {
  const found = messages.filter((message) => message.type === type);
  if (found.length > 1) bytes.damaged(`an object has ${found.length} descriptions of one kind`);
  return found[0];
}

function readVersion1(bytes: Bytes, at: number): Message[] {
  const expected = bytes.u16(at + 2);
  const first: Chunk = { start: at + 16, end: at + 16 + bytes.u32(at + 8) };
  const chunks = [first];
  const messages: Message[] = [];
  for (const { start, end } of chunks) {
    bytes.need(start, end - start, "an object");
    let next = start;
    while (next < end) {
      if (next + 8 > end) bytes.damaged(`the object at byte ${at} is cut off`);
      const message = { type: bytes.u16(next), size: bytes.u16(next + 2), at: next + 8 };
      next += 8 + message.size;
      take(bytes, message, bytes.u8(message.at - 4), end);
      messages.push(message);
      if (message.type === MESSAGE.continuation) chunks.push(continued(bytes, message, 0, 0));
      if (messages.length > expected)
        bytes.damaged(`the object at byte ${at} has more parts than it declares`);
    }
  }
  if (messages.length !== expected)
    bytes.damaged(`the object at byte ${at} has fewer parts than it declares`);
  return messages;
}

function readVersion2(bytes: Bytes, at: number): Message[] {
  bytes.signature(at, "OHDR");
  const flags = bytes.u8(at + 5);
  if (bytes.u8(at + 4) !== 2 || flags > 0x3f)
    bytes.damaged(`the object at byte ${at} has an unknown version`);
  const sizeAt = at + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const sizeBytes = 1 << (flags & 3);
  const start = sizeAt + sizeBytes;
  const chunks: Chunk[] = [{ start, end: start + bytes.unsigned(sizeAt, sizeBytes) }];
  const header = flags & 4 ? 6 : 4;
  const messages: Message[] = [];
  for (const chunk of chunks) {
    bytes.need(chunk.start, chunk.end - chunk.start + 4, "an object");
    // what is too short for a message is a gap
    for (let next = chunk.start; next + header <= chunk.end; ) {
      const message = { type: bytes.u8(next), size: bytes.u16(next + 1), at: next + header };
      take(bytes, message, bytes.u8(next + 3), chunk.end);
      next = message.at + message.size;
      messages.push(message);
      if (message.type === MESSAGE.continuation) chunks.push(continued(bytes, message, 4, 4));
    }
  }
  return messages;
}

function take(bytes: Bytes, message: Message, flags: number, end: number): void {
  if (message.at + message.size > end) bytes.damaged(`the object's part at byte ${message.at} is cut off`);
  if (!KNOWN.has(message.type))
    bytes.damaged(`the object's part at byte ${message.at} is none that Keras writes`);
  if (flags & 0xfa) bytes.damaged(`the object's part at byte ${message.at} is shared with others`);
}

/** Where a header goes on: `before` bytes of signature, `after` of checksum. */
function continued(bytes: Bytes, message: Message, before: number, after: number): Chunk {
  if (message.size < 16) bytes.damaged(`the object's part at byte ${message.at} is cut off`);
  const at = bytes.place(message.at, "the rest of an object");
  const length = bytes.u64(message.at + 8);
  bytes.own(at, "the rest of an object");
  bytes.need(at, length, "the rest of an object");
  if (before) bytes.signature(at, "OCHK");
  if (length < before + after) bytes.damaged(`the rest of an object at byte ${at} is cut off`);
  return { start: at + before, end: at + length - after };
}
