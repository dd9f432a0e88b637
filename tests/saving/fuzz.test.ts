import { Input, type Layer, layers, Model, models, Sequential, saving, tensor, utils } from "keratin";
import { beforeAll, describe, expect, it } from "vitest";
import { readZip, writeZip } from "../../src/saving/archive/zip.js";
import { mutatedBytes, mutatedJson, randomFrom } from "./mutations.js";

/** `npm run fuzz` asks for more. */
const CASES = Number(process.env.KERATIN_FUZZ_CASES ?? 600);
const SEED = Number(process.env.KERATIN_FUZZ_SEED ?? 1);
/** A case that takes longer counts as hanging. */
const SECONDS = 10;

const MEMBERS = ["metadata.json", "config.json", "model.weights.h5"];

interface Original {
  readonly bytes: Uint8Array;
  readonly members: ReadonlyMap<string, Uint8Array>;
  readonly weights: readonly Uint8Array[];
  readonly config: string;
}

const originals: Original[] = [];
const weightsOf = (model: Layer) =>
  model.weights.map(
    (variable) => new Uint8Array(Uint8Array.from(new Uint8Array(variable.numpy().slice().buffer))),
  );

beforeAll(async () => {
  utils.setRandomSeed(1);
  const sequential = new Sequential([
    Input([6, 6, 1]),
    new layers.Conv2D(2, 3, { activation: "relu" }),
    new layers.BatchNormalization(),
    new layers.MaxPooling2D(2),
    new layers.Flatten(),
    new layers.Dropout(0.5),
    new layers.Dense(2, { activation: "softmax" }),
  ]);
  sequential.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  await sequential.fit(tensor(new Float32Array(72), [2, 6, 6, 1]), tensor([0, 1], [2], "int32"), {
    verbose: 0,
  });
  const a = Input([3]);
  const shared = new layers.Dense(4, { activation: "tanh" });
  const functional = new Model({
    inputs: a,
    outputs: new layers.Concatenate().apply([
      shared.apply(a),
      new layers.Reshape([4]).apply(shared.apply(a)),
    ]),
  });
  for (const model of [sequential, functional]) {
    const bytes = await saving.toBytes(model);
    originals.push({
      bytes,
      members: await readZip(bytes, MEMBERS, "original"),
      weights: weightsOf(model),
      config: JSON.stringify(model.getConfig()),
    });
  }
});

/** Loads what may be anything. @returns the model, or undefined after one clear error */
async function attempt(bytes: Uint8Array): Promise<Layer | undefined> {
  const start = performance.now();
  try {
    return await models.loadModel(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    // not a mistake of the program's own
    expect((error as Error).constructor, (error as Error).stack).toBe(Error);
    expect((error as Error).message).toMatch(/^the bytes/);
    return undefined;
  } finally {
    expect((performance.now() - start) / 1000).toBeLessThan(SECONDS);
  }
}

async function run(
  kind: string,
  mutate: (original: Original, seed: number) => Promise<Uint8Array>,
  same: boolean,
) {
  const count = Math.ceil(CASES / 3);
  let loaded = 0;
  for (let i = 0; i < count; i++) {
    const seed = SEED * 1_000_003 + i;
    const original = originals[i % originals.length];
    utils.clearSession();
    const model = await attempt(await mutate(original, seed)).catch((error: Error) => {
      throw new Error(`${kind}, case ${i} of seed ${SEED}: ${error.message}`, { cause: error });
    });
    if (!model) continue;
    loaded++;
    if (!same) continue;
    // the checksums have vouched for it
    expect(weightsOf(model), `case ${i}`).toEqual(original.weights);
  }
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  console.log(`${kind}: ${count} files, ${count - loaded} refused with one clear error, ${loaded} loaded`);
  expect(loaded).toBeLessThan(count);
}

describe(`${CASES} mutated files`, () => {
  it("damaged archives are refused, or the damage is nowhere that counts", async () => {
    const mutate = async ({ bytes }: Original, seed: number) => mutatedBytes(bytes, randomFrom(seed));
    await run("archives", mutate, true);
  }, 3_600_000);

  it("archives with a damaged HDF5 file inside, checksums right", async () => {
    const mutate = async ({ members }: Original, seed: number) => {
      const weights = members.get("model.weights.h5") as Uint8Array;
      return writeZip([
        { name: "config.json", content: members.get("config.json") as Uint8Array },
        { name: "model.weights.h5", content: mutatedBytes(weights, randomFrom(seed)) },
      ]);
    };
    await run("HDF5", mutate, false);
  }, 3_600_000);

  it("archives with another configuration inside, checksums right", async () => {
    const mutate = async ({ members }: Original, seed: number) => {
      const config = new TextDecoder().decode(members.get("config.json"));
      return writeZip([
        { name: "config.json", content: new TextEncoder().encode(mutatedJson(config, randomFrom(seed))) },
        { name: "model.weights.h5", content: members.get("model.weights.h5") as Uint8Array },
      ]);
    };
    await run("configurations", mutate, false);
  }, 3_600_000);
});
