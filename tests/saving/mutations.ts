/** Damage of the kinds that disks, transfers and attackers do, from a seed. */

export type Random = () => number;

/** Numbers from 0 to below 1 (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function oneOf<T>(random: Random, choices: readonly T[]): T {
  return choices[below(random, choices.length)];
}

/** Changes of bytes: flipped bits, overwritten and moved pieces, impossible sizes and addresses, a cut. */
const BYTE_MUTATIONS: readonly ((bytes: Uint8Array, random: Random) => void)[] = [
  (bytes, random) => {
    bytes[below(random, bytes.length)] ^= 1 << below(random, 8);
  },
  (bytes, random) => {
    bytes[below(random, bytes.length)] = below(random, 256);
  },
  (bytes, random) => {
    const at = below(random, bytes.length);
    bytes.fill(oneOf(random, [0, 255]), at, at + below(random, 16));
  },
  (bytes, random) => {
    const at = below(random, bytes.length);
    bytes.copyWithin(below(random, bytes.length), at, at + below(random, 64));
  },
  (bytes, random) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const value = oneOf(random, [0, 1, 0x7fffffff, 0xffffffff, bytes.length, below(random, bytes.length)]);
    if (bytes.length >= 4) view.setUint32(below(random, bytes.length - 3), value, true);
  },
];

/** A damaged copy: one to three changes, and sometimes cut off or lengthened. */
export function mutatedBytes(original: Uint8Array, random: Random): Uint8Array {
  const bytes = original.slice();
  for (let n = below(random, 3); n >= 0; n--) oneOf(random, BYTE_MUTATIONS)(bytes, random);
  const end = random();
  if (end < 0.1) return bytes.subarray(0, below(random, bytes.length));
  return end < 0.15 ? Uint8Array.from([...bytes, ...bytes.subarray(0, below(random, 64))]) : bytes;
}

/** Becomes lists in lists, deeper than JSON.stringify can go. */
const DEEP = "deep";

const ODD_VALUES: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => -1,
  () => 0,
  () => 0.5,
  () => 1e9,
  () => 1e300,
  () => 2 ** 53,
  () => "",
  () => "relu",
  () => "__proto__",
  () => "constructor",
  () => [],
  () => [null, 1e8, 1e8],
  () => ({}),
  () => JSON.parse('{"__proto__": {"polluted": true}}'),
  () => ({ class_name: "__lambda__", config: { value: ["4wEAAAAA", null, null] } }),
  () => ({ class_name: "constructor", config: {} }),
  () => ({ class_name: "Lambda", config: { function: ["4wEAAAAA", null, null] } }),
  () => ({ module: "os", class_name: "system", config: "rm -rf", registered_name: "os>system" }),
  () => DEEP,
];

/** A configuration with one to three values replaced, removed, repeated or exchanged. */
export function mutatedJson(text: string, random: Random): string {
  const root = { value: JSON.parse(text) };
  for (let n = below(random, 3); n >= 0; n--) {
    const places: [object, string][] = [];
    const visit = (owner: object): void => {
      for (const [key, value] of Object.entries(owner)) {
        places.push([owner, key]);
        if (typeof value === "object" && value !== null) visit(value);
      }
    };
    visit(root);
    if (places.length === 0) break;
    const [owner, key] = oneOf(random, places) as [Record<string, unknown>, string];
    const kind = random();
    if (kind < 0.6) owner[key] = oneOf(random, ODD_VALUES)();
    else if (kind < 0.75) delete owner[key];
    else if (Array.isArray(owner)) owner.push(owner[Number(key)]);
    else {
      const [from, name] = oneOf(random, places) as [Record<string, unknown>, string];
      owner[key] = structuredClone(from[name]);
    }
  }
  const depth = oneOf(random, [150, 5000, 100_000]);
  const json = JSON.stringify(root.value ?? null).replace(`"${DEEP}"`, "[".repeat(depth) + "]".repeat(depth));
  return random() < 0.05 ? json.slice(0, -1) : json;
}
