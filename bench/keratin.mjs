// Keratin measured as its peers are: `fit` and `predict` of the practical's models, one JSON line per model.
import { createRequire } from "node:module";
import { Input, layers, Sequential, Tensor, utils } from "keratin";
import { EpochTimes } from "./epochTimes.mjs";
import {
  BATCH_SIZE,
  loadTrainingData,
  microsecondsOfFastest,
  microsecondsPerStep,
  numbersWithoutZeros,
  parseArguments,
  report,
  seconds,
  ZEROS,
} from "./peers/common.mjs";
import { spentIn } from "./spent.mjs";

const dense = (units, activation) => new layers.Dense(units, { activation });

const LAYERS = {
  multinom: () => [Input([28, 28]), new layers.Flatten(), dense(10, "softmax")],
  ffnn: () => [Input([28, 28]), new layers.Flatten(), dense(64, "relu"), dense(10, "softmax")],
  dffnn: () => [
    Input([28, 28]),
    new layers.Flatten(),
    dense(128, "relu"),
    dense(64, "relu"),
    dense(10, "softmax"),
  ],
  cnn: () => [
    Input([28, 28, 1]),
    new layers.Conv2D(6, [5, 5]),
    new layers.MaxPooling2D({ poolSize: [4, 4] }),
    new layers.Flatten(),
    dense(32, "relu"),
    dense(10, "softmax"),
  ],
  cnn_2: () => [
    Input([28, 28, 1]),
    new layers.Conv2D(6, [3, 3]),
    new layers.MaxPooling2D({ poolSize: [2, 2] }),
    new layers.Conv2D(12, [3, 3]),
    new layers.MaxPooling2D({ poolSize: [2, 2] }),
    new layers.Flatten(),
    new layers.Dropout(0.2),
    dense(32, "relu"),
    dense(10, "softmax"),
  ],
};

function newModel(name) {
  const model = new Sequential(LAYERS[name]());
  model.compile({
    loss: "sparse_categorical_crossentropy",
    optimizer: "adam",
    metrics: ["accuracy"],
  });
  return model;
}

async function main() {
  const options = parseArguments({
    steps: { type: "string", default: "300" },
    rounds: { type: "string", default: "5" },
    zeros: ZEROS,
  });
  const { images: digits, labels } = await loadTrainingData(options);
  const images = options.zeros ? digits : numbersWithoutZeros(digits.length);
  const { version } = createRequire(import.meta.url)("../package.json");
  const fit = (model, x, y, more) => model.fit(x, y, { batchSize: BATCH_SIZE, verbose: 0, ...more });
  for (const name of options.models) {
    utils.setRandomSeed(45);
    const shape = [labels.length, 28, 28, ...(name.startsWith("cnn") ? [1] : [])];
    const x = new Tensor(images, { shape, dtype: "float32" });
    const y = new Tensor(labels, { shape: [labels.length], dtype: "int32" });
    const model = newModel(name);
    await report("keratin", { keratin: version }, name, {
      async firstStep() {
        // made before the clock starts, as for the peers
        const fresh = newModel(name);
        const oneX = x.slice([0, 0, 0, 0].slice(0, x.rank), [BATCH_SIZE, ...x.shape.slice(1)]);
        const oneY = y.slice([0], [BATCH_SIZE]);
        return seconds(() => fit(fresh, oneX, oneY));
      },
      async train() {
        const times = new EpochTimes();
        await fit(model, x, y, { epochs: options.rounds + 1, callbacks: [times] });
        const [, ...durations] = times.durations;
        return microsecondsOfFastest(durations, options.steps);
      },
      explain: () => spentIn(model, x, y, BATCH_SIZE),
      predict: () =>
        microsecondsPerStep(
          () => model.predict(x, { batchSize: BATCH_SIZE, verbose: 0 }),
          options.steps,
          options.rounds,
        ),
    });
  }
}

await main();
