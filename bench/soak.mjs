// `node bench/soak.mjs [minutes]` (default 10; `npm run build` first): trains, evaluates and predicts without a pause, prints
// resident memory and the time of a step every 30 seconds, and says in the end whether one of them grew between the second and the
// last third (in the first, V8 still compiles and its heaps take their size).
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Input, layers, Sequential, Tensor, utils } from "keratin";
import { BATCH_SIZE, loadTrainingData, parseArguments } from "./peers/common.mjs";

const REPORT_SECONDS = 30;
/** What counts as growth: of memory in MB, of a step's time as a factor. */
const MOST_MEGABYTES = 20;
const MOST_FACTOR = 1.1;

const minutes = Number(process.argv[2] ?? 10);
if (!(minutes >= 0.05)) {
  console.error(`Expected the minutes to run as a number of at least 0.05. Received: ${process.argv[2]}`);
  process.exit(2);
}
process.argv.splice(2, 1);
const { images, labels } = await loadTrainingData(
  parseArguments({ steps: { type: "string", default: "300" } }),
);
const x = new Tensor(images, { shape: [labels.length, 28, 28, 1], dtype: "float32" });
const y = new Tensor(labels, { shape: [labels.length], dtype: "int32" });

utils.setRandomSeed(45);
const model = new Sequential([
  Input([28, 28, 1]),
  new layers.Conv2D(6, [3, 3]),
  new layers.MaxPooling2D({ poolSize: [2, 2] }),
  new layers.Flatten(),
  new layers.Dropout(0.2),
  new layers.Dense(64, { activation: "relu" }),
  new layers.Dense(10, { activation: "softmax" }),
]);
model.compile({ loss: "sparse_categorical_crossentropy", optimizer: "adam", metrics: ["accuracy"] });

setFlagsFromString("--expose-gc");
/** What is garbage does not count. */
const collectGarbage = runInNewContext("gc");

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const options = { batchSize: BATCH_SIZE, verbose: 0 };
const report = Math.min(REPORT_SECONDS, (minutes * 60) / 6);
const lines = [];
const begin = performance.now();
const elapsed = () => (performance.now() - begin) / 1000;
// the first round compiles
await model.fit(x, y, options);
for (let next = report; elapsed() < minutes * 60; next += report) {
  const epochs = [];
  while (elapsed() < next) {
    const start = performance.now();
    await model.fit(x, y, options);
    epochs.push(((performance.now() - start) * 1000 * BATCH_SIZE) / labels.length);
    await model.evaluate(x, y, options);
    await model.predict(x, options);
  }
  if (epochs.length === 0) continue;
  collectGarbage();
  const { rss, heapUsed } = process.memoryUsage();
  const line = { megabytes: rss / 2 ** 20, microseconds: median(epochs) };
  lines.push(line);
  console.log(
    `${elapsed().toFixed(0).padStart(5)} s  ${line.megabytes.toFixed(0)} MB resident (${(heapUsed / 2 ** 20).toFixed(0)} MB of JavaScript)  ` +
      `${line.microseconds.toFixed(1)} µs per step, median of ${epochs.length} epochs`,
  );
}

const third = Math.max(1, Math.floor(lines.length / 3));
const change = (key, of) => {
  const values = lines.map((line) => line[key]);
  return { from: of(values.slice(third, 2 * third)), to: of(values.slice(-third)) };
};
const memory = change("megabytes", median);
// what other processes take away only ever makes a step slower
const time = change("microseconds", (values) => Math.min(...values));
const grew = memory.to - memory.from > MOST_MEGABYTES;
const slowed = time.to / time.from > MOST_FACTOR;
console.log(
  `Memory ${grew ? "grew" : "did not grow"}: ${memory.from.toFixed(0)} MB in the second third, ${memory.to.toFixed(0)} MB in the last. ` +
    `Steps ${slowed ? "became slower" : "kept their speed"}: ${time.from.toFixed(1)} µs, then ${time.to.toFixed(1)} µs.`,
);
process.exitCode = grew || slowed ? 1 : 0;
