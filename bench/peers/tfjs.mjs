// Peers `tfjs-wasm` and `tfjs-cpu`: TensorFlow.js in Node on its WebAssembly or its plain JavaScript backend,
// used as its guide says, with `model.fit` and `model.predict`.
//
//   node bench/peers/tfjs.mjs [--backend wasm|cpu] [--models ffnn,cnn] [--steps 30] [--rounds 3] [--data <folder>]
//
// It is slow, so the defaults are small, and a run takes fewer steps than asked for where one step takes long.
import { createRequire } from "node:module";
import { dirname } from "node:path";
import {
  BATCH_SIZE,
  LEARNING_RATE,
  loadTrainingData,
  microsecondsPerStep,
  parseArguments,
  report,
  seconds,
} from "./common.mjs";

const SECONDS_PER_ROUND = 2;

const options = parseArguments({ backend: { type: "string", default: "wasm" } });
if (options.backend !== "wasm" && options.backend !== "cpu") {
  console.error(`--backend must be wasm or cpu. Received: ${options.backend}`);
  process.exit(2);
}
const require = createRequire(import.meta.url);
const tf = require("@tensorflow/tfjs");
if (options.backend === "wasm") {
  const wasm = require("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
}
await tf.setBackend(options.backend);
await tf.ready();

const dense = (units, activation) => tf.layers.dense({ units, activation });
const flatten = (inputShape) => tf.layers.flatten({ inputShape });
const convolution = (filters, kernelSize, inputShape) =>
  tf.layers.conv2d({ filters, kernelSize, ...(inputShape === undefined ? {} : { inputShape }) });
const maxPooling = (poolSize) => tf.layers.maxPooling2d({ poolSize });
const LAYERS = {
  multinom: () => [flatten([28, 28]), dense(10, "softmax")],
  ffnn: () => [flatten([28, 28]), dense(64, "relu"), dense(10, "softmax")],
  dffnn: () => [flatten([28, 28]), dense(128, "relu"), dense(64, "relu"), dense(10, "softmax")],
  cnn: () => [
    convolution(6, 5, [28, 28, 1]),
    maxPooling(4),
    flatten(),
    dense(32, "relu"),
    dense(10, "softmax"),
  ],
  cnn_2: () => [
    convolution(6, 3, [28, 28, 1]),
    maxPooling(2),
    convolution(12, 3),
    maxPooling(2),
    flatten(),
    tf.layers.dropout({ rate: 0.2 }),
    dense(32, "relu"),
    dense(10, "softmax"),
  ],
};

function newModel(name) {
  const model = tf.sequential({ layers: LAYERS[name]() });
  model.compile({
    loss: "sparseCategoricalCrossentropy",
    optimizer: tf.train.adam(LEARNING_RATE),
    metrics: ["accuracy"],
  });
  return model;
}

const { images, labels } = await loadTrainingData(options);

/** The first `steps` batches as tensors; labels are float32, as TensorFlow.js's sparse loss expects. */
function tensorsFor(name, steps) {
  const count = steps * BATCH_SIZE;
  const shape = name.startsWith("cnn") ? [count, 28, 28, 1] : [count, 28, 28];
  return {
    x: tf.tensor(images.subarray(0, count * 784), shape),
    y: tf.tensor(Float32Array.from(labels.subarray(0, count)), [count]),
  };
}

/** As many steps as a round has time for, judged by one more call of `oneStep`. */
async function affordableSteps(oneStep) {
  const each = await seconds(oneStep);
  return Math.max(1, Math.min(options.steps, Math.floor(SECONDS_PER_ROUND / each)));
}

const fitSettings = { batchSize: BATCH_SIZE, epochs: 1, shuffle: true, verbose: 0, yieldEvery: "never" };

for (const name of options.models) {
  const model = newModel(name);
  const one = tensorsFor(name, 1);
  const fitOne = () => model.fit(one.x, one.y, fitSettings);
  const predictOne = async () => {
    const output = model.predict(one.x, { batchSize: BATCH_SIZE });
    await output.data();
    output.dispose();
  };
  await report(`tfjs-${options.backend}`, { "@tensorflow/tfjs": tf.version.tfjs }, name, {
    firstStep: () => seconds(fitOne),
    train: async () => {
      const steps = await affordableSteps(fitOne);
      const { x, y } = tensorsFor(name, steps);
      return microsecondsPerStep(() => model.fit(x, y, fitSettings), steps, options.rounds);
    },
    predict: async () => {
      await predictOne();
      const steps = await affordableSteps(predictOne);
      const { x } = tensorsFor(name, steps);
      const predict = async () => {
        const output = model.predict(x, { batchSize: BATCH_SIZE });
        await output.data();
        output.dispose();
      };
      return microsecondsPerStep(predict, steps, options.rounds);
    },
  });
  tf.disposeVariables();
}
