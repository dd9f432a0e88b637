import { Input, Layer, layers, Model, models, ops, Sequential, type Tensor, tensor, utils } from "keratin";
import { beforeEach, describe, expect, it } from "vitest";
import { golden } from "../parity/golden.js";

// The same models and runs as tests/golden/make/models.py.

interface Architecture {
  readonly config: object;
  readonly layers: string[];
  readonly output_names: string[];
  readonly weights: [path: string, shape: number[]][];
  readonly summary_80: string;
  readonly summary_120_expanded: string;
  readonly layers_again?: string[];
}
interface Run {
  readonly history: Record<string, number[]>;
  readonly evaluate: number[];
  readonly evaluate_dict: Record<string, number>;
  readonly weight_sums: [path: string, sum: number][];
  readonly predict: number[] | number[][] | Record<string, number[]>;
  readonly compile_config: Record<string, unknown>;
}
const { architectures, runs } = golden<{
  architectures: Record<string, Architecture>;
  runs: Record<string, Run>;
}>("models");

beforeEach(() => {
  utils.clearSession();
});

const build: Record<string, () => models.AnyModel> = {
  operations: () => {
    const a = Input([8], { name: "a" });
    const b = Input([8]);
    const shared = new layers.Dense(4);
    const [x, y] = [shared.apply(a), shared.apply(b)];
    const z = ops.sum(ops.add(ops.multiply(ops.add(x, y), 3), 2), 1, true);
    const w = ops.expandDims(ops.mean(ops.reshape(x, [-1, 2, 2]), [1, 2]), -1);
    const q = ops.softmax(ops.relu(ops.concatenate([z, w], -1)));
    const chosen = ops.where(ops.greater(q, 0.5), q, 0);
    return new Model({
      inputs: [a, b],
      outputs: [new layers.Add().apply([chosen, w]), ops.clip(x, 0, 1)],
    });
  },
  nested: () => {
    const inner = new Sequential([Input([4]), new layers.Dense(3), new layers.Dense(2)]);
    const left = Input([4], { name: "left" });
    const right = Input([4], { name: "right" });
    const joined = new layers.Concatenate().apply([inner.apply(left), inner.apply(right)]);
    const hidden = Input([4]);
    // Python makes the outer layer of a nested call first
    const dropout = new layers.Dropout(0.5);
    const functional = new Model({
      inputs: hidden,
      outputs: dropout.apply(new layers.Dense(4).apply(hidden)),
    });
    const out = new layers.Dense(1, { name: "out" }).apply(functional.apply(joined));
    return new Model({ inputs: { left, right }, outputs: { out, mid: inner.apply(left) } });
  },
  masked: () => {
    const tokens = Input([5], { dtype: "int32" });
    let x = new layers.Embedding(10, 4, { maskZero: true }).apply(tokens);
    x = new layers.Dropout(0.25).apply(x);
    x = new layers.GlobalAveragePooling1D().apply(x);
    return new Model({ inputs: tokens, outputs: new layers.Dense(2).apply(x) });
  },
  chain,
  intermediate: () => {
    const model = chain();
    return new Model({
      inputs: model.layers[1].output,
      outputs: [model.layers[2].output, model.output],
    });
  },
  shared: () => {
    const [first, second] = [Input([4]), Input([4])];
    const idle = Input([2], { name: "idle" });
    const dense = new layers.Dense(4);
    const x = dense.apply(dense.apply(first));
    const y = new layers.Multiply().apply([x, dense.apply(second)]);
    return new Model({ inputs: [first, idle, second], outputs: y });
  },
};

function chain() {
  const inputs = Input([6]);
  const x = new layers.BatchNormalization().apply(new layers.Dense(5, { activation: "relu" }).apply(inputs));
  return new Model({ inputs, outputs: new layers.Dense(3).apply(x), name: "chain" });
}

function text(model: models.AnyModel, columns: number, options: models.SummaryOptions = {}): string {
  let written = "";
  const before = process.env.COLUMNS;
  process.env.COLUMNS = String(columns);
  try {
    model.summary({ ...options, printFn: (part) => (written += part) });
  } finally {
    if (before === undefined) delete process.env.COLUMNS;
    else process.env.COLUMNS = before;
  }
  return written;
}

