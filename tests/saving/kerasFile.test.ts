import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  datasets,
  Input,
  layers,
  models,
  optimizers,
  Sequential,
  saving,
  type Tensor,
  tensor,
  utils,
} from "keratin";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MnistData } from "../../src/datasets/mnist.js";
import { readZip } from "../../src/saving/archive/zip.js";
import { Hdf5File } from "../../src/saving/hdf5/file.js";
import { toPythonJson } from "../../src/saving/json.js";
import type { Json } from "../../src/utils/serialization.js";
import { type GoldenArray, golden } from "../parity/golden.js";

interface GoldenFiles {
  readonly models: Record<
    string,
    {
      readonly h5: [
        path: string,
        attributes: Record<string, string>,
        shape: number[] | null,
        dtype: string | null,
      ][];
      readonly predict_test_first20: GoldenArray;
      readonly config_sans_ids: object;
      readonly weights: { readonly path: string; readonly sha256: string }[];
      readonly resume_after_load: {
        readonly set_random_seed_before_load: number;
        readonly history: { readonly loss: number[]; readonly accuracy: number[] };
      };
    }
  >;
}

const files = golden<GoldenFiles>("files");
const names = Object.keys(files.models);
const pathOf = (name: string) => fileURLToPath(new URL(`../golden/${name}.keras`, import.meta.url));

let data: MnistData;
let folder: string;
beforeAll(async () => {
  data = await datasets.mnist.loadData();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keratin-saving-"));
});

function images(x: Tensor, count: number, name: string): Tensor {
  const scaled = x.slice(0, count).div(255);
  return name.startsWith("cnn") ? scaled.reshape([count, 28, 28, 1]) : scaled;
}

function largestDifference(a: Tensor, b: GoldenArray): number {
  return b.data.reduce((largest, value, i) => Math.max(largest, Math.abs(a.data[i] - value)), 0);
}

const sha256 = (t: Tensor) => createHash("sha256").update(t.data).digest("hex");

async function member(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  return (await readZip(bytes, [name], "archive")).get(name) as Uint8Array;
}

describe.each(names)("a .keras file of Python Keras: %s", (name) => {
  const expected = files.models[name];

  it("has the same weights, predicts the same, and trains on the same", async () => {
    const { set_random_seed_before_load: seed, history } = expected.resume_after_load;
    utils.setRandomSeed(seed);
    const model = await models.loadModel(pathOf(name));
    expect(model).toBeInstanceOf(Sequential);
    expect(model.weights.map((v) => ({ path: v.path, sha256: sha256(v.value) }))).toEqual(
      expected.weights.map(({ path, sha256 }) => ({ path, sha256 })),
    );
    const predicted = await model.predict(images(data.test.x, 20, name), { verbose: 0 });
    expect(largestDifference(predicted, expected.predict_test_first20)).toBeLessThan(1e-6);
    const again = await model.fit(images(data.train.x, 1000, name), data.train.y.slice(0, 1000), {
      verbose: 0,
    });
    expect(Math.abs((again.history.loss[0] as number) - history.loss[0])).toBeLessThan(1e-5);
    expect(again.history.accuracy[0]).toBeCloseTo(history.accuracy[0], 6);
  });

  it("is written again with the same configuration, tree and bytes of JSON", async () => {
    utils.clearSession();
    const original = await readFile(pathOf(name));
    const model = await models.loadModel(original);
    const written = await saving.toBytes(model);
    const config = new TextDecoder().decode(await member(written, "config.json"));
    expect(JSON.parse(config)).toEqual(expected.config_sans_ids);
    const golden = new TextDecoder().decode(await member(original, "config.json"));
    expect(toPythonJson(JSON.parse(golden))).toBe(golden);
    expect(config.length).toBe(golden.replace(/, "shared_object_id": \d+/g, "").length);
    const file = await Hdf5File.open(await member(written, "model.weights.h5"), "weights");
    const before = await Hdf5File.open(await member(original, "model.weights.h5"), "weights");
    for (const [path, attributes, shape] of expected.h5) {
      expect(file.shape(path) ?? null, path).toEqual(shape);
      if (attributes.name) expect(file.texts(path, "name")).toEqual([attributes.name]);
      if (shape) expect(file.array(path), path).toEqual(before.array(path));
    }
    file.close();
    before.close();
  });
});

