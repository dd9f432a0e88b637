import { Tensor, tensor } from "../ops/tensor.js";
import { Variable } from "../ops/variable.js";
import { uniqueName } from "../utils/naming.js";
import type { Config } from "../utils/serialization.js";
import { drawDefaultSeed, nextGlobalState } from "./streams.js";

/**
 * A source of random keys: its state is `(seed, 0)` at first, and each key adds one to the second word.
 *
 * @see https://keras.io/api/random/seed_generator/
 */
export class SeedGenerator {
  static readonly className = "SeedGenerator";
  static readonly module = "keras.random";
  readonly name: string;
  readonly seed: number | null;
  /** Two uint32. Not saved with a model, and counted neither in `countParams` nor in `summary`. */
  readonly state: Variable;

  /**
   * @param seed an integer from 0 to 2³² − 1; default: drawn from the stream that `setRandomSeed` seeds
   * @throws if the seed is anything else
   */
  constructor(seed: number | null = null, options: { name?: string } = {}) {
    if (seed !== null && !(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
      throw new Error(`Argument \`seed\` must be an integer from 0 to 2**32 - 1. Received: seed=${seed}`);
    }
    this.name = options.name ?? uniqueName("seed_generator");
    this.seed = seed;
    this.state = new Variable(tensor(Uint32Array.of(seed ?? drawDefaultSeed(), 0)), {
      name: "seed_generator_state",
      path: `${this.name}/seed_generator_state`,
      trainable: false,
    });
  }

  /** The next key: two uint32. */
  next(): Tensor {
    const key = this.state.value;
    this.state.assign(key.add(new Tensor(Uint32Array.of(0, 1), { shape: [2], dtype: "uint32" })));
    return key;
  }

  getConfig(): Config {
    return { name: this.name, seed: this.seed };
  }

  static fromConfig(config: Config): SeedGenerator {
    return new SeedGenerator(config.seed as number | null, { name: config.name as string | undefined });
  }
}

let globalState: [number, number] | undefined;

/** The next key of the process-wide generator, for random functions called without a seed. */
export function nextGlobalKey(): Tensor {
  globalState ??= [drawDefaultSeed(), 0];
  const key = tensor(Uint32Array.from(globalState));
  globalState = nextGlobalState(globalState) as [number, number];
  return key;
}

/** Where the process-wide generator stands; null if nobody has used it. */
export function globalGeneratorState(): readonly [number, number] | null {
  return globalState ? [...globalState] : null;
}

export function restoreGlobalGenerator(state: readonly [number, number] | null): void {
  globalState = state ? [...state] : undefined;
}

/** Forgets the process-wide generator; the next use makes one with a seed from the seeded stream. */
export function resetGlobalGenerator(): void {
  globalState = undefined;
}
