import { Bytes, padded } from "./bytes.js";
import { countOf, type ElementType, readElementType, readShape } from "./elements.js";
import { isGroup, type NodeSizes, readLinks } from "./groups.js";
import { MESSAGE, type Message, readMessages, single } from "./objectHeader.js";
import { checkStorage } from "./storage.js";

/** An array in a file, or a value attached to an object. */
export interface ArrayInfo {
  readonly shape: readonly number[];
  readonly type: ElementType;
}

/** A group or a dataset. */
export interface ObjectInfo {
  /** The members of a group by name; undefined for a dataset. */
  readonly members: ReadonlyMap<string, ObjectInfo> | undefined;
  readonly attributes: ReadonlyMap<string, ArrayInfo>;
  /** What a dataset holds; undefined for a group. */
  readonly array: ArrayInfo | undefined;
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const MAXIMUM_DEPTH = 64;

/**
 * What is in an HDF5 file, found by walking all of its structures with every address and size checked.
 *
 * The HDF5 library trusts files: damaged ones make it loop for ever or take memory without end. So it only gets files that this
 * walk has been through. Forms that Keras and h5py do not write are refused.
 *
 * @param where the file, for messages
 * @throws if the file is damaged, or uses such a form
 * @see https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html (the format)
 */
export function inspectHdf5(file: Uint8Array, where: string): ObjectInfo {
  const bytes = new Bytes(file, where);
  const { root, sizes } = superblock(bytes, file);
  return new Walk(bytes, sizes).object(root, 0);
}

function superblock(bytes: Bytes, file: Uint8Array): { root: number; sizes: NodeSizes } {
  if (!SIGNATURE.every((byte, i) => file[i] === byte)) return bytes.damaged("it is no HDF5 file");
  const version = bytes.u8(8);
  const old = version < 2;
  const [offsets, lengths] = old ? [bytes.u8(13), bytes.u8(14)] : [bytes.u8(9), bytes.u8(10)];
  if (version > 3 || offsets !== 8 || lengths !== 8) return bytes.damaged("its version is unknown");
  const start = old ? (version === 1 ? 28 : 24) : 12;
  const end = bytes.u64(start + 16);
  if (bytes.u64(start) !== 0 || end > bytes.length)
    return bytes.damaged(`it is cut off: ${end} bytes were written, it has ${bytes.length}`);
  if (!old) {
    if (bytes.address(start + 8) !== undefined) return bytes.damaged("its header has an extension");
    return { root: bytes.place(start + 24, "the root"), sizes: { leaf: 4, internal: 16 } };
  }
  if (bytes.address(start + 8) !== undefined || bytes.address(start + 24) !== undefined)
    return bytes.damaged("its header has an extension");
  const sizes = { leaf: bytes.u16(16), internal: bytes.u16(18) };
  if (sizes.leaf < 1 || sizes.internal < 1) return bytes.damaged("its header contradicts itself");
  return { root: bytes.place(start + 40, "the root"), sizes };
}

class Walk {
  readonly #bytes: Bytes;
  readonly #sizes: NodeSizes;
  /** An object may have several names. */
  readonly #objects = new Map<number, ObjectInfo>();
  /** The objects of each global heap, by index. */
  readonly #heaps = new Map<number, ReadonlyMap<number, number>>();

  constructor(bytes: Bytes, sizes: NodeSizes) {
    this.#bytes = bytes;
    this.#sizes = sizes;
  }

