import { createHash } from "node:crypto";
import type { Model } from "keratin";

/** Of the little-endian bytes of all weights, in order. */
export function weightsSha256(model: Model): string {
  const hash = createHash("sha256");
  for (const { value } of model.weights)
    hash.update(new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength));
  return hash.digest("hex");
}
