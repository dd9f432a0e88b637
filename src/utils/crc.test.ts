import { expect, it } from "vitest";
import { crc32, crc32c } from "./crc.js";

it("gives the checksums of RFC 3720", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(ascending)).toBe(0x46dd794e);
  expect(crc32c(ascending.toReversed())).toBe(0x113fdb5c);
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
});

it("gives the checksum of an empty PNG chunk IEND", () => {
  expect(crc32(new TextEncoder().encode("IEND"))).toBe(0xae426082);
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});
