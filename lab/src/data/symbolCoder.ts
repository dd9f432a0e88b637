/**
 * Entropy coding with fixed tables (rANS): under each context every symbol has a frequency, and costs about as many bits as it is
 * rare. The tables come first in a file, deflated.
 *
 * @see https://arxiv.org/abs/1311.2540 Duda, Asymmetric numeral systems
 */
export interface SymbolCoder {
  readonly decodes: boolean;
  /** Codes one symbol. Encoders take `symbol` and return it, decoders ignore it and return what was coded. */
  code(context: number, symbol: number): number;
}

/** Frequencies of a context add up to this. */
const SCALE_BITS = 12;
const SCALE = 1 << SCALE_BITS;
/** The state stays between this and 256 times this. */
const LOWEST = 1 << 23;
/** A table with more symbols is looked up, a smaller one is searched. */
const SEARCHED = 8;

/** How many symbols there are in each of a number of contexts that are alike. */
export interface ContextGroup {
  readonly contexts: number;
  readonly symbols: number;
}

/** Where the tables of each context are, all in one array. */
function layout(groups: readonly ContextGroup[]) {
  const starts: number[] = [];
  const sizes: number[] = [];
  let length = 0;
  for (const { contexts, symbols } of groups) {
    for (let i = 0; i < contexts; i++) {
      starts.push(length);
      sizes.push(symbols);
      length += symbols;
    }
  }
  return { starts: Int32Array.from(starts), sizes: Int32Array.from(sizes), length };
}

/** Takes symbols down, to encode them all at the end. */
export class SymbolEncoder implements SymbolCoder {
  readonly decodes = false;
  readonly #layout: ReturnType<typeof layout>;
  readonly #counts: Float64Array;
  /** Positions in the tables, and the context of each. */
  #entries = new Int32Array(1 << 20);
  #contexts = new Int32Array(1 << 20);
  #length = 0;

  constructor(groups: readonly ContextGroup[]) {
    this.#layout = layout(groups);
    this.#counts = new Float64Array(this.#layout.length);
  }

  code(context: number, symbol: number): number {
    if (this.#length === this.#entries.length) {
      this.#entries = grown(this.#entries);
      this.#contexts = grown(this.#contexts);
    }
    const entry = this.#layout.starts[context] + symbol;
    this.#counts[entry]++;
    this.#entries[this.#length] = entry;
    this.#contexts[this.#length++] = context;
    return symbol;
  }

  /** The frequencies, and what was coded under them. */
  finish(): { readonly frequencies: Uint16Array; readonly bytes: Uint8Array } {
    const { starts, sizes } = this.#layout;
    const frequencies = new Uint16Array(this.#counts.length);
    const below = new Uint16Array(this.#counts.length);
    for (let c = 0; c < starts.length; c++) {
      const end = starts[c] + sizes[c];
      frequencies.set(normalized(this.#counts.subarray(starts[c], end)), starts[c]);
      for (let i = starts[c] + 1; i < end; i++) below[i] = below[i - 1] + frequencies[i - 1];
    }
    const bytes = new Uint8Array(this.#length * 2 + 4);
    let position = bytes.length;
    let state = LOWEST;
    // the decoder reads forwards what is written backwards
    for (let i = this.#length - 1; i >= 0; i--) {
      const frequency = frequencies[this.#entries[i]];
      const limit = (LOWEST / SCALE) * 256 * frequency;
      while (state >= limit) {
        bytes[--position] = state & 255;
        state >>>= 8;
      }
      state = Math.floor(state / frequency) * SCALE + (state % frequency) + below[this.#entries[i]];
    }
    for (let i = 0; i < 4; i++) {
      bytes[--position] = state & 255;
      state >>>= 8;
    }
    return { frequencies, bytes: bytes.slice(position) };
  }
}

export class SymbolDecoder implements SymbolCoder {
  readonly decodes = true;
  readonly #bytes: Uint8Array;
  readonly #starts: Int32Array;
  readonly #frequencies: Uint16Array;
  readonly #below: Uint16Array;
  /** For contexts with many symbols: where their lookup table starts, −1 for the others. */
  readonly #lookups: Int32Array;
  readonly #symbols: Uint8Array;
  #position = 4;
  #state: number;

  constructor(groups: readonly ContextGroup[], frequencies: Uint16Array, bytes: Uint8Array) {
    const { starts, sizes, length } = layout(groups);
    if (frequencies.length !== length) throw new Error("The tables do not belong to these contexts.");
    this.#starts = starts;
    this.#frequencies = frequencies;
    this.#bytes = bytes;
    this.#below = new Uint16Array(length);
    this.#lookups = new Int32Array(starts.length).fill(-1);
    let tables = 0;
    for (let c = 0; c < starts.length; c++) if (sizes[c] > SEARCHED) this.#lookups[c] = SCALE * tables++;
    this.#symbols = new Uint8Array(SCALE * tables);
    for (let c = 0; c < starts.length; c++) {
      let below = 0;
      for (let symbol = 0; symbol < sizes[c]; symbol++) {
        const entry = starts[c] + symbol;
        this.#below[entry] = below;
        const lookup = this.#lookups[c];
        if (lookup >= 0) this.#symbols.fill(symbol, lookup + below, lookup + below + frequencies[entry]);
        below += frequencies[entry];
      }
    }
    this.#state = ((bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]) >>> 0;
  }

  code(context: number, _symbol: number): number {
    const state = this.#state;
    const slot = state & (SCALE - 1);
    const lookup = this.#lookups[context];
    let entry = this.#starts[context];
    let symbol = 0;
    if (lookup >= 0) {
      symbol = this.#symbols[lookup + slot];
      entry += symbol;
    } else {
      while (slot >= this.#below[entry] + this.#frequencies[entry]) {
        entry++;
        symbol++;
        if (symbol === SEARCHED) throw new Error("The coded data are damaged.");
      }
    }
    let next = this.#frequencies[entry] * (state >>> SCALE_BITS) + slot - this.#below[entry];
    while (next < LOWEST && this.#position < this.#bytes.length)
      next = (next << 8) | this.#bytes[this.#position++];
    this.#state = next;
    return symbol;
  }
}

/** Counts scaled to add up to SCALE; what occurs at all keeps at least 1. */
function normalized(counts: Float64Array): Uint16Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const frequencies = new Uint16Array(counts.length);
  if (total === 0) return frequencies;
  let left = SCALE;
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] > 0) frequencies[i] = Math.max(1, Math.round((counts[i] / total) * SCALE));
    left -= frequencies[i];
  }
  // what rounding left over, or took too much of, falls to the most frequent
  const byCount = Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a]);
  for (let i = 0; left !== 0; i = (i + 1) % byCount.length) {
    const step = Math.sign(left);
    if (i === 0 && left > 0) {
      frequencies[byCount[0]] += left;
      left = 0;
    } else if (frequencies[byCount[i]] + step >= 1 && counts[byCount[i]] > 0) {
      frequencies[byCount[i]] += step;
      left -= step;
    }
  }
  return frequencies;
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
