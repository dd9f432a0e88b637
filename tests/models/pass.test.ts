import {
  callbacks,
  Input,
  layers,
  type Model,
  models,
  ops,
  Sequential,
  setBackend,
  Tensor,
  utils,
} from "keratin";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

beforeEach(() => {
  utils.clearSession();
  utils.setRandomSeed(7);
});
afterEach(() => setBackend("wasm"));

/** So many rows that they do not fit into one block. */
const ROWS = 3001;
const WIDTH = 700;

function samples(rows = ROWS): Tensor {
  const data = Float32Array.from({ length: rows * WIDTH }, (_, i) => Math.sin(i * 0.7));
  return new Tensor(data, { shape: [rows, WIDTH], dtype: "float32" });
}

function network() {
  const model = new Sequential([
    Input([WIDTH]),
    new layers.Dense(5, { activation: "tanh" }),
    new layers.Dense(2),
  ]);
  model.compile({ optimizer: "sgd", loss: "mse", metrics: ["mae"] });
  return model;
}

/** The outputs of each batch, computed on its own. */
async function batchByBatch(model: Model, x: Tensor, batchSize: number): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < x.shape[0]; i += batchSize) {
    const batch = x.slice(i, Math.min(batchSize, x.shape[0] - i));
    all.push(...((await model.predictOnBatch(batch)) as Tensor).data);
  }
  return all;
}

describe("predict", () => {
  it("gives the bits of single batches, whatever was predicted before", async () => {
    const model = network();
    const x = samples();
    for (const [rows, batchSize] of [
      [ROWS, 32],
      [40, 32],
      [7, 32],
      [ROWS, 32],
      [ROWS, 500],
      [1, 32],
    ]) {
      const part = x.slice(ROWS - rows, rows);
      const predicted = await model.predict(part, { batchSize, verbose: 0 });
      expect(predicted.shape).toEqual([rows, 2]);
      expect(Array.from(predicted.data)).toEqual(await batchByBatch(model, part, batchSize));
    }
  });

  it("sees new weights, other layers and the other backend", async () => {
    class Scale extends layers.Layer {
      factor = 2;
      override call(input: Tensor): Tensor {
        return input.mul(this.factor);
      }
    }
    const scale = new Scale();
    const model = network();
    model.add(scale);
    const x = samples(50);
    const check = async () => {
      const predicted = await model.predict(x, { verbose: 0 });
      expect(Array.from(predicted.data)).toEqual(await batchByBatch(model, x, 32));
      return predicted.data;
    };
    const first = await check();
    await model.fit(x, ops.ones([50, 2]), { verbose: 0 });
    const trained = await check();
    expect(trained).not.toEqual(first);
    setBackend("reference");
    expect(await check()).toEqual(trained);
    setBackend("wasm");
    scale.factor = 3;
    expect(await check()).not.toEqual(trained);
    model.pop();
    model.add(new layers.Dense(3));
    expect((await check()).length).toBe(150);
  });

  it("makes a layer that took another one's place for batches of any size", async () => {
    class Replaceable extends models.Model {
      inner: layers.Layer = new layers.Dense(5);
      override call(input: Tensor): Tensor {
        return this.inner.apply(input) as Tensor;
      }
    }
    const model = new Replaceable();
    const x = samples(50);
    expect((await model.predict(x, { verbose: 0 })).shape).toEqual([50, 5]);
    const second = new layers.Dense(3);
    model.inner = second;
    expect((await model.predict(x, { verbose: 0 })).shape).toEqual([50, 3]);
    expect(second.inputShape).toEqual([null, WIDTH]);
  });

  it.each(["wasm", "reference"] as const)("gives outputs of their own, on backend %s", async (backend) => {
    setBackend(backend);
    const model = new Sequential([Input([WIDTH]), new layers.Activation("linear")]);
    const x = samples(20);
    const first = (await model.predict(x, { verbose: 0 })) as Tensor;
    first.data.fill(9);
    expect(x.data).toEqual(samples(20).data);
    expect((await model.predict(x, { verbose: 0 })).data).toEqual(x.data);
  });

  it("tells inputs apart that differ in their structure alone", async () => {
    const [a, b] = [Input([3], { name: "a" }), Input([3], { name: "b" })];
    const model = new models.Model({ inputs: { a, b }, outputs: ops.subtract(a, b) });
    const given = { a: ops.ones([4, 3]), b: ops.zeros([4, 3]) };
    const predict = async (x: object) => Array.from((await model.predict(x as never, { verbose: 0 })).data);
    expect(await predict(given)).toEqual(Array(12).fill(1));
    expect(await predict({ b: given.a, a: given.b })).toEqual(Array(12).fill(-1));
  });

  it("may be called again before it is done", async () => {
    const model = network();
    const x = samples(1500);
    const parts = [x.slice(0, 1000), x.slice(200, 900), x.slice(600, 900)];
    const both = await Promise.all(parts.map((part) => model.predict(part, { verbose: 0 })));
    for (const [i, part] of parts.entries())
      expect(Array.from(both[i].data)).toEqual(await batchByBatch(model, part, 32));
  });

  it("tells a callback of each batch, and a progress bar of what was done", async () => {
    const heard: number[] = [];
    const shapes = new Set<string>();
    class Listener extends callbacks.Callback {
      override onPredictBatchEnd(batch: number, logs?: callbacks.PredictLogs): void {
        heard.push(batch);
        shapes.add(((logs as callbacks.PredictLogs).outputs as Tensor).shape.join("×"));
      }
    }
    const model = network();
    const x = samples(100);
    const silent = await model.predict(x, { verbose: 0 });
    const watched = await model.predict(x, { verbose: 0, callbacks: [new Listener()] });
    expect(watched.data).toEqual(silent.data);
    expect(heard).toEqual([0, 1, 2, 3]);
    expect([...shapes]).toEqual(["32×2", "4×2"]);
    const bar = new callbacks.ProgbarLogger({ write: () => {} });
    expect((await model.predict(x, { callbacks: [bar] })).data).toEqual(silent.data);
  });

  it("goes on after samples that are not finite", async () => {
    const model = network();
    const x = samples(40);
    const expected = await model.predict(x, { verbose: 0 });
    const broken = samples(40);
    broken.data[33 * WIDTH + 5] = Number.NaN;
    await expect(model.predict(broken, { verbose: 0 })).rejects.toThrow("`x` holds NaN in sample 33");
    expect((await model.predict(x, { verbose: 0 })).data).toEqual(expected.data);
  });

  it.each([0, 1, 2047, ROWS - 1])("finds a number in sample %i of many that is not finite", async (row) => {
    const model = network();
    const good = samples();
    const expected = await model.predict(good, { verbose: 0 });
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const x = samples();
      x.data[row * WIDTH + 699] = value;
      const y = ops.ones([ROWS, 2]);
      const found = `\`x\` holds ${value} in sample ${row}`;
      await expect(model.predict(x, { verbose: 0 })).rejects.toThrow(found);
      await expect(model.predict(x, { verbose: 0 })).rejects.toThrow(found);
      await expect(model.evaluate(x, y, { verbose: 0 })).rejects.toThrow(found);
      // steps that were not run are nobody's concern, but count as not looked at
      const seen = Math.floor(row / 32);
      if (seen > 0) await model.predict(x, { verbose: 0, steps: seen });
      await expect(model.predict(x, { verbose: 0 })).rejects.toThrow(found);
    }
    expect((await model.predict(good, { verbose: 0 })).data).toEqual(expected.data);
  });
});

