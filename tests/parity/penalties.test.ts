import { constraints, regularizers, setBackend, type Tensor, valueAndGrad } from "keratin";
import { afterEach, describe, expect, it } from "vitest";
import type { Json } from "../../src/utils/serialization.js";
import { type GoldenArray, golden, goldenTensor } from "./golden.js";

interface GoldenCase {
  readonly class: string;
  readonly args: Record<string, Json>;
  readonly config: Record<string, Json>;
}
interface GoldenPenalties {
  /** A matrix with a column of zeros, and one without. */
  readonly w: GoldenArray;
  readonly full: GoldenArray;
  readonly regularizers: readonly (GoldenCase & { readonly value: number; readonly gradient: GoldenArray })[];
  readonly constraints: readonly (GoldenCase & { readonly value: GoldenArray })[];
}

const all = golden<GoldenPenalties>("penalties");
const serialized = (module: string, className: string, config: Json) => ({
  module,
  class_name: className,
  config,
  registered_name: null,
});
const expectClose = (found: ArrayLike<number>, expected: readonly number[]) => {
  for (const [i, value] of expected.entries())
    expect(Math.abs(found[i] - value), `${found[i]} for ${value}`).toBeLessThanOrEqual(
      5e-7 * Math.max(1, Math.abs(value)),
    );
};

afterEach(() => setBackend("wasm"));

describe("regularizers equal Keras's, with gradients", () => {
  for (const c of all.regularizers) {
    it(`${c.class} ${JSON.stringify(c.args)}`, () => {
      const made = (config: Json) =>
        regularizers.deserialize(
          serialized("keras.regularizers", c.class, config),
        ) as regularizers.Regularizer;
      const penalty = made(c.args);
      const run = (backend: "wasm" | "reference") => {
        setBackend(backend);
        return valueAndGrad((x: Tensor) => penalty.call(x))(goldenTensor(all.full)).map((t) => t.data);
      };
      const [value, gradient] = run("reference");
      expect(run("wasm")).toEqual([value, gradient]);
      expectClose(value, [c.value]);
      expectClose(gradient, c.gradient.data);
      expect(penalty.getConfig()).toEqual(c.config);
      expect(made(JSON.parse(JSON.stringify(penalty.getConfig()))).getConfig()).toEqual(c.config);
    });
  }

  it("refuse factors below 0 and what is no matrix", () => {
    expect(() => new regularizers.L2(-1)).toThrow("expected a non-negative float. Received: l2=-1");
    expect(() => new regularizers.L1(Number.NaN)).toThrow("Received: l1=NaN");
    const orthogonal = new regularizers.OrthogonalRegularizer();
    expect(() => orthogonal.call(goldenTensor({ shape: [2], dtype: "float32", data: [1, 2] }))).toThrow(
      "must have rank 2. Received: inputs.shape=(2,)",
    );
  });
});

describe("constraints equal Keras's", () => {
  for (const c of all.constraints) {
    it(`${c.class} ${JSON.stringify(c.args)}`, () => {
      const made = (config: Json) =>
        constraints.deserialize(serialized("keras.constraints", c.class, config)) as constraints.Constraint;
      const constraint = made(c.args);
      const found = constraint.call(goldenTensor(all.w));
      expect(found.shape).toEqual(c.value.shape);
      expectClose(found.data, c.value.data);
      // what meets the condition stays as it is
      if (!("rate" in c.args)) expectClose(constraint.call(found).data, c.value.data);
      expect(constraint.getConfig()).toEqual(c.config);
      expect(made(JSON.parse(JSON.stringify(constraint.getConfig()))).getConfig()).toEqual(c.config);
    });
  }
});