describe.each(Object.entries(architectures))("%s", (name, expected) => {
  it("has Keras's layers, weights and summary", () => {
    const model = build[name]();
    expect(model.layers.map((layer) => layer.name)).toEqual(expected.layers);
    expect(model.weights.map(({ path, shape }) => [path, shape])).toEqual(expected.weights);
    expect(text(model, 80)).toBe(expected.summary_80);
    expect(text(model, 120, { expandNested: true, showTrainable: true })).toBe(expected.summary_120_expanded);
  });

  it("has Keras's configuration, and is made again from it", () => {
    const model = build[name]();
    const config = JSON.parse(JSON.stringify(model.getConfig()));
    expect(config).toEqual(expected.config);
    const again = models.modelFromJSON(model.toJSON());
    expect(JSON.parse(JSON.stringify(again.getConfig()))).toEqual(expected.config);
    again.setWeights(model.getWeights());
    const copy = models.cloneModel(model);
    expect(JSON.parse(JSON.stringify(copy.getConfig()))).toEqual(expected.config);
  });
});

// ---- runs

const ROWS = 70;
const mod = (a: number, b: number) => ((a % b) + b) % b;
const numbers = (rows: number, columns: number, salt: number) =>
  tensor(
    Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (_, j) => mod(i * 7919 + j * 104729 + salt * 31, 1000) / 1000 - 0.5),
    ),
  );
const integers = (rows: number, of: (i: number) => number) =>
  tensor(Int32Array.from({ length: rows }, (_, i) => of(i)));

function twoHeaded() {
  const left = Input([4], { name: "left" });
  const right = Input([3], { name: "right" });
  const joined = new layers.Concatenate().apply([
    new layers.Dense(5, { activation: "relu" }).apply(left),
    new layers.Dense(5, { activation: "tanh" }).apply(right),
  ]);
  const x = new layers.Dropout(0.25).apply(joined);
  const kind = new layers.Dense(3, { activation: "softmax", name: "kind" }).apply(x);
  const size = new layers.Dense(1, { name: "size", kernelRegularizer: "l2" }).apply(x);
  return { left, right, kind, size };
}

const asList = () => {
  const { left, right, kind, size } = twoHeaded();
  return new Model({ inputs: [left, right], outputs: [kind, size] });
};
const asDict = () => {
  const { left, right, kind, size } = twoHeaded();
  return new Model({ inputs: { left, right }, outputs: { size, kind } });
};

class WithLosses extends Layer {
  override call(x: Tensor) {
    this.addLoss(ops.multiply(0.1, ops.mean(ops.square(x))));
    return x;
  }
}

const added = () => {
  const inputs = Input([4]);
  const x = new layers.Dense(5, { activityRegularizer: "l1" }).apply(inputs);
  const output = new layers.Dense(3, { activation: "softmax" });
  return new Model({ inputs, outputs: output.apply(new WithLosses().apply(x)) });
};
const frozen = () => {
  const inputs = Input([4]);
  const base = new Sequential([new layers.Dense(5), new layers.BatchNormalization()]);
  base.build([null, 4]);
  base.trainable = false;
  return new Model({
    inputs,
    outputs: new layers.Dense(3, { activation: "softmax" }).apply(base.apply(inputs)),
  });
};
const sequences = () => {
  const inputs = Input([5], { dtype: "int32" });
  const x = new layers.Embedding(10, 4, { maskZero: true }).apply(inputs);
  return new Model({ inputs, outputs: new layers.Dense(3, { activation: "softmax" }).apply(x) });
};

const convolutions = () =>
  new Sequential([
    Input([12, 12, 8]),
    new layers.Conv2D(16, 3, { padding: "same", activation: "relu" }),
    new layers.Conv2D(16, 3, { activation: "relu" }),
    new layers.Conv2D(24, 3, { padding: "same", activation: "relu" }),
    new layers.MaxPooling2D(2),
    new layers.Flatten(),
    new layers.Dense(3, { activation: "softmax" }),
  ]);

const left = numbers(ROWS, 4, 2);
const right = numbers(ROWS, 3, 3);
const kind = integers(ROWS, (i) => mod(Math.floor((i * 7919 + 1) / 3), 3));
const size = numbers(ROWS, 1, 5);
const weight = tensor(Float32Array.from({ length: ROWS }, (_, i) => i % 4));
const reversed = tensor(Float32Array.from(weight.data).reverse());
const tokens = integers(ROWS * 5, (k) =>
  mod(Math.floor((Math.floor(k / 5) * 7919 + (k % 5) * 31) / 7), 10),
).reshape([ROWS, 5]);
const sequenceLabels = integers(ROWS * 5, (k) =>
  mod(Math.floor((Math.floor(k / 5) + (k % 5)) / 2), 3),
).reshape([ROWS, 5]);
const both = { kind: "sparse_categorical_crossentropy", size: "mse" } as const;

