import { formatType, type Value } from "../trace/graph.js";
import type { Primitive } from "../trace/primitive.js";
import { bind } from "./define.js";

/** By how many bits each round rotates: groups of four rounds, in turn. */
export const ROTATIONS: readonly (readonly number[])[] = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];
/** Groups of rounds; a key is added after each. */
export const GROUPS = 5;
/** What makes the third key word from the other two. */
export const PARITY = 0x1bd11bda;

export interface RandomBitsParams {
  /** How many words. */
  readonly size: number;
}

export const randomBitsPrimitive: Primitive<RandomBitsParams> = {
  name: "random_bits",
  infer: ([key], { size }) => {
    if (key.dtype !== "uint32" || key.shape.length !== 1 || key.shape[0] !== 2)
      throw new Error(`random_bits: expected \`key\` to be uint32(2). Received: key=${formatType(key)}`);
    return [{ shape: [size], dtype: "uint32" }];
  },
  evaluate: ([{ data }], { size }) => {
    const keys = [data[0], data[1], data[0] ^ data[1] ^ PARITY];
    const result = new Uint32Array(size);
    for (let i = 0; i < size; i++) {
      // the counter's upper word is 0: arrays have less than 2³² elements
      let x0 = keys[0] | 0;
      let x1 = (i + keys[1]) | 0;
      for (let group = 0; group < GROUPS; group++) {
        for (const bits of ROTATIONS[group % ROTATIONS.length]) {
          x0 = (x0 + x1) | 0;
          x1 = ((x1 << bits) | (x1 >>> (32 - bits))) ^ x0;
        }
        x0 = (x0 + keys[(group + 1) % 3]) | 0;
        x1 = (x1 + keys[(group + 2) % 3] + group + 1) | 0;
      }
      result[i] = x0 ^ x1;
    }
    return [result];
  },
};

/**
 * `size` random 32-bit words for a key of two uint32: threefry2x32 with 20 rounds, where element i uses the 64-bit counter
 * i by itself and gives both words of its block, one upon the other (JAX's "partitionable" scheme), so that neither
 * the size nor the order of computation matters.
 *
 * @throws if the key is not two uint32
 * @see Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011)
 */
export function randomBits(key: Value, size: number): Value {
  return bind(randomBitsPrimitive, { size }, key);
}