function small() {
  const model = new Sequential([
    Input([3]),
    new layers.Dense(4, { activation: "relu" }),
    new layers.BatchNormalization(),
    new layers.Dropout(0.25),
    new layers.Dense(2, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return model;
}
const x = tensor(
  Array.from({ length: 60 }, (_, i) => Math.sin(i)),
  [20, 3],
);
const y = tensor(
  Array.from({ length: 20 }, (_, i) => i % 2),
  [20],
  "int32",
);

describe("Model.save and models.loadModel", () => {
  it("keep the optimizer's state: training goes on to the same bits", async () => {
    utils.setRandomSeed(1);
    const model = small();
    await model.fit(x, y, { epochs: 2, verbose: 0 });
    await model.save(join(folder, "m.keras"));
    utils.setRandomSeed(2);
    const loaded = await models.loadModel(pathToFileURL(join(folder, "m.keras")));
    expect(loaded.optimizer?.variables.map((v) => v.numpy())).toEqual(
      model.optimizer?.variables.map((v) => v.numpy()),
    );
    utils.setRandomSeed(2);
    const again = await models.loadModel(new Blob([(await readFile(join(folder, "m.keras"))) as BlobPart]));
    for (const m of [loaded, again]) {
      utils.setRandomSeed(3);
      await m.fit(x, y, { epochs: 2, verbose: 0 });
    }
    expect(loaded.weights.map((v) => v.numpy())).toEqual(again.weights.map((v) => v.numpy()));
    expect(loaded.optimizer?.iterations.numpy()).toEqual(Int32Array.of(4));
  });

  it("keep a schedule of the learning rate", async () => {
    const schedule = new optimizers.schedules.ExponentialDecay(0.1, 2, 0.5);
    const model = new Sequential([Input([3]), new layers.Dense(2), new layers.Dense(1)]);
    model.compile({ optimizer: new optimizers.Adam({ learningRate: schedule }), loss: "mse" });
    const [x, y] = [tensor([[1, 2, 3]]), tensor([[1]])];
    for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
    await model.save(join(folder, "schedule.keras"));
    const again = await models.loadModel(join(folder, "schedule.keras"));
    const rates = [model, again].map(({ optimizer }) => optimizer?.learningRate);
    expect(rates[1]).toBe(rates[0]);
    expect(rates[0]).toBeCloseTo(0.1 * 0.5 ** 1.5, 6);
    expect(await again.trainOnBatch(x, y)).toEqual(await model.trainOnBatch(x, y));
  });

  it("leave a model uncompiled if asked to", async () => {
    const loaded = await models.loadModel(await saving.toBytes(small()), { compile: false });
    expect(loaded.optimizer).toBeUndefined();
    await expect(loaded.evaluate(x, y)).rejects.toThrow("compile");
  });

  it("write nothing but the file, and replace only what may be replaced", async () => {
    const path = join(folder, "m.keras");
    await small().save(path);
    expect(await readdir(folder)).toEqual(["m.keras"]);
    await expect(small().save(path, { overwrite: false })).rejects.toThrow("already exists");
    await small().save(path);
    await expect(small().save(join(folder, "m.txt"))).rejects.toThrow("Please add a `.keras` extension");
    await expect(models.loadModel(join(folder, "none.keras"))).rejects.toThrow("File not found");
    await expect(models.loadModel(5 as never)).rejects.toThrow("Expected a path, a URL, a Blob");
  });

  it("keep weights alone, and take them by place, not by name", async () => {
    const model = small();
    const path = join(folder, "m.weights.h5");
    await model.saveWeights(path);
    const other = small();
    await other.loadWeights(path);
    expect(other.weights.map((v) => v.numpy())).toEqual(model.weights.map((v) => v.numpy()));
    await expect(model.saveWeights(join(folder, "m.h5"))).rejects.toThrow("must end in `.weights.h5`");
  });

  it("load no weights at all where they do not fit, or those that fit", async () => {
    const path = join(folder, "m.weights.h5");
    const saved = small();
    await saved.saveWeights(path);
    const wider = new Sequential([
      Input([3]),
      new layers.Dense(4),
      new layers.BatchNormalization(),
      new layers.Dense(5),
    ]);
    const before = wider.weights.map((v) => v.numpy());
    await expect(wider.loadWeights(path)).rejects.toThrow(
      "m.weights.h5: a total of 1 objects could not be loaded. Layer '",
    );
    expect(wider.weights.map((v) => v.numpy())).toEqual(before);
    await wider.loadWeights(path, { skipMismatch: true });
    expect(wider.weights[0].numpy()).toEqual(saved.weights[0].numpy());
    expect(wider.weights.at(-1)?.numpy()).toEqual(before.at(-1));
  });

  it("refuse what is no model file", async () => {
    await writeFile(join(folder, "m.keras"), "hello");
    await expect(models.loadModel(join(folder, "m.keras"))).rejects.toThrow("m.keras cannot be read");
  });
});

describe("classes of one's own", () => {
  class Scale extends layers.Layer {
    readonly factor: number;
    constructor(options: { factor?: number; name?: string } = {}) {
      super({ name: options.name });
      this.factor = options.factor ?? 1;
    }
    override call(input: Tensor): Tensor {
      return input.mul(this.factor);
    }
    override getConfig() {
      return { ...super.getConfig(), factor: this.factor };
    }
  }
  const model = () => new Sequential([Input([3]), new Scale({ factor: 3 }), new layers.Dense(1)]);

  it("are found by registration, in `customObjects` or in a scope, and named when they are missing", async () => {
    const bytes = await saving.toBytes(model());
    await expect(models.loadModel(bytes)).rejects.toThrow(
      /Unknown layer: 'Scale'.*registerKerasSerializable/s,
    );
    for (const loaded of [
      await models.loadModel(bytes, { customObjects: { Scale } }),
      await saving.customObjectScope({ Scale }, () => models.loadModel(bytes)),
    ])
      expect((loaded.layers[0] as Scale).factor).toBe(3);
    const Registered = saving.registerKerasSerializable("mine")(class Scale2 extends Scale {});
    expect(saving.getRegisteredName(Registered)).toBe("mine>Scale2");
    expect(saving.getRegisteredObject("mine>Scale2")).toBe(Registered);
    const loaded = await models.loadModel(
      await saving.toBytes(new Sequential([Input([3]), new Registered({ factor: 4 })])),
    );
    expect(loaded.layers[0]).toBeInstanceOf(Registered);
    expect(() => saving.registerKerasSerializable("mine", "Scale2")(Scale)).toThrow(
      "already been registered",
    );
  });
});

it("momentum is written as a float: Python refuses an integer", () => {
  expect(toPythonJson({ momentum: 0, units: 3, rate: 0.5, epsilon: 1e-7 })).toBe(
    '{"momentum": 0.0, "units": 3, "rate": 0.5, "epsilon": 1e-07}',
  );
});

describe("serializeKerasObject", () => {
  it("gives dictionaries that deserializeKerasObject reads back", () => {
    const given = { a: [1, "x", null], layer: new layers.Dense(3, { name: "d" }), t: tensor([1, 2]) };
    const config = saving.serializeKerasObject(given);
    const back = saving.deserializeKerasObject(config) as typeof given;
    expect(back.a).toEqual([1, "x", null]);
    expect(back.layer.getConfig()).toEqual(given.layer.getConfig());
    expect(back.t.data).toEqual(given.t.data);
  });

  it("makes a layer that occurs twice one layer again", () => {
    const shared = new layers.Dense(3);
    const config = saving.serializeKerasObject([shared, shared]);
    const [a, b] = saving.deserializeKerasObject(config) as layers.Layer[];
    expect(a).toBe(b);
  });

  it("refuses bytecode, wherever it is", () => {
    const lambda = { class_name: "__lambda__", config: { value: ["4wEAAAAA", null, null] } };
    const configs: Json[] = [
      lambda,
      { module: "keras.layers", class_name: "Lambda", config: { name: "l", function: lambda } },
      {
        class_name: "Lambda",
        config: { name: "l", function: ["4wEAAAAA", null, null], function_type: "lambda" },
      },
    ];
    for (const config of configs)
      expect(() => saving.deserializeKerasObject(config)).toThrow(/Python bytecode.*never run/s);
  });
});
