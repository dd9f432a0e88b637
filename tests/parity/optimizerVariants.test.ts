import { ops, optimizers, setBackend, tensor, Variable } from "keratin";
import { afterEach, describe, expect, it } from "vitest";
import type { Json } from "../../src/utils/serialization.js";
import { golden } from "./golden.js";

interface Contents {
  readonly path: string;
  readonly shape: number[];
  readonly data: number[];
}
interface GoldenVariants {
  readonly cases: readonly {
    readonly case: string;
    readonly class: string;
    readonly args: Record<string, Json>;
    readonly config: Record<string, Json>;
    readonly start: readonly Contents[];
    readonly steps: readonly { readonly gradients: number[][]; readonly values: number[][] }[];
    readonly variables_after: readonly Contents[];
  }[];
}

function expectClose(found: ArrayLike<number>, expected: readonly number[]): void {
  const largest = Math.max(1, ...expected.map(Math.abs));
  for (const [i, value] of expected.entries())
    expect(Math.abs(found[i] - value), `${found[i]} for ${value}`).toBeLessThanOrEqual(5e-6 * largest);
}

afterEach(() => setBackend("wasm"));

describe("optimizers of several weights equal Keras's: schedules, averages, accumulated gradients", () => {
  for (const c of golden<GoldenVariants>("optimizerVariants").cases) {
    const made = (config: Record<string, Json>) =>
      optimizers.deserialize({
        module: "keras.optimizers",
        class_name: c.class,
        config,
        registered_name: null,
      });
    for (const backend of ["wasm", "reference"] as const) {
      it(`${c.case}, ${backend}`, () => {
        setBackend(backend);
        const weights = c.start.map(
          ({ path, shape, data }) => new Variable(tensor(data, shape), { name: path.split("/").pop(), path }),
        );
        const optimizer = made({ ...c.args, name: c.config.name });
        expect(JSON.parse(JSON.stringify(optimizer.getConfig()))).toEqual(c.config);
        for (const { gradients, values } of c.steps) {
          optimizer.apply(
            gradients.map((gradient, i) => tensor(gradient, c.start[i].shape)),
            weights,
          );
          for (const [i, expected] of values.entries()) expectClose(weights[i].value.data, expected);
        }
        expect(optimizer.variables.map(({ path, shape }) => [path, shape])).toEqual(
          c.variables_after.map(({ path, shape }) => [path, shape]),
        );
        for (const [i, { data }] of c.variables_after.entries())
          expectClose(optimizer.variables[i].value.data, data);
        expect(made(optimizer.getConfig()).getConfig()).toEqual(optimizer.getConfig());
      });
    }
  }

  it("a scheduled learning rate can be read, not set", () => {
    const optimizer = new optimizers.SGD({
      learningRate: new optimizers.schedules.ExponentialDecay(0.5, 1, 0.5),
    });
    const weight = new Variable(tensor([1]));
    expect(optimizer.learningRate).toBe(0.5);
    optimizer.apply([tensor([1])], [weight]);
    expect(optimizer.learningRate).toBe(0.25);
    optimizer.apply([tensor([1])]);
    expect(weight.value.data[0]).toBe(0.25);
    expect(() => {
      optimizer.learningRate = 1;
    }).toThrow("not settable");
  });

  it("refuses numbers that make no sense", () => {
    expect(() => new optimizers.Adam({ gradientAccumulationSteps: 1 })).toThrow(">= 2");
    expect(() => new optimizers.Adam({ useEma: true, emaOverwriteFrequency: 0 })).toThrow(">= 1");
    expect(() => new optimizers.Adam({ useEma: true, emaMomentum: 2 })).toThrow("range [0, 1]");
    expect(() => new optimizers.Lion({ beta1: 0 })).toThrow("SignSGD");
    expect(() => new optimizers.Ftrl({ l1RegularizationStrength: -1 })).toThrow(
      "l1_regularization_strength=-1",
    );
    expect(() => new optimizers.schedules.CosineDecay(0.1, 0)).toThrow("decay_steps=0");
    expect(() => new optimizers.schedules.PiecewiseConstantDecay([1], [1])).toThrow("1 less than");
  });
});

describe("state without gradients shrinks to 0 and has no subnormal numbers", () => {
  interface GoldenSubnormals {
    readonly start: readonly number[];
    readonly cases: readonly {
      readonly class: string;
      readonly args: Record<string, Json>;
      /** For each step, each slot's contents. */
      readonly states: readonly (readonly (readonly number[])[])[];
    }[];
  }
  /** The smallest normal float32. */
  const smallest = 2 ** -126;
  const { start, cases } = golden<GoldenSubnormals>("subnormals");
  for (const [i, c] of cases.entries()) {
    it(`${c.class} ${i}`, () => {
      const optimizer = optimizers.deserialize({
        module: "keras.optimizers",
        class_name: c.class,
        config: c.args,
        registered_name: null,
      });
      const weight = new Variable(tensor([0.5, -0.5, 0.25, 1]), { name: "w" });
      optimizer.build([weight]);
      const slots = optimizer.variables.filter(({ shape }) => shape.length === 1);
      for (const slot of slots)
        slot.assign(tensor(start.map((x) => (slot.path.endsWith("_momentum") ? x : Math.abs(x)))));
      // what is worth nothing; XLA keeps it, and takes increments that are subnormal for 0
      const negligible = 2 ** -100;
      for (const expected of c.states) {
        optimizer.apply([tensor([0, 0, 0, 0])], [weight]);
        for (const [k, slot] of slots.entries()) {
          for (const [j, found] of slot.value.data.entries()) {
            expect(found === 0 || Math.abs(found) >= smallest, `${slot.path}: ${found}`).toBe(true);
            const error = Math.abs(found - expected[k][j]);
            expect(error, `${slot.path}: ${found} for ${expected[k][j]}`).toBeLessThan(
              Math.max(negligible, 1e-6 * Math.abs(found)),
            );
          }
        }
      }
      // squares fade more slowly
      for (const slot of slots.filter(({ path }) => path.endsWith("_momentum")))
        expect([...slot.value.data].slice(1, 3).map(Math.abs), slot.path).toEqual([0, 0]);
    });
  }
});

describe("learning-rate schedules equal Keras's", () => {
  interface GoldenSchedules {
    readonly cases: readonly {
      readonly class: string;
      readonly args: Record<string, Json>;
      readonly config: Record<string, Json>;
      readonly steps: number[];
      readonly values: number[];
    }[];
  }
  for (const [i, c] of golden<GoldenSchedules>("schedules").cases.entries()) {
    it(`${c.class} ${i}`, () => {
      const { deserialize, serialize } = optimizers.schedules;
      const schedule = deserialize({
        module: "keras.optimizers.schedules",
        class_name: c.class,
        config: c.args,
        registered_name: null,
      });
      for (const [k, step] of c.steps.entries()) {
        const rate = schedule.call(ops.cast(step, "float32")).item();
        expect(Math.abs(rate - c.values[k]), `step ${step}: ${rate} for ${c.values[k]}`).toBeLessThan(1e-7);
      }
      expect(schedule.getConfig()).toEqual(c.config);
      expect(deserialize(serialize(schedule)).getConfig()).toEqual(c.config);
    });
  }
});
