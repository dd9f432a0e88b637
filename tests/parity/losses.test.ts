import { losses, metrics, setBackend, type Tensor, tensor, valueAndGrad } from "keratin";
import { afterEach, describe, expect, it } from "vitest";
import type { Json } from "../../src/utils/serialization.js";
import { type GoldenArray, golden, goldenTensor } from "./golden.js";

interface GoldenLosses {
  readonly losses: readonly {
    readonly case: string;
    readonly class: string;
    readonly args: Record<string, number | boolean | string>;
    readonly y_true: GoldenArray;
    readonly y_pred: GoldenArray;
    readonly value: number;
    readonly gradient: GoldenArray;
    readonly sample_weight: GoldenArray;
    readonly weighted_value: number;
  }[];
  readonly metrics: readonly {
    readonly class: string;
    readonly args: Record<string, Json>;
    readonly updates: readonly {
      readonly y_true: GoldenArray;
      readonly y_pred: GoldenArray;
      readonly result: number;
    }[];
  }[];
}

const close = (found: number, expected: number) =>
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(expected)));

describe("losses equal Keras's", () => {
  for (const c of golden<GoldenLosses>("losses").losses) {
    it(c.case, () => {
      const loss = losses.deserialize({
        module: "keras.losses",
        class_name: c.class,
        config: c.args,
        registered_name: null,
      });
      const yTrue = tensor(c.y_true.data, c.y_true.shape, c.y_true.dtype);
      const yPred = tensor(c.y_pred.data, c.y_pred.shape);
      const [value, gradient] = valueAndGrad((prediction: Tensor) => loss.apply(yTrue, prediction))(yPred);
      close(value.item(), c.value);
      for (const [i, expected] of c.gradient.data.entries()) close(gradient.data[i], expected);
      close(
        loss.apply(yTrue, yPred, { sampleWeight: tensor(c.sample_weight.data) }).item(),
        c.weighted_value,
      );
    });

    it(`${c.case}: finite differences, both backends, config`, () => {
      const loss = losses.deserialize({
        module: "keras.losses",
        class_name: c.class,
        config: c.args,
        registered_name: null,
      });
      const yTrue = goldenTensor(c.y_true);
      const yPred = goldenTensor(c.y_pred);
      const run = (backend: "wasm" | "reference") => {
        setBackend(backend);
        return valueAndGrad((prediction: Tensor) => loss.apply(yTrue, prediction))(yPred).map((t) => t.data);
      };
      const [, gradient] = run("reference");
      expect(run("wasm")).toEqual(run("reference"));
      const saturated = c.y_pred.data.some((p) => p === 0 || p === 1);
      for (const at of saturated ? [] : [0, yPred.size >> 1, yPred.size - 1]) {
        const step = 2 ** -8;
        const valueAt = (by: number) => {
          const data = yPred.data.slice();
          data[at] += by;
          return loss.apply(yTrue, tensor(data, yPred.shape)).item();
        };
        const slope = (valueAt(step) - valueAt(-step)) / (2 * step);
        expect(Math.abs(slope - gradient[at])).toBeLessThan(0.01 * Math.max(1, Math.abs(slope)));
      }
      const config = loss.getConfig();
      const again = losses.deserialize({ class_name: c.class, config: JSON.parse(JSON.stringify(config)) });
      expect(again.getConfig()).toEqual(config);
      expect(config).toMatchObject(c.args);
    });
  }
});

describe("metrics equal Keras's", () => {
  for (const c of golden<GoldenLosses>("losses").metrics) {
    it(c.class, () => {
      const made = () =>
        metrics.deserialize({
          module: "keras.metrics",
          class_name: c.class,
          config: c.args,
          registered_name: null,
        });
      for (const backend of ["wasm", "reference"] as const) {
        setBackend(backend);
        const metric = made();
        for (const update of c.updates) {
          metric.updateState(goldenTensor(update.y_true), goldenTensor(update.y_pred));
          close(metric.result().item(), update.result);
        }
        metric.resetState();
        metric.updateState(goldenTensor(c.updates[0].y_true), goldenTensor(c.updates[0].y_pred));
        close(metric.result().item(), c.updates[0].result);
      }
      const config = made().getConfig();
      expect(config).toMatchObject(c.args);
      const again = metrics.deserialize({ class_name: c.class, config: JSON.parse(JSON.stringify(config)) });
      expect(again.getConfig()).toEqual(config);
    });
  }
});

afterEach(() => setBackend("wasm"));
