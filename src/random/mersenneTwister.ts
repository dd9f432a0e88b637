const SIZE = 624;
const SHIFT = 397;

/**
 * The generator MT19937, which Python's `random` and NumPy's legacy generator share.
 * @see Matsumoto and Nishimura, Mersenne Twister (1998)
 */
export class MersenneTwister {
  readonly #state = new Uint32Array(SIZE);
  #position = SIZE;

  /** Seeds as NumPy does: one 32-bit word. */
  initGenrand(seed: number): void {
    const mt = this.#state;
    mt[0] = seed >>> 0;
    for (let k = 1; k < SIZE; k++) mt[k] = Math.imul(1812433253, mt[k - 1] ^ (mt[k - 1] >>> 30)) + k;
    this.#position = SIZE;
  }

  /** Seeds as Python does: any number of words. */
  initByArray(words: readonly number[]): void {
    this.initGenrand(19650218);
    const mt = this.#state;
    let i = 1;
    let j = 0;
    const previous = () => mt[i - 1] ^ (mt[i - 1] >>> 30);
    const wrap = () => {
      if (i < SIZE) return;
      mt[0] = mt[SIZE - 1];
      i = 1;
    };
    for (let n = Math.max(SIZE, words.length); n > 0; n--) {
      mt[i] = (mt[i] ^ Math.imul(previous(), 1664525)) + words[j] + j;
      i++;
      j = (j + 1) % words.length;
      wrap();
    }
    for (let n = SIZE - 1; n > 0; n--) {
      mt[i] = (mt[i] ^ Math.imul(previous(), 1566083941)) - i;
      i++;
      wrap();
    }
    mt[0] = 0x80000000;
  }

  /** The next 32 random bits, as an unsigned integer. */
  next32(): number {
    if (this.#position >= SIZE) this.#twist();
    let y = this.#state[this.#position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** The whole state: 624 words and the position. */
  save(): Uint32Array {
    const saved = new Uint32Array(SIZE + 1);
    saved.set(this.#state);
    saved[SIZE] = this.#position;
    return saved;
  }

  restore(saved: Uint32Array): void {
    if (saved.length !== SIZE + 1)
      throw new Error(`A saved MT19937 state has ${SIZE + 1} words. Received: ${saved.length}`);
    this.#state.set(saved.subarray(0, SIZE));
    this.#position = saved[SIZE];
  }

  #twist(): void {
    const mt = this.#state;
    for (let k = 0; k < SIZE; k++) {
      const y = (mt[k] & 0x80000000) | (mt[(k + 1) % SIZE] & 0x7fffffff);
      mt[k] = mt[(k + SHIFT) % SIZE] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#position = 0;
  }
}
