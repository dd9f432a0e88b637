/** The address that HDF5 writes for "nothing". */
const NOWHERE = 0xffff_ffff;

/** A file of unknown origin: every read is checked, and every mistake is one kind of error. */
export class Bytes {
  readonly #view: DataView;
  readonly length: number;
  readonly #where: string;
  /** Where structures begin that one owner alone may have. */
  readonly #owned = new Set<number>();

  /** @param where the file, for messages */
  constructor(bytes: Uint8Array, where: string) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = bytes.length;
    this.#where = where;
  }

  /** @throws always: the file is damaged */
  damaged(what: string): never {
    throw new Error(
      `${this.#where} is damaged: ${what}. Save or download it again (a file that was written by something unusual: load it with h5py and save it again).`,
    );
  }

  /** @throws if `what` does not lie inside of the file */
  need(at: number, length: number, what: string): void {
    if (!(at >= 0 && length >= 0 && at + length <= this.length))
      this.damaged(`${what} at byte ${at} lies outside of the file of ${this.length} bytes`);
  }

  /** @throws if the structure at `at` was met before: two owners, or a circle */
  own(at: number, what: string): void {
    if (this.#owned.has(at)) this.damaged(`${what} at byte ${at} belongs to two owners, or to itself`);
    this.#owned.add(at);
  }

  u8(at: number): number {
    this.need(at, 1, "a number");
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    this.need(at, 2, "a number");
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    this.need(at, 4, "a number");
    return this.#view.getUint32(at, true);
  }

  /** Of 8 bytes. @throws if it is beyond what a file can need */
  u64(at: number): number {
    this.need(at, 8, "a number");
    const high = this.#view.getUint32(at + 4, true);
    if (high >= 1 << 20) this.damaged(`the size at byte ${at} is impossible`);
    return high * 2 ** 32 + this.#view.getUint32(at, true);
  }

  /** A number of 0 to 8 bytes. */
  unsigned(at: number, size: number): number {
    if (size === 8) return this.u64(at);
    let value = 0;
    for (let i = 0; i < size; i++) value += this.u8(at + i) * 256 ** i;
    return value;
  }

  /** A place in the file; undefined where HDF5 says "nowhere". */
  address(at: number): number | undefined {
    this.need(at, 8, "an address");
    const low = this.#view.getUint32(at, true);
    if (low === NOWHERE && this.#view.getUint32(at + 4, true) === NOWHERE) return undefined;
    const address = this.u64(at);
    this.need(address, 0, "a structure");
    return address;
  }

  /** A place in the file. @throws if it is nowhere */
  place(at: number, what: string): number {
    return this.address(at) ?? this.damaged(`${what} is nowhere`);
  }

  text(at: number, length: number): string {
    this.need(at, length, "a name");
    return new TextDecoder().decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length));
  }

  /** Text that ends in a zero before `end`. */
  textBefore(at: number, end: number): string {
    let stop = at;
    while (stop < end && this.u8(stop) !== 0) stop++;
    if (stop >= end) this.damaged(`the name at byte ${at} does not end`);
    return this.text(at, stop - at);
  }

  /** @throws if there is no such signature */
  signature(at: number, letters: string): void {
    this.need(at, letters.length, `a structure '${letters}'`);
    for (let i = 0; i < letters.length; i++) {
      if (this.u8(at + i) !== letters.charCodeAt(i))
        this.damaged(`a structure '${letters}' was expected at byte ${at}`);
    }
  }
}

/** The next multiple of 8. */
export function padded(size: number): number {
  return Math.ceil(size / 8) * 8;
}
