// Models beyond the practical, as `fit` trains them: one JSON line per model. bench/peers/general.py has the same ones.
import { createRequire } from "node:module";
import { Input, layers, Model, ops, Sequential, Tensor, utils } from "keratin";
import { EpochTimes } from "./epochTimes.mjs";
import {
  BATCH_SIZE,
  loadTrainingData,
  microsecondsOfFastest,
  numbersWithoutZeros,
  parseArguments,
  report,
  seconds,
  ZEROS,
} from "./peers/common.mjs";
import { spentIn } from "./spent.mjs";

const dense = (units, activation) => new layers.Dense(units, { activation });
const conv = (filters, options = {}) => new layers.Conv2D(filters, [3, 3], options);
const sequential = (shape, list) => () => new Sequential([Input(shape), ...list()]);

function transformer() {
  const x = Input([32, 64]);
  const normal = new layers.LayerNormalization().apply(x);
  const attended = new layers.MultiHeadAttention(4, 16).apply(normal, { value: normal });
  const first = ops.add(x, attended);
  const wide = dense(128, "relu").apply(new layers.LayerNormalization().apply(first));
  const second = ops.add(first, dense(64).apply(wide));
  const outputs = dense(10, "softmax").apply(new layers.GlobalAveragePooling1D().apply(second));
  return new Model({ inputs: x, outputs });
}

/** Name → batch size, shape of a sample, steps in an epoch, model. */
const GENERAL = {
  batch_norm: [
    32,
    [28, 28, 1],
    200,
    sequential([28, 28, 1], () => [
      conv(8, { padding: "same", strides: [2, 2] }),
      new layers.BatchNormalization(),
      new layers.ReLU(),
      conv(16, { padding: "same", strides: [2, 2] }),
      new layers.BatchNormalization(),
      new layers.ReLU(),
      new layers.GlobalAveragePooling2D(),
      dense(10, "softmax"),
    ]),
  ],
  wide_dense: [
    128,
    [784],
    100,
    sequential([784], () => [
      dense(256, "relu"),
      new layers.Dropout(0.2),
      dense(256, "relu"),
      new layers.Dropout(0.2),
      dense(10, "softmax"),
    ]),
  ],
  keras_example: [
    128,
    [28, 28, 1],
    20,
    sequential([28, 28, 1], () => [
      conv(32, { activation: "relu" }),
      new layers.MaxPooling2D([2, 2]),
      conv(64, { activation: "relu" }),
      new layers.MaxPooling2D([2, 2]),
      new layers.Flatten(),
      new layers.Dropout(0.5),
      dense(10, "softmax"),
    ]),
  ],
  deep_conv: [
    128,
    [28, 28, 1],
    8,
    sequential([28, 28, 1], () => [
      conv(32, { activation: "relu" }),
      conv(64, { activation: "relu" }),
      new layers.MaxPooling2D([2, 2]),
      new layers.Dropout(0.25),
      new layers.Flatten(),
      dense(128, "relu"),
      new layers.Dropout(0.5),
      dense(10, "softmax"),
    ]),
  ],
  separable: [
    17,
    [29, 31, 7],
    60,
    sequential([29, 31, 7], () => [
      new layers.SeparableConv2D(16, [3, 3], { activation: "relu" }),
      new layers.AveragePooling2D([2, 2]),
      new layers.SeparableConv2D(24, [3, 3], { activation: "relu" }),
      new layers.AveragePooling2D([2, 2]),
      new layers.Flatten(),
      dense(10, "softmax"),
    ]),
  ],
  lstm: [32, [50, 32], 40, sequential([50, 32], () => [new layers.LSTM(64), dense(10, "softmax")])],
  transformer: [32, [32, 64], 60, transformer],
};

/** MNIST's digits where a sample has as many numbers and zeros are wanted, else random numbers. */
async function samplesOf(rows, size, { data, zeros }) {
  if (size === 28 * 28 && zeros) return loadTrainingData({ data, steps: rows / BATCH_SIZE });
  const labels = Int32Array.from({ length: rows }, (_, i) => i % 10);
  return { images: numbersWithoutZeros(rows * size), labels };
}

const options = parseArguments(
  { rounds: { type: "string", default: "4" }, zeros: ZEROS },
  Object.keys(GENERAL),
);
const { version } = createRequire(import.meta.url)("../package.json");
for (const name of options.models) {
  utils.setRandomSeed(45);
  const [batchSize, shape, steps, build] = GENERAL[name];
  const rows = batchSize * steps;
  const size = shape.reduce((product, extent) => product * extent, 1);
  const { images, labels } = await samplesOf(rows, size, options);
  const x = new Tensor(images, { shape: [rows, ...shape], dtype: "float32" });
  const y = new Tensor(labels, { shape: [rows], dtype: "int32" });
  const compiled = () => {
    const model = build();
    model.compile({ loss: "sparse_categorical_crossentropy", optimizer: "adam", metrics: ["accuracy"] });
    return model;
  };
  await report("keratin", { keratin: version }, name, {
    firstStep() {
      const fresh = compiled();
      return seconds(() =>
        fresh.fit(x.slice(0, batchSize), y.slice(0, batchSize), { batchSize, verbose: 0 }),
      );
    },
    async train() {
      const times = new EpochTimes();
      const model = compiled();
      await model.fit(x, y, { batchSize, verbose: 0, epochs: options.rounds + 1, callbacks: [times] });
      return microsecondsOfFastest(times.durations.slice(1), steps);
    },
    explain: () => spentIn(compiled(), x, y, batchSize),
    predict: async () => null,
  });
}
