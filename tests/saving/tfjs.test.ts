import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import * as keratin from "keratin";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encode, type Quantization } from "../../src/saving/tfjs/weights.js";

const { models, Sequential, layers, Input, saving, tensor, utils } = keratin;

let folder: string;
beforeAll(async () => {
  await tf.setBackend("cpu");
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keratin-tfjs-"));
});

/** Models made by TensorFlow.js, with the shapes of their inputs. */
const made: Record<string, () => tf.LayersModel> = {
  dense: () =>
    tf.sequential({
      layers: [
        tf.layers.dense({ units: 4, activation: "relu", inputShape: [5] }),
        tf.layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  activations: () =>
    tf.sequential({
      layers: [
        tf.layers.dense({ units: 4, activation: "selu", inputShape: [5], kernelRegularizer: "l1l2" }),
        tf.layers.leakyReLU({ alpha: 0.1 }),
        tf.layers.dense({ units: 4, activation: "hardSigmoid", kernelInitializer: "heNormal" }),
        tf.layers.activation({ activation: "swish" }),
      ],
    }),
  conv: () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 3, kernelSize: 3, activation: "relu", inputShape: [8, 8, 2] }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.conv2d({ filters: 2, kernelSize: 2, strides: 2, padding: "same", useBias: false }),
        tf.layers.flatten(),
        tf.layers.dropout({ rate: 0.5 }),
        tf.layers.dense({ units: 2 }),
      ],
    }),
  conv1d: () =>
    tf.sequential({
      layers: [
        tf.layers.conv1d({ filters: 3, kernelSize: 3, padding: "same", inputShape: [6, 2] }),
        tf.layers.averagePooling1d({ poolSize: 2 }),
        tf.layers.globalMaxPooling1d(),
      ],
    }),
  batchNormalization: () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 3, kernelSize: 3, inputShape: [6, 6, 1] }),
        tf.layers.batchNormalization({ momentum: 0.9 }),
        tf.layers.reLU({ maxValue: 6 }),
        tf.layers.globalAveragePooling2d({}),
        tf.layers.dense({ units: 2 }),
      ],
    }),
  depthwise: () =>
    tf.sequential({
      layers: [
        tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, inputShape: [6, 6, 3] }),
        tf.layers.separableConv2d({ filters: 4, kernelSize: 3, activation: "tanh" }),
        tf.layers.flatten(),
      ],
    }),
  transposed: () =>
    tf.sequential({
      layers: [
        tf.layers.conv2dTranspose({
          filters: 2,
          kernelSize: 3,
          strides: 2,
          padding: "same",
          inputShape: [4, 4, 3],
        }),
        tf.layers.upSampling2d({ size: [2, 2] }),
        tf.layers.zeroPadding2d({ padding: 1 }),
      ],
    }),
  branches: () => {
    const input = tf.input({ shape: [6] });
    const a = tf.layers.dense({ units: 4, activation: "tanh" }).apply(input) as tf.SymbolicTensor;
    const b = tf.layers.dense({ units: 4 }).apply(input) as tf.SymbolicTensor;
    const sum = tf.layers.add().apply([a, b]) as tf.SymbolicTensor;
    const both = tf.layers.concatenate().apply([sum, a, input]) as tf.SymbolicTensor;
    return tf.model({
      inputs: input,
      outputs: tf.layers.dense({ units: 2 }).apply(both) as tf.SymbolicTensor,
    });
  },
  sharedLayer: () => {
    const input = tf.input({ shape: [4] });
    const shared = tf.layers.dense({ units: 4, activation: "elu" });
    const once = shared.apply(input) as tf.SymbolicTensor;
    const twice = shared.apply(once) as tf.SymbolicTensor;
    return tf.model({
      inputs: input,
      outputs: tf.layers.multiply().apply([once, twice]) as tf.SymbolicTensor,
    });
  },
  embedding: () =>
    tf.sequential({
      layers: [
        tf.layers.embedding({ inputDim: 10, outputDim: 4, inputLength: 5 }),
        tf.layers.permute({ dims: [2, 1] }),
        tf.layers.reshape({ targetShape: [20] }),
        tf.layers.layerNormalization(),
      ],
    }),
  lstm: () =>
    tf.sequential({
      layers: [
        tf.layers.lstm({ units: 4, returnSequences: true, inputShape: [5, 3] }),
        tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 3 }) }),
        tf.layers.lstm({ units: 3, recurrentActivation: "sigmoid" }),
      ],
    }),
  gru: () =>
    tf.sequential({
      layers: [
        tf.layers.bidirectional({
          layer: tf.layers.gru({ units: 3, returnSequences: true }) as never,
          mergeMode: "concat",
          inputShape: [4, 2],
        }),
        tf.layers.simpleRNN({ units: 3 }),
      ],
    }),
};

