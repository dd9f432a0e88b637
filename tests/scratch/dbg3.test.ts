import { it } from "vitest";
import * as L from "../../src/layers/index.js";
import { Sequential } from "../../src/models/sequential.js";
import * as utils from "../../src/utils/index.js";
import { setBackend } from "../../src/runtime/runtime.js";
import * as mnist from "../../src/datasets/mnist.js";
it("cnn", async () => {
  const { train } = await mnist.loadData();
  const out: any = {};
  for (const be of ["reference", "wasm"] as const) {
    setBackend(be); utils.clearSession(); utils.setRandomSeed(45);
    const m = new Sequential([L.Input([28, 28, 1]), new L.Conv2D(6, [5, 5]), new L.MaxPooling2D([4, 4]), new L.Flatten(), new L.Dense(32, { activation: "relu" }), new L.Dense(10, { activation: "softmax" })]);
    m.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
    await m.trainOnBatch(train.x.slice(0, 32).div(255).reshape([32, 28, 28, 1]), train.y.slice(0, 32));
    out[be] = m.optimizer!.variables.concat(m.weights).map((v) => [v.path, v.value.data]);
  }
  for (let i = 0; i < out.wasm.length; i++) { let bad = 0, first = -1; const a = out.wasm[i][1], b = out.reference[i][1]; for (let j = 0; j < a.length; j++) if (a[j] !== b[j]) { bad++; if (first < 0) first = j; } console.log("var", out.wasm[i][0], a.length, "bad", bad, first, a[first], b[first]); }
});
