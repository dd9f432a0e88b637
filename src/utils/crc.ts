/** A checksum of 32 bits for a polynomial whose bits are reversed. */
function checksumFor(polynomial: number): (bytes: Uint8Array) => number {
  let table: Uint32Array | undefined;
  const makeTable = () =>
    Uint32Array.from({ length: 256 }, (_, byte) => {
      let remainder = byte;
      for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? polynomial : 0);
      return remainder;
    });
  return (bytes) => {
    table ??= makeTable();
    let remainder = 0xffffffff;
    for (const byte of bytes) remainder = (remainder >>> 8) ^ table[(remainder ^ byte) & 0xff];
    return (remainder ^ 0xffffffff) >>> 0;
  };
}

/** CRC-32C (Castagnoli), an unsigned integer. @see https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4 */
export const crc32c = /* @__PURE__ */ checksumFor(0x82f63b78);

/** CRC-32 as PNG has it, an unsigned integer. @see https://www.w3.org/TR/png-3/#5CRC-algorithm */
export const crc32 = /* @__PURE__ */ checksumFor(0xedb88320);
