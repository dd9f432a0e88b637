import { MersenneTwister } from "./mersenneTwister.js";
import { streams } from "./streams.js";

/** NumPy's generator in a given state, apart from the stream. */
export function numpyGenerator(state: Uint32Array): MersenneTwister {
  const generator = new MersenneTwister();
  generator.restore(state);
  return generator;
}

/**
 * `numpy.random.permutation(n)`.
 * @param generator draws from this one and leaves the stream alone
 */
export function permutation(n: number, generator: MersenneTwister = streams().numpy): Int32Array {
  const result = new Int32Array(n);
  for (let i = 0; i < n; i++) result[i] = i;
  let mask = 1;
  while (mask < n - 1) mask = mask * 2 + 1;
  for (let i = n - 1; i > 0; i--) {
    while (mask >>> 1 >= i) mask >>>= 1;
    let j: number;
    do j = (generator.next32() & mask) >>> 0;
    while (j > i);
    const swapped = result[i];
    result[i] = result[j];
    result[j] = swapped;
  }
  return result;
}
