import {
  Input,
  layers,
  Model,
  type models,
  ops,
  Sequential,
  type Tensor,
  tensor,
  utils,
  valueAndGrad,
} from "keratin";
import { beforeEach, describe, expect, it } from "vitest";
import { ArraysInOrder } from "../../src/models/training/arraysInOrder.js";
import { layoutOf } from "../../src/models/training/batch.js";
import { Loop } from "../../src/models/training/loop.js";

beforeEach(() => {
  utils.clearSession();
  utils.setRandomSeed(3);
});

const ROWS = 50;
const x = tensor(Array.from({ length: ROWS }, (_, i) => [Math.sin(i), Math.cos(i), i / ROWS]));
const y = tensor(Array.from({ length: ROWS }, (_, i) => [Math.sin(2 * i)]));

function network() {
  const model = new Sequential([
    Input([3]),
    new layers.Dense(4, { activation: "tanh" }),
    new layers.Dense(1),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  return model;
}

function* batches(): Generator<models.BatchLike> {
  for (let i = 0; i < ROWS; i += 16) {
    const size = Math.min(16, ROWS - i);
    yield [x.slice(i, size), y.slice(i, size)];
  }
}
async function* later(): AsyncGenerator<models.BatchLike> {
  for (const batch of batches()) yield batch;
}

const bits = (model: Model) => model.getWeights().map((t) => t.data);
const options = { epochs: 3, verbose: 0, batchSize: 16, shuffle: false } as const;

async function trained(fit: (model: Sequential) => Promise<unknown>) {
  utils.setRandomSeed(3);
  const model = network();
  await fit(model);
  return bits(model);
}

describe("batches from generators", () => {
  it("train to the bits of arrays: functions, async ones, endless ones", async () => {
    const expected = await trained((model) => model.fit(x, y, options));
    const endless = function* () {
      for (;;) yield* batches();
    };
    expect(await trained((model) => model.fit(batches, { epochs: 3, verbose: 0 }))).toEqual(expected);
    expect(await trained((model) => model.fit(later, { epochs: 3, verbose: 0 }))).toEqual(expected);
    const steps = { epochs: 3, verbose: 0, stepsPerEpoch: 4 } as const;
    expect(await trained((model) => model.fit(endless(), steps))).toEqual(expected);
  });

  it("say so when they have run out", async () => {
    const model = network();
    await expect(model.fit(batches(), { epochs: 2, verbose: 0 })).rejects.toThrow("ran out of data");
  });

  it("are evaluated and predicted as arrays are", async () => {
    const model = network();
    expect(await model.evaluate(batches, { verbose: 0 })).toBe(
      await model.evaluate(x, y, { batchSize: 16, verbose: 0 }),
    );
    const predicted = await model.predict(batches, { verbose: 0 });
    expect(predicted.data).toEqual((await model.predict(x, { batchSize: 16, verbose: 0 })).data);
  });
});

it("steps over arrays in their order see the rows as they lie, from any step on", async () => {
  const rows = 2003;
  const wide = ops.arange(rows * 300, undefined, 1, "float32").reshape([rows, 300]);
  const labels = ops.arange(rows, undefined, 1, "int32");
  const feed = new ArraysInOrder(layoutOf({ x: wide, y: labels, sampleWeight: undefined }), rows, 8);
  const loop = new Loop(feed, (batch) => [batch.x as Tensor, batch.y as Tensor]);
  feed.start(null, 3);
  const seen: number[][] = [[], []];
  for (let ran = await loop.collect(999); ran; ran = await loop.collect(999))
    for (const [i, part] of ran.result.entries()) for (const number of part.data) seen[i].push(number);
  feed.start(null, 3);
  const last = (await loop.run(100))?.result.map(({ data }) => Array.from(data));
  feed.release();
  expect(seen[0]).toEqual(Array.from(wide.data.subarray(3 * 8 * 300)));
  expect(seen[1]).toEqual(Array.from(labels.data.subarray(3 * 8)));
  expect(last).toBeDefined();
  const step = seen[1].indexOf((last as number[][])[1][0]) / 8;
  expect(last).toEqual([
    seen[0].slice(step * 2400, (step + 1) * 2400),
    seen[1].slice(step * 8, step * 8 + 8),
  ]);
});

describe("subclasses", () => {
  class Own extends Model {
    inner = [new layers.Dense(4, { activation: "tanh" }), new layers.Dense(1)];
    override call(input: Tensor): Tensor {
      return this.inner[1].apply(this.inner[0].apply(input));
    }
  }
  class OwnStep extends Own {
    override trainStep({ x: input, y: labels }: models.Batch): models.StepLogs {
      const weights = this.trainableVariables;
      const lossOf = (_: typeof weights) =>
        ops.mean(ops.square(ops.subtract(labels as Tensor, this.apply(input as Tensor, { training: true }))));
      const [loss, gradients] = valueAndGrad(lossOf)(weights);
      this.optimizer?.apply(gradients as Tensor[], weights);
      return { loss };
    }
  }

  it("train as the sequential model does, also with a step of their own", async () => {
    const expected = await trained((model) => model.fit(x, y, options));
    for (const Kind of [Own, OwnStep]) {
      utils.setRandomSeed(3);
      const model = new Kind();
      model.compile({ optimizer: "adam", loss: "mse" });
      await model.fit(x, y, options);
      for (const [i, values] of bits(model).entries())
        for (const [j, value] of values.entries()) expect(value).toBeCloseTo(expected[i][j], 5);
    }
  });

  it("freeze what they own", async () => {
    const model = new Own();
    model.build([null, 3]);
    model.inner[0].trainable = false;
    model.compile({ optimizer: "sgd", loss: "mse" });
    const before = bits(model);
    await model.fit(x, y, options);
    const after = bits(model);
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after[2]).not.toEqual(before[2]);
  });
});
