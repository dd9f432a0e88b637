import { losses, type Tensor, tensor, valueAndGrad } from "keratin";
import { describe, expect, it } from "vitest";
import { type GoldenArray, golden } from "./golden.js";

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
  }
});
