import { apply, Tensor, type TensorLike, tensor, toTensor } from "../ops/tensor.js";
import * as lax from "../primitives/index.js";
import { type Shape, sizeOf } from "../tensor/shape.js";
import type { Value } from "../trace/graph.js";
import { nextGlobalKey, SeedGenerator } from "./seedGenerator.js";
import * as threefry from "./threefry.js";

export { SeedGenerator } from "./seedGenerator.js";

/** An integer (then a call gives the same numbers each time), a generator, a key of two uint32; default: the process-wide generator. */
export type Seed = number | SeedGenerator | Tensor | null;

export interface RandomOptions {
  readonly seed?: Seed;
}

function keyFrom(seed: Seed | undefined): Tensor {
  if (seed === undefined || seed === null) return nextGlobalKey();
  if (seed instanceof SeedGenerator) return seed.next();
  if (seed instanceof Tensor) return seed;
  return tensor(Uint32Array.of(seed, 0));
}

function draw(shape: Shape, seed: Seed | undefined, compute: (key: Value, size: number) => Value): Tensor {
  const size = sizeOf(shape);
  return apply([keyFrom(seed)], (key) => lax.reshape(compute(key as Value, size), shape));
}

// The same numbers as Python Keras on JAX for the same seed, bit for bit. https://keras.io/api/random/random_ops/

/** Uniform float32 in [`minval`, `maxval`). */
export function uniform(
  shape: Shape,
  options: RandomOptions & { minval?: number; maxval?: number } = {},
): Tensor {
  const { minval = 0, maxval = 1, seed } = options;
  return draw(shape, seed, (key, size) => threefry.uniform(key, size, minval, maxval));
}

/** Normal float32. */
export function normal(
  shape: Shape,
  options: RandomOptions & { mean?: number; stddev?: number } = {},
): Tensor {
  const { mean = 0, stddev = 1, seed } = options;
  return draw(shape, seed, (key, size) => scaled(threefry.standardNormal(key, size), mean, stddev));
}

/** Normal float32 within two standard deviations of the mean. */
export function truncatedNormal(
  shape: Shape,
  options: RandomOptions & { mean?: number; stddev?: number } = {},
): Tensor {
  const { mean = 0, stddev = 1, seed } = options;
  return draw(shape, seed, (key, size) => scaled(threefry.standardTruncatedNormal(key, size), mean, stddev));
}

function scaled(z: Value, mean: number, stddev: number): Value {
  return lax.add(lax.mul(z, stddev), mean);
}

/**
 * Sets a share of the elements to 0 and divides the others by `1 − rate`.
 * @param rate from 0 to below 1
 */
export function dropout(
  inputs: TensorLike,
  rate: number,
  options: RandomOptions & { noiseShape?: Shape } = {},
): Tensor {
  const x = toTensor(inputs);
  const { seed, noiseShape = x.shape } = options;
  const keep = Math.fround(1 - rate);
  return apply([x, keyFrom(seed)], (value, key) => {
    const size = sizeOf(noiseShape);
    const kept = lax.lt(threefry.unitUniform(key as Value, size), keep);
    const whole = size === x.size;
    // over one flat axis the random numbers, the mask and its use are one loop
    const flat = whole ? lax.reshape(value as Value, [size]) : (value as Value);
    const mask = whole ? kept : lax.broadcastTo(lax.reshape(kept, noiseShape), x.shape);
    return lax.reshape(lax.select(mask, lax.div(flat, keep), 0), x.shape);
  });
}
