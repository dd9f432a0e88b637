import { fileURLToPath } from "node:url";
import { models, type Tensor, tensor } from "keratin";
import { describe, expect, it } from "vitest";
import { golden } from "../parity/golden.js";

const files = golden<{ x: number[]; predictions: number[]; loss_going_on: number[] }>("oldFiles");
const pathOf = (name: string) => fileURLToPath(new URL(`../golden/${name}.h5`, import.meta.url));
const x = tensor(files.x, [8, 6, 6, 1]);
const y = tensor([0, 1, 0, 1, 0, 1, 0, 1], [8], "int32");

function largestDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i])), 0);
}

describe("whole-model .h5 files", () => {
  it.each(["keras3", "keras2"])("%s.h5 predicts what Keras has predicted", async (name) => {
    const model = await models.loadModel(pathOf(name));
    const predicted = (await model.predict(x, { verbose: 0 })) as Tensor;
    expect(largestDifference(predicted.data, files.predictions)).toBeLessThan(1e-6);
    expect(model.optimizer?.name.toLowerCase()).toBe("adam");
  });

  it("keras3.h5 has the optimizer's state: training goes on as in Keras", async () => {
    const model = await models.loadModel(pathOf("keras3"));
    const { history } = await model.fit(x, y, { epochs: 2, shuffle: false, verbose: 0 });
    expect(largestDifference(history.loss as number[], files.loss_going_on)).toBeLessThan(1e-5);
  });

  it("give their weights to a model that is there", async () => {
    const model = await models.loadModel(pathOf("keras2"), { compile: false });
    const before = model.weights.map((v) => v.numpy());
    for (const variable of model.weights) variable.assign(variable.value.mul(0));
    await model.loadWeights(pathOf("keras3"));
    expect(model.weights.map((v) => v.numpy())).toEqual(before);
  });
});