describe("evaluate", () => {
  it("gives the figures of batches from a generator, again and again", async () => {
    const model = network();
    const x = samples();
    const y = ops.sin(ops.arange(2 * ROWS, undefined, 1, "float32")).reshape([ROWS, 2]);
    const sampleWeight = ops.cos(ops.arange(ROWS, undefined, 1, "float32")).abs();
    const batches = function* (): Generator<[Tensor, Tensor, Tensor]> {
      for (let i = 0; i < ROWS; i += 64) {
        const size = Math.min(64, ROWS - i);
        yield [x.slice(i, size), y.slice(i, size), sampleWeight.slice(i, size)];
      }
    };
    const options = { batchSize: 64, verbose: 0 } as const;
    const expected = await model.evaluate(batches, options);
    expect(await model.evaluate(x, y, { ...options, sampleWeight })).toEqual(expected);
    expect(await model.evaluate(x, y, options)).not.toEqual(expected);
    expect(await model.evaluate(x, y, { ...options, sampleWeight })).toEqual(expected);
  });
});

it("fit gives the same bits whatever part of the data stays in the backend's memory", async () => {
  const x = samples();
  const whole = x.data.byteLength / 2 ** 20;
  const y = ops.ones([ROWS, 2]);
  const trained = async (limit: string, more: { validationBatchSize?: number } = {}) => {
    vi.stubEnv("KERATIN_RESIDENT_MB", limit);
    utils.setRandomSeed(7);
    const model = network();
    const { history } = await model.fit(x, y, { epochs: 2, verbose: 0, validationSplit: 0.2, ...more });
    return { history, weights: model.getWeights().map(({ data }) => data) };
  };
  try {
    const expected = await trained("1536");
    for (const part of [0, 0.3, 0.7, 0.9, 0.99])
      expect(await trained(String(part * whole))).toEqual(expected);
    // a validation batch that a block has no room for, and one that is no multiple of the other
    for (const validationBatchSize of [ROWS, 48]) {
      const more = { validationBatchSize };
      expect(await trained(String(0.5 * whole), more)).toEqual(await trained("1536", more));
    }
    await expect(trained("much")).rejects.toThrow("KERATIN_RESIDENT_MB");
  } finally {
    vi.unstubAllEnvs();
  }
});
