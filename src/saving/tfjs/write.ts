import type { SavedModel } from "../kerasFile.js";
import { serializeKerasObject } from "../serialize.js";
import { tfjsConfig } from "./config.js";
import { tfjsNames } from "./names.js";
import { encode, type Quantization } from "./weights.js";

/** The files of a TensorFlow.js layers-model, by name: `model.json` last. */
export async function tfjsFiles(
  model: SavedModel,
  quantization?: Quantization,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const topology = tfjsConfig(serializeKerasObject(model)) as object;
  const encoded = [...tfjsNames(model)].map(([name, variable]) =>
    encode({ name, shape: variable.shape, data: variable.numpy() }, quantization),
  );
  const weights = new Uint8Array(encoded.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of encoded) {
    weights.set(bytes, at);
    at += bytes.length;
  }
  // its name says what is in it, so that an old model.json and a new shard never meet
  const shard = `group1-shard1of1-${await digest(weights)}.bin`;
  const json = {
    format: "layers-model",
    generatedBy: "keratin",
    convertedBy: null,
    modelTopology: { keras_version: "tfjs-layers 4.22.0", backend: "tensor_flow.js", model_config: topology },
    weightsManifest: [{ paths: [shard], weights: encoded.map(({ spec }) => spec) }],
  };
  return new Map([
    [shard, weights],
    ["model.json", new TextEncoder().encode(JSON.stringify(json))],
  ]);
}

async function digest(bytes: Uint8Array): Promise<string> {
  const hash = await globalThis.crypto.subtle.digest("SHA-256", bytes as BufferSource);
  return Array.from(new Uint8Array(hash, 0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