async function artifactsOf(model: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
    }),
  );
  return saved as tf.io.ModelArtifacts;
}

/** The files that TensorFlow.js writes in Node and downloads in a page, with the weights in two shards. */
async function write({ modelTopology, weightSpecs, weightData }: tf.io.ModelArtifacts): Promise<string> {
  const bytes = new Uint8Array(weightData as ArrayBuffer);
  const middle = Math.floor(bytes.length / 2);
  const paths = ["group1-shard1of2.bin", "group1-shard2of2.bin"];
  await writeFile(join(folder, paths[0]), bytes.subarray(0, middle));
  await writeFile(join(folder, paths[1]), bytes.subarray(middle));
  const path = join(folder, "model.json");
  const json = {
    format: "layers-model",
    generatedBy: "TensorFlow.js tfjs-layers v4.22.0",
    convertedBy: null,
    modelTopology,
    weightsManifest: [{ paths, weights: weightSpecs }],
  };
  await writeFile(path, JSON.stringify(json));
  return path;
}

function inputFor(model: tf.LayersModel): { shape: number[]; data: Float32Array } {
  const shape = [2, ...(model.inputs[0].shape.slice(1) as number[])];
  const size = shape.reduce((a, b) => a * b, 1);
  const whole =
    model.layers[0].getClassName() === "Embedding" || model.layers[1]?.getClassName() === "Embedding";
  const data = Float32Array.from({ length: size }, (_, i) => (whole ? i % 10 : Math.sin(1.7 * i)));
  return { shape, data };
}

/** So that nothing hides behind zeros and ones. */
function randomize(model: tf.LayersModel): void {
  let n = 0;
  model.setWeights(
    model.getWeights().map((weight) => {
      const positive = n++ && weight.shape.length === 1;
      const values = Float32Array.from({ length: weight.size }, (_, i) => Math.sin(3 * i + n) / 2);
      return tf.tensor(positive ? values.map((v) => v + 0.7) : values, weight.shape);
    }),
  );
}

async function predicted(model: tf.LayersModel, given: { shape: number[]; data: Float32Array }) {
  return Float32Array.from(await (model.predict(tf.tensor(given.data, given.shape)) as tf.Tensor).data());
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(actual.length).toBe(expected.length);
  const difference = Array.from(actual).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - expected[i])),
    0,
  );
  expect(difference).toBeLessThan(tolerance);
}

async function namedWeights({ weightSpecs = [], weightData }: tf.io.ModelArtifacts) {
  const tensors = tf.io.decodeWeights(weightData as ArrayBuffer, weightSpecs);
  return weightSpecs.map(({ name, shape }) => ({
    name,
    shape,
    data: tensors[name].dataSync() as Float32Array,
  }));
}

/** TensorFlow.js loads files that we have written. */
async function readBack(path: string): Promise<tf.LayersModel> {
  const json = JSON.parse(await readFile(path, "utf8"));
  const [{ paths, weights }] = json.weightsManifest;
  const bytes = await readFile(join(folder, paths[0]));
  const weightData = Uint8Array.from(bytes).buffer;
  return tf.loadLayersModel(
    tf.io.fromMemory({ modelTopology: json.modelTopology, weightSpecs: weights, weightData }),
  );
}

describe.each(Object.keys(made))("a layers-model of TensorFlow.js: %s", (name) => {
  it("predicts the same here, and goes back", async () => {
    const original = made[name]();
    randomize(original);
    const given = inputFor(original);
    const expected = await predicted(original, given);
    const model = await models.loadModel(await write(await artifactsOf(original)));
    const here = await model.predict(tensor(given.data, given.shape), { verbose: 0 });
    expectClose((here as keratin.Tensor).data, expected);

    const path = join(folder, "model.json");
    await model.save(path);
    expect((await readdir(folder)).filter((file) => file.includes("-shard1of1-"))).toHaveLength(1);
    expectClose(await predicted(await readBack(path), given), expected);
    const again = await models.loadModel(path);
    const data = (await again.predict(tensor(given.data, given.shape), { verbose: 0 })) as keratin.Tensor;
    expect(data.data).toEqual((here as keratin.Tensor).data);
  });
});