interface RunCase {
  readonly make: () => models.AnyModel;
  readonly compile: models.CompileOptions;
  readonly fit: models.FitOptions;
  readonly x: models.ArrayData;
  readonly y: models.ArrayData;
}
const cases: Record<string, RunCase> = {
  lists: {
    make: asList,
    compile: {
      optimizer: "adam",
      loss: ["sparse_categorical_crossentropy", "mse"],
      lossWeights: [1, 0.5],
      metrics: [["accuracy"], ["mae"]],
    },
    fit: { validationSplit: 0.2 },
    x: [left, right],
    y: [kind, size],
  },
  dictionaries: {
    make: asDict,
    compile: {
      optimizer: "sgd",
      loss: both,
      lossWeights: { kind: 0.3, size: 2 },
      metrics: { kind: ["accuracy"] },
      weightedMetrics: { kind: ["accuracy"], size: ["mae", "mse"] },
    },
    fit: { sampleWeight: { kind: weight, size: reversed } },
    x: { left, right },
    y: { kind, size },
  },
  by_name: {
    make: asList,
    compile: { optimizer: "sgd", loss: both, metrics: { size: "mae", kind: "acc" } },
    fit: { sampleWeight: weight, shuffle: false },
    x: { left, right },
    y: [kind, size],
  },
  one_loss: {
    make: asList,
    compile: { optimizer: "sgd", loss: [null, "mae"] },
    fit: { shuffle: "batch" },
    x: [left, right],
    y: [kind, size],
  },
  added: {
    make: added,
    compile: { optimizer: "sgd", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] },
    fit: { classWeight: { 0: 1, 1: 2.5, 2: 0.5 } },
    x: left,
    y: kind,
  },
  frozen: {
    make: frozen,
    compile: { optimizer: "sgd", loss: "sparse_categorical_crossentropy" },
    fit: {},
    x: left,
    y: kind,
  },
  sequences: {
    make: sequences,
    compile: {
      optimizer: "sgd",
      loss: "sparse_categorical_crossentropy",
      metrics: ["accuracy"],
      weightedMetrics: ["accuracy"],
    },
    fit: { sampleWeight: ops.tile(weight.reshape([ROWS, 1]), [1, 5]) },
    x: tokens,
    y: sequenceLabels,
  },
  sequences_unweighted: {
    make: sequences,
    compile: { optimizer: "sgd", loss: "sparse_categorical_crossentropy" },
    fit: {},
    x: tokens,
    y: sequenceLabels,
  },
  convolutions: {
    make: convolutions,
    compile: { optimizer: "sgd", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] },
    fit: {},
    x: numbers(ROWS, 12 * 12 * 8, 7).reshape([ROWS, 12, 12, 8]),
    y: kind,
  },
};

function expectNear(found: number, expected: number, what: string): void {
  expect(Math.abs(found - expected), `${what}: ${found} for ${expected}`).toBeLessThan(
    1e-5 * Math.max(1, Math.abs(expected)),
  );
}

describe.each(Object.entries(runs))("%s", (name, expected) => {
  it("trains, evaluates and predicts as Keras does", async () => {
    const { make, compile, fit, x, y } = cases[name];
    utils.setRandomSeed(45);
    const model = make();
    model.compile(compile);
    const { history } = await model.fit(x, y, { epochs: 2, batchSize: 16, verbose: 0, ...fit });
    expect(Object.keys(history).sort()).toEqual(Object.keys(expected.history).sort());
    for (const [key, values] of Object.entries(expected.history))
      for (const [epoch, value] of values.entries())
        expectNear(history[key][epoch], value, `${key} ${epoch}`);
    const options = { batchSize: 16, verbose: 0 } as const;
    const listed = await model.evaluate(x, y, options);
    const figures = typeof listed === "number" ? [listed] : listed;
    expect(figures).toHaveLength(expected.evaluate.length);
    for (const [i, value] of expected.evaluate.entries()) expectNear(figures[i], value, `evaluate ${i}`);
    const named = await model.evaluate(x, y, { ...options, returnDict: true });
    expect(Object.keys(named).sort()).toEqual(Object.keys(expected.evaluate_dict).sort());
    for (const [key, value] of Object.entries(expected.evaluate_dict)) expectNear(named[key], value, key);
    for (const [i, [path, sum]] of expected.weight_sums.entries()) {
      expect(model.weights[i].path).toBe(path);
      expectNear(
        Array.from(model.weights[i].numpy()).reduce((a, b) => a + b, 0),
        sum,
        path,
      );
    }
    const predicted = (await model.predict(x, options)) as Tensor | Tensor[] | Record<string, Tensor>;
    const check = (t: Tensor, values: readonly number[]) => {
      for (const [i, value] of values.entries()) expectNear(t.data[i], value, `predict ${i}`);
    };
    if (Array.isArray(predicted))
      for (const [i, t] of predicted.entries()) check(t, (expected.predict as number[][])[i]);
    else if ("shape" in predicted) check(predicted as Tensor, expected.predict as number[]);
    else
      for (const [key, t] of Object.entries(predicted))
        check(t, (expected.predict as Record<string, number[]>)[key]);
  });
});
