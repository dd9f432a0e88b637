import { it } from "vitest";
import { readFileSync } from "node:fs";
import golden from "../../../shared/keras-parity/golden/train.json";
import * as L from "../../src/layers/index.js";
import { Sequential } from "../../src/models/sequential.js";
import * as utils from "../../src/utils/index.js";
import { Callback } from "../../src/callbacks/index.js";
import { setBackend } from "../../src/runtime/runtime.js";
import * as mnist from "../../src/datasets/mnist.js";
class Grab extends Callback { loss: number[] = []; override onTrainBatchEnd(b: number, logs: any) { this.loss.push(logs.loss); if (b === 2) this.model.stopTraining = true; } }
for (const be of ["reference","wasm"] as const) it("cnn" + be, async () => { utils.clearSession(); setBackend(be);
  const { train } = await mnist.loadData();
  utils.setRandomSeed(45);
  const m = new Sequential([L.Input([28, 28, 1]), new L.Conv2D(6, [5, 5]), new L.MaxPooling2D([4, 4]), new L.Flatten(), new L.Dense(32, { activation: "relu" }), new L.Dense(10, { activation: "softmax" })]);
  m.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  const g = new Grab();
  await m.fit(train.x.div(255).reshape([60000, 28, 28, 1]), train.y, { validationSplit: 0.2, verbose: 0, callbacks: [g] });
  console.log("got", g.loss.join(" ")); console.log("want", (golden.models as any).cnn["45"].running_loss.slice(0, 6).join(" "));
});
