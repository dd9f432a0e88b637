import { losses, metrics, setBackend, type Tensor, tensor, utils, valueAndGrad } from "keratin";
import { afterEach, describe, expect, it } from "vitest";
import type { Json } from "../../src/utils/serialization.js";
import { type GoldenArray, golden, goldenTensor } from "./golden.js";

type Figures = number | readonly Figures[];

interface GoldenMetrics {
  readonly metrics: readonly {
    readonly class: string;
    readonly args: Record<string, Json>;
    readonly kind: string;
    readonly config: Record<string, Json>;
    readonly variables: readonly [name: string, value: Figures][];
    readonly updates: readonly {
      readonly y_true: GoldenArray | null;
      readonly y_pred: GoldenArray;
      readonly sample_weight: GoldenArray | null;
      /** Nested where there are several figures. */
      readonly result: Figures;
    }[];
  }[];
  readonly losses: readonly {
    readonly class: string;
    readonly args: Record<string, Json>;
    readonly kind: string;
    readonly config: Record<string, Json>;
    readonly y_true: GoldenArray;
    readonly y_pred: GoldenArray;
    readonly value: number;
    readonly sample_weight: GoldenArray;
    readonly weighted_value: number;
  }[];
}

const all = golden<GoldenMetrics>("metrics");
const close = (found: number, expected: number) =>
  expect(Math.abs(found - expected), `${found} for ${expected}`).toBeLessThanOrEqual(
    2e-6 * Math.max(1, Math.abs(expected)),
  );
const allClose = (found: ArrayLike<number>, expected: Figures) => {
  const list = [expected].flat(9) as number[];
  expect(found.length).toBe(list.length);
  for (const [i, value] of list.entries()) close(found[i], value);
};
const serialized = (module: string, className: string, config: Record<string, Json>) => ({
  module,
  class_name: className,
  config,
  registered_name: null,
});

afterEach(() => setBackend("wasm"));

describe("metrics equal Keras's", () => {
  for (const c of all.metrics) {
    const weighted = c.updates[0].sample_weight !== null;
    it(`${c.class} ${JSON.stringify(c.args)}, ${c.kind}${weighted ? ", weighted" : ""}`, () => {
      const made = (config: Record<string, Json>) => {
        utils.clearSession();
        return metrics.deserialize(serialized("keras.metrics", c.class, config));
      };
      const bits = (["reference", "wasm"] as const).map((backend) => {
        setBackend(backend);
        const metric = made(c.args);
        const run = () =>
          c.updates.map(({ y_true, y_pred, sample_weight }) => {
            const sampleWeight = sample_weight ? goldenTensor(sample_weight) : null;
            // Mean and Sum take values only
            if (metric instanceof metrics.Mean)
              metric.updateState(goldenTensor(y_pred), sampleWeight ?? undefined);
            else if (metric instanceof metrics.Sum) metric.updateState(goldenTensor(y_pred));
            else
              metric.updateState(goldenTensor(y_true as GoldenArray), goldenTensor(y_pred), { sampleWeight });
            return Array.from(metric.result().data);
          });
        const results = run();
        for (const [i, { result }] of c.updates.entries()) allClose(results[i], result);
        for (const [i, [name, value]] of c.variables.entries()) {
          expect(metric.variables[i].name).toBe(name);
          allClose(metric.variables[i].value.data, value);
        }
        metric.resetState();
        expect(run()).toEqual(results);
        return results;
      });
      expect(bits[1]).toEqual(bits[0]);
      const config = made(c.args).getConfig();
      expect(config).toEqual(c.config);
      expect(made(JSON.parse(JSON.stringify(config))).getConfig()).toEqual(config);
    });
  }
});

describe("losses of the catalogue equal Keras's, weighted too", () => {
  for (const c of all.losses) {
    it(`${c.class} ${JSON.stringify(c.args)}`, () => {
      const made = (config: Record<string, Json>) =>
        losses.deserialize(serialized("keras.losses", c.class, config));
      const loss = made(c.args);
      const [yTrue, yPred] = [goldenTensor(c.y_true), goldenTensor(c.y_pred)];
      close(loss.apply(yTrue, yPred).item(), c.value);
      close(
        loss.apply(yTrue, yPred, { sampleWeight: goldenTensor(c.sample_weight) }).item(),
        c.weighted_value,
      );
      const run = (backend: "wasm" | "reference") => {
        setBackend(backend);
        return valueAndGrad((p: Tensor) => loss.apply(yTrue, p))(yPred).map((t) => t.data);
      };
      const [value, gradient] = run("reference");
      expect(run("wasm")).toEqual([value, gradient]);
      for (const at of [0, yPred.size >> 1, yPred.size - 1]) {
        const valueAt = (by: number) => {
          const moved = yPred.data.slice();
          moved[at] += by;
          return loss.apply(yTrue, tensor(moved, yPred.shape)).item();
        };
        const slope = (valueAt(2 ** -9) - valueAt(-(2 ** -9))) * 2 ** 8;
        expect(Math.abs(slope - gradient[at])).toBeLessThan(
          5e-3 * Math.max(1, Math.abs(slope), value[0] / 8),
        );
      }
      // Keras's configuration of Huber has no delta, so that loading changes the loss
      const config = c.class === "Huber" ? { ...c.config, ...c.args } : c.config;
      expect(loss.getConfig()).toEqual(config);
      expect(made(JSON.parse(JSON.stringify(loss.getConfig()))).getConfig()).toEqual(config);
    });
  }
});