describe("quantized weights", () => {
  it.each<Quantization>(["uint8", "uint16", "float16"])(
    "%s are read as TensorFlow.js reads them",
    async (dtype) => {
      const original = made.conv();
      randomize(original);
      const artifacts = await artifactsOf(original);
      const parts = await namedWeights(artifacts);
      const encoded = parts.map((part) => encode(part, dtype));
      const weightData = Uint8Array.from(encoded.flatMap(({ bytes }) => [...bytes])).buffer;
      const weightSpecs = encoded.map(({ spec }) => spec) as tf.io.WeightsManifestEntry[];
      const given = inputFor(original);
      const quantized = await tf.loadLayersModel(
        tf.io.fromMemory({ modelTopology: artifacts.modelTopology, weightSpecs, weightData }),
      );
      const expected = await predicted(quantized, given);
      const model = await models.loadModel(await write({ ...artifacts, weightSpecs, weightData }));
      const here = (await model.predict(tensor(given.data, given.shape), { verbose: 0 })) as keratin.Tensor;
      expectClose(here.data, expected);
      expect(expected).not.toEqual(await predicted(original, given));

      const path = join(folder, "model.json");
      await model.save(path, { quantization: dtype });
      expectClose(await predicted(await readBack(path), given), expected, dtype === "uint8" ? 0.02 : 1e-3);
    },
  );
});

describe("a model of ours for TensorFlow.js", () => {
  const ours = () => new Sequential([Input([3]), new layers.Dense(2, { activation: "relu" })]);

  it("replaces the one before as a whole, and leaves no weights behind", async () => {
    const path = join(folder, "model.json");
    await ours().save(path);
    await ours().save(path);
    const { weightsManifest } = JSON.parse(await readFile(path, "utf8"));
    expect((await readdir(folder)).sort()).toEqual([...weightsManifest[0].paths, "model.json"].sort());
  });

  it("is refused if TensorFlow.js lacks what it needs", async () => {
    const gelu = new Sequential([Input([4, 4]), new layers.GRU(2)]);
    await expect(saving.toTfjs(gelu)).rejects.toThrow("reset_after");
    const unit = new Sequential([Input([3]), new layers.UnitNormalization()]);
    await expect(saving.toTfjs(unit)).rejects.toThrow("no layer UnitNormalization");
  });

  it("is refused if its files are damaged or lead elsewhere", async () => {
    utils.clearSession();
    const files = await saving.toTfjs(ours());
    const json = JSON.parse(new TextDecoder().decode(files.get("model.json")));
    const attempt = async (change: (j: typeof json) => void, shard?: Uint8Array) => {
      const changed = structuredClone(json);
      change(changed);
      await writeFile(join(folder, "model.json"), JSON.stringify(changed));
      const [name, bytes] = [...files][0];
      await writeFile(join(folder, name), shard ?? bytes);
      return models.loadModel(join(folder, "model.json"));
    };
    const [group] = json.weightsManifest;
    await expect(attempt((j) => j)).resolves.toBeDefined();
    await expect(attempt((j) => j, new Uint8Array(3))).rejects.toThrow("bytes are declared, found 3");
    for (const path of ["../secret.bin", "/etc/passwd", "https://x/y.bin", "a/../../b", "a\\b"])
      await expect(attempt((j) => (j.weightsManifest[0].paths = [path]))).rejects.toThrow("leads elsewhere");
    const huge = { ...group.weights[0], shape: [1e9, 1e6] };
    await expect(attempt((j) => (j.weightsManifest[0].weights[0] = huge))).rejects.toThrow(
      "bytes are declared",
    );
    await expect(
      attempt((j) => (j.modelTopology.model_config.config.layers[1].config.units = 1e9)),
    ).rejects.toThrow("larger weights than the file has");
    await expect(attempt((j) => (j.format = "graph-model"))).rejects.toThrow("graph-model");
    await expect(models.loadModel(files.get("model.json") as Uint8Array)).rejects.toThrow(
      "Give the path or address",
    );
  });
});
