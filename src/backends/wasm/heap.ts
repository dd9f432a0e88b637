import { type DType, newArray, type TypedArray, viewArray } from "../../tensor/dtype.js";

const PAGE = 65536;
const GRANULE = 64;
/** Vector loads may reach this far past the end of an array. */
const OVERREAD = 16;
export const MAX_PAGES = 65536;

/** One wasm memory that all programs share, with a first-fit allocator. Freed blocks are joined and used again. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Free blocks by address. */
  readonly #free: { address: number; size: number }[] = [];
  readonly #sizes = new Map<number, number>();
  #end = GRANULE; // nothing lies at address 0

  /** @param shared whether several threads can use the memory */
  constructor(readonly shared: boolean) {
    this.memory = new WebAssembly.Memory({ initial: 16, maximum: MAX_PAGES, shared });
  }

  /** The address of `bytes` bytes, whatever they hold. */
  allocate(bytes: number): number {
    const size = Math.ceil((bytes + OVERREAD) / GRANULE) * GRANULE;
    const index = this.#free.findIndex((block) => block.size >= size);
    let address: number;
    if (index >= 0) {
      const block = this.#free[index];
      address = block.address;
      if (block.size === size) this.#free.splice(index, 1);
      else this.#free[index] = { address: block.address + size, size: block.size - size };
    } else {
      address = this.#end;
      this.#reserve(address + size, bytes);
      this.#end += size;
    }
    this.#sizes.set(address, size);
    return address;
  }

  free(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) return;
    this.#sizes.delete(address);
    let index = this.#free.findIndex((block) => block.address > address);
    if (index < 0) index = this.#free.length;
    this.#free.splice(index, 0, { address, size });
    this.#join(index);
    this.#join(index - 1);
    const last = this.#free.at(-1);
    if (last && last.address + last.size === this.#end) {
      this.#end = last.address;
      this.#free.pop();
    }
  }

  read(address: number, dtype: DType, length: number): TypedArray {
    const copy = newArray(dtype, length);
    copy.set(viewArray(dtype, this.memory.buffer, address, length));
    return copy;
  }

  write(address: number, data: TypedArray): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(this.memory.buffer, address, bytes.length).set(bytes);
  }

  #join(index: number): void {
    const block = this.#free[index];
    const next = this.#free[index + 1];
    if (!block || !next || block.address + block.size !== next.address) return;
    this.#free.splice(index, 2, { address: block.address, size: block.size + next.size });
  }

  #reserve(end: number, bytes: number): void {
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / PAGE);
    if (missing <= 0) return;
    try {
      this.memory.grow(missing);
    } catch {
      throw new Error(
        `Out of memory: ${Math.ceil(bytes / 2 ** 20)} MB more were needed, and WebAssembly has at most 4 GB (in use: ` +
          `${Math.ceil(this.#end / 2 ** 20)} MB). Use a smaller batch size or fewer samples at a time.`,
      );
    }
  }
}
