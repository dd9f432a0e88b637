import { createHash } from "node:crypto";
import { initializers, random, type Tensor, tensor, utils } from "keratin";
import { describe, expect, it } from "vitest";
import { apply } from "../../src/ops/tensor.js";
import { randomBits } from "../../src/primitives/randomBits.js";
import { permutation } from "../../src/random/permutation.js";
import { drawDefaultSeed } from "../../src/random/streams.js";
import type { Value } from "../../src/trace/graph.js";
import type { Json } from "../../src/utils/serialization.js";
import { type GoldenArray, golden } from "./golden.js";

interface Digest {
  readonly shape: number[];
  readonly sha256: string;
  readonly first64: number[];
}
interface GoldenRandom {
  readonly python_randint_1_1e9: Record<string, number[]>;
  readonly numpy_permutation_10: Record<string, number[][]>;
  readonly numpy_permutation_sequence: Record<string, { n: number; first10: number[]; sha256: string }[]>;
  readonly threefry: readonly {
    readonly key: [number, number];
    readonly bits8: number[];
    readonly bits_5x3: { data: number[] };
    readonly bits_1000_sha256_le: string;
    readonly uniform8: GoldenArray;
    readonly uniform_pm: GoldenArray;
    readonly uniform_1000: Digest;
    readonly uniform_pm_1000: Digest;
    readonly normal8: GoldenArray;
    readonly truncated_normal8: GoldenArray;
    readonly normal_1000: Digest;
  }[];
  readonly seed_generator_99_next: number[][];
  readonly global_seed_generator: { set_random_seed: number; uniform_3: GoldenArray[] };
  readonly initializers: Record<string, { args: Record<string, Json>; values: Digest[] }>;
}

const sha256 = ({ data }: { data: ArrayBufferView }) =>
  createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");
const float32 = (values: readonly number[]) => Float32Array.from(values);

const expected = golden<GoldenRandom>("rng");

describe("streams behind setRandomSeed", () => {
  for (const seed of ["0", "1", "45"]) {
    it(`seed ${seed}: Python's random.randint and NumPy's permutation`, () => {
      utils.setRandomSeed(Number(seed));
      expect(expected.python_randint_1_1e9[seed].map(drawDefaultSeed)).toEqual(
        expected.python_randint_1_1e9[seed],
      );
      expect(expected.numpy_permutation_10[seed].map(() => Array.from(permutation(10)))).toEqual(
        expected.numpy_permutation_10[seed],
      );
      utils.setRandomSeed(Number(seed));
      for (const { n, first10, sha256: digest } of expected.numpy_permutation_sequence[seed]) {
        const order = permutation(n);
        expect(Array.from(order.subarray(0, 10))).toEqual(first10);
        // NumPy's integers have 64 bits
        expect(sha256({ data: BigInt64Array.from(order, BigInt) })).toBe(digest);
      }
    });
  }

  it("generators count, and the process-wide one walks", () => {
    const generator = new random.SeedGenerator(99);
    expect(expected.seed_generator_99_next.map(() => Array.from(generator.next().data))).toEqual(
      expected.seed_generator_99_next,
    );
    utils.clearSession();
    utils.setRandomSeed(expected.global_seed_generator.set_random_seed);
    for (const { data } of expected.global_seed_generator.uniform_3) {
      expect(random.uniform([3]).data).toEqual(float32(data));
    }
  });
});

describe("threefry: the same bits as JAX", () => {
  for (const c of expected.threefry) {
    it(`key ${c.key}`, () => {
      const seed = tensor(Uint32Array.from(c.key));
      const bits = (size: number) => apply([seed], (key) => randomBits(key as Value, size)) as Tensor;
      expect(Array.from(bits(8).data)).toEqual(c.bits8);
      expect(Array.from(bits(15).data)).toEqual(c.bits_5x3.data);
      expect(sha256(bits(1000))).toBe(c.bits_1000_sha256_le);
      expect(random.uniform([8], { seed }).data).toEqual(float32(c.uniform8.data));
      expect(sha256(random.uniform([1000], { seed }))).toBe(c.uniform_1000.sha256);
      expect(random.normal([8], { seed }).data).toEqual(float32(c.normal8.data));
      expect(random.truncatedNormal([8], { seed }).data).toEqual(float32(c.truncated_normal8.data));
      expect(sha256(random.normal([1000], { seed }))).toBe(c.normal_1000.sha256);
    });
  }
});

describe("initializers: the same bits as Keras on JAX", () => {
  for (const [className, { args, values }] of Object.entries(expected.initializers)) {
    for (const { shape, sha256: digest, first64 } of values) {
      it(`${className} ${shape.join("×")}`, () => {
        const initializer = initializers.deserialize({
          module: "keras.initializers",
          class_name: className,
          config: args,
          registered_name: null,
        });
        const value = initializer.call(shape, "float32");
        if (className === "Orthogonal") {
          // a QR factorization by LAPACK, whose rounding is its own
          for (const [i, v] of first64.entries()) expect(Math.abs(value.data[i] - v)).toBeLessThan(1e-6);
        } else {
          expect(value.data.subarray(0, first64.length)).toEqual(float32(first64));
          expect(sha256(value)).toBe(digest);
        }
      });
    }
  }
});

interface GoldenMasks {
  readonly masks: readonly {
    readonly state: [number, number];
    readonly shape: number[];
    readonly rate: number;
    readonly kept: number;
    readonly kept_value: number;
    readonly mask_sha256_u8: string;
  }[];
}

describe("dropout masks equal Keras's", () => {
  for (const c of golden<GoldenMasks>("dropout").masks) {
    it(`${c.shape.join("×")}, rate ${c.rate}, state ${c.state}`, () => {
      const ones = tensor(new Float32Array(c.shape.reduce((a, b) => a * b)).fill(1), c.shape);
      const { data } = random.dropout(ones, c.rate, { seed: tensor(Uint32Array.from(c.state)) });
      const mask = Uint8Array.from(data, (v) => Number(v !== 0));
      expect(mask.reduce((sum, v) => sum + v, 0)).toBe(c.kept);
      expect(new Set(data)).toEqual(new Set([0, Math.fround(c.kept_value)]));
      expect(sha256({ data: mask })).toBe(c.mask_sha256_u8);
    });
  }
});
