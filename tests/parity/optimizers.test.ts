import { optimizers, tensor, Variable } from "keratin";
import { describe, expect, it } from "vitest";
import { type GoldenArray, golden } from "./golden.js";

interface GoldenOptimizers {
  readonly cases: readonly {
    readonly case: string;
    readonly class: string;
    readonly args: Record<string, number | boolean>;
    readonly config: Record<string, unknown>;
    readonly start: GoldenArray;
    readonly steps: readonly { readonly gradient: number[]; readonly value: number[] }[];
    readonly variables_after: readonly ({ readonly path: string } & GoldenArray)[];
  }[];
}

describe("optimizers equal Keras's", () => {
  for (const c of golden<GoldenOptimizers>("optimizers").cases) {
    it(c.case, () => {
      const weight = new Variable(tensor(c.start.data), { name: "w", path: "w" });
      const optimizer = optimizers.deserialize({
        module: "keras.optimizers",
        class_name: c.class,
        config: { ...c.args, name: c.config.name as string },
        registered_name: null,
      });
      expect(JSON.stringify(optimizer.getConfig())).toBe(JSON.stringify(c.config));
      for (const { gradient, value } of c.steps) {
        optimizer.apply([tensor(gradient)], [weight]);
        const { data } = weight.value;
        for (const [i, expected] of value.entries())
          expect(Math.abs(data[i] - expected)).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(expected)));
      }
      expect(optimizer.variables.map((v) => v.path)).toEqual(c.variables_after.map((v) => v.path));
    });
  }

  it("are of the class that the configuration is given to, also of a user's", () => {
    class Careful extends optimizers.Adam {}
    const made = Careful.fromConfig(new Careful({ beta1: 0.8, amsgrad: true, name: "careful" }).getConfig());
    expect(made).toBeInstanceOf(Careful);
    const plain = new optimizers.Adam({ beta1: 0.8, amsgrad: true, name: "careful" });
    expect(made.getConfig()).toEqual(plain.getConfig());
  });
});
