const scratch = new DataView(new ArrayBuffer(8));

/** A growing sequence of bytes, with the number formats of the WebAssembly binary format. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(this.#length + 1);
    this.#bytes[this.#length++] = value;
  }

  bytes(values: Uint8Array): void {
    if (this.#length + values.length > this.#bytes.length) this.#grow(this.#length + values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** Unsigned LEB128, 0 to 2³² − 1. */
  unsigned(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128, −2³¹ to 2³¹ − 1. */
  signed(value: number): void {
    let rest = value;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** Signed LEB128, −2⁶³ to 2⁶³ − 1. */
  signed64(value: bigint): void {
    let rest = value;
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest & 0x7fn));
  }

  /** Four bytes, little-endian, of a 32-bit integer of either sign. */
  fixed32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.byte((value >>> shift) & 0xff);
  }

  /** Four bytes; NaN is always the canonical one, which JavaScript does not promise. */
  f32(value: number): void {
    scratch.setFloat32(0, value);
    this.fixed32(Number.isNaN(value) ? 0x7fc00000 : scratch.getInt32(0));
  }

  /** Eight bytes; NaN is always the canonical one. */
  f64(value: number): void {
    scratch.setFloat64(0, value);
    const nan = Number.isNaN(value);
    this.fixed32(nan ? 0 : scratch.getInt32(4));
    this.fixed32(nan ? 0x7ff80000 : scratch.getInt32(0));
  }

  /** Length and UTF-8 bytes. */
  name(text: string): void {
    this.sized(new TextEncoder().encode(text));
  }

  /** Length and bytes. */
  sized(content: Uint8Array): void {
    this.unsigned(content.length);
    this.bytes(content);
  }

  /** Count and items. */
  vector<Item>(items: readonly Item[], write: (item: Item, index: number) => void): void {
    this.unsigned(items.length);
    items.forEach(write);
  }

  /** The bytes so far, as a copy. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