  object(at: number, depth: number): ObjectInfo {
    const known = this.#objects.get(at);
    if (known) return known;
    if (depth > MAXIMUM_DEPTH) this.#bytes.damaged(`its groups nest deeper than ${MAXIMUM_DEPTH} levels`);
    const messages = readMessages(this.#bytes, at);
    const attributes = this.#attributes(messages);
    const info: ObjectInfo = isGroup(messages)
      ? { members: this.#members(messages, depth), attributes, array: undefined }
      : { members: undefined, attributes, array: this.#dataset(messages) };
    this.#objects.set(at, info);
    return info;
  }

  #members(messages: readonly Message[], depth: number): Map<string, ObjectInfo> {
    const links = readLinks(this.#bytes, messages, this.#sizes);
    return new Map(links.map(({ name, at }) => [name, this.object(at, depth + 1)]));
  }

  #dataset(messages: readonly Message[]): ArrayInfo {
    const space = single(this.#bytes, messages, MESSAGE.dataspace);
    const datatype = single(this.#bytes, messages, MESSAGE.datatype);
    if (!space || !datatype) return this.#bytes.damaged("an object is neither a group nor a dataset");
    const shape = readShape(this.#bytes, space.at, space.size);
    const type = readElementType(this.#bytes, datatype.at, datatype.size);
    if (type.kind === "text") this.#bytes.damaged("a dataset holds texts, which Keras does not write");
    checkStorage(this.#bytes, messages, shape, type.size);
    return { shape, type };
  }

  #attributes(messages: readonly Message[]): Map<string, ArrayInfo> {
    const bytes = this.#bytes;
    for (const { type, at } of messages) {
      if (type !== MESSAGE.attributeInfo) continue;
      const flags = bytes.u8(at + 1);
      if (bytes.address(at + 2 + (flags & 1 ? 2 : 0)) !== undefined)
        bytes.damaged("an object has more attributes than Keras writes");
    }
    const found = messages
      .filter(({ type }) => type === MESSAGE.attribute)
      .map((part) => this.#attribute(part));
    if (new Set(found.map(([name]) => name)).size < found.length)
      bytes.damaged("two attributes of an object have one name");
    return new Map(found);
  }

  #attribute({ at, size }: Message): [string, ArrayInfo] {
    const bytes = this.#bytes;
    const version = bytes.u8(at);
    if (size < 8 || version < 1 || version > 3 || (version > 1 && bytes.u8(at + 1) !== 0))
      bytes.damaged(`the attribute at byte ${at} has an unknown version`);
    const place = version === 1 ? padded : (length: number) => length;
    const [nameSize, typeSize, spaceSize] = [bytes.u16(at + 2), bytes.u16(at + 4), bytes.u16(at + 6)];
    const nameAt = at + (version === 3 ? 9 : 8);
    const typeAt = nameAt + place(nameSize);
    const spaceAt = typeAt + place(typeSize);
    const dataAt = spaceAt + place(spaceSize);
    if (dataAt > at + size) bytes.damaged(`the attribute at byte ${at} is cut off`);
    const type = readElementType(bytes, typeAt, typeSize);
    const shape = readShape(bytes, spaceAt, spaceSize);
    if (dataAt + countOf(shape) * type.size > at + size)
      bytes.damaged(`the attribute at byte ${at} is cut off`);
    if (type.kind === "text") for (let i = 0; i < countOf(shape); i++) this.#checkText(dataAt + 16 * i);
    return [bytes.textBefore(nameAt, nameAt + nameSize), { shape, type }];
  }

  /** A text is a length and a place in a global heap. */
  #checkText(at: number): void {
    const bytes = this.#bytes;
    const length = bytes.u32(at);
    const heapAt = bytes.address(at + 4);
    if (length === 0) return;
    const size = heapAt && this.#heap(heapAt).get(bytes.u32(at + 12));
    if (!size || size < length) bytes.damaged(`the text at byte ${at} is nowhere`);
  }

  #heap(at: number): ReadonlyMap<number, number> {
    const known = this.#heaps.get(at);
    if (known) return known;
    const bytes = this.#bytes;
    bytes.own(at, "a heap of texts");
    bytes.signature(at, "GCOL");
    const end = at + bytes.u64(at + 8);
    if (bytes.u8(at + 4) !== 1) bytes.damaged(`the heap of texts at byte ${at} has an unknown version`);
    bytes.need(at, end - at, "a heap of texts");
    const sizes = new Map<number, number>();
    for (let next = at + 16; next + 16 <= end; ) {
      const index = bytes.u16(next);
      const size = bytes.u64(next + 8);
      // index 0 is the free rest, whose size counts its header; the library loops for ever over one of size 0
      if (index === 0) {
        if (next + size !== end) bytes.damaged(`the heap of texts at byte ${at} is damaged`);
        break;
      }
      if (next + 16 + padded(size) > end || sizes.has(index))
        bytes.damaged(`the heap of texts at byte ${at} is damaged`);
      sizes.set(index, size);
      next += 16 + padded(size);
    }
    this.#heaps.set(at, sizes);
    return sizes;
  }
}
