import { MersenneTwister } from "./mersenneTwister.js";

// The two streams behind `setRandomSeed`: Python's `random`, which default seeds are drawn from, and NumPy's legacy
// generator, which shuffles epochs.

let python: MersenneTwister | undefined;
let numpy: MersenneTwister | undefined;

/** Seeds both streams and draws from neither. @throws if the seed is not an integer from 0 to 2³² − 1 */
export function setStreams(seed: number): void {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new Error(`Expected \`seed\` to be an integer from 0 to 2**32 - 1. Received: seed=${seed}`);
  }
  python = new MersenneTwister();
  python.initByArray([seed]);
  numpy = new MersenneTwister();
  numpy.initGenrand(seed);
}

/** Both, where they stand. */
export function streams(): { python: MersenneTwister; numpy: MersenneTwister } {
  if (!python || !numpy) setStreams(globalThis.crypto.getRandomValues(new Uint32Array(1))[0]);
  return { python: python as MersenneTwister, numpy: numpy as MersenneTwister };
}

/** `random.randint(1, 10**9)`: Keras's default seed of an initializer or seed generator. */
export function drawDefaultSeed(): number {
  const generator = streams().python;
  let bits: number;
  do bits = generator.next32() >>> 2;
  while (bits >= 1e9);
  return bits + 1;
}

/** The next state of Keras's process-wide seed generator. */
export function nextGlobalState([a, b]: readonly [number, number]): [number, number] {
  const next = (x: number) => (Math.imul((x + 1) >>> 0, 5387) >>> 0) % 933199;
  return [next(a), next(b)];
}

export interface StreamStates {
  readonly python: Uint32Array;
  readonly numpy: Uint32Array;
}

/** Where both streams stand. */
export function saveStreams(): StreamStates {
  const current = streams();
  return { python: current.python.save(), numpy: current.numpy.save() };
}

export function restoreStreams(states: StreamStates): void {
  const current = streams();
  current.python.restore(states.python);
  current.numpy.restore(states.numpy);
}
