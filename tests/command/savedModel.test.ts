import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";
import { encode } from "fast-png";
import { Input, layers, type Model, models, ops, Sequential, type Tensor, tensor, utils } from "keratin";
import { beforeAll, describe, expect, it } from "vitest";
import { parseNpz } from "../../src/datasets/npz.js";
import { crc32 } from "../../src/utils/crc.js";
import npz from "../golden/npz.json" with { type: "json" };
import { buildCommand, idx, keratin, scratch } from "./command.js";

let model: Model;
const digit = Uint8Array.from({ length: 784 }, (_, i) => (i * 37) % 256);
const at = (name: string) => join(scratch, name);

beforeAll(async () => {
  await buildCommand();
  utils.setRandomSeed(3);
  model = new Sequential([
    Input([28, 28]),
    new layers.Flatten(),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  // so that there is an optimizer's state to save
  await model.trainOnBatch(ops.zeros([1, 28, 28]), [0]);
  await model.save(at("model.keras"));
  const line = new Sequential([Input([3]), new layers.Dense(1)]);
  await line.save(at("line.keras"));
  writeFileSync(at("digit.png"), encode({ width: 28, height: 28, data: digit, channels: 1 }));
  writeFileSync(at("digits-idx3-ubyte"), idx([1, 28, 28], digit));
});

async function failing(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await keratin(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^keratin: [^\n]*\n$/);
  return stderr;
}

/** What the library says of pictures of one digit, as brightness from 0 to 1. */
async function expected(pixels: Tensor): Promise<number[]> {
  return Array.from(
    ((await model.predict(pixels.reshape([1, 28, 28]), { verbose: 0 })) as Tensor).data as Float32Array,
  );
}

async function predicted(...args: string[]): Promise<{ class: number; probabilities: number[] }[]> {
  const { code, stdout, stderr } = await keratin(["predict", "model.keras", ...args, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

/** A picture whose pixels are numbers of colours, eight or fewer bits each. */
function indexedPng(
  side: number,
  depth: 1 | 2 | 4 | 8,
  palette: readonly (readonly [number, number, number])[],
  pixels: readonly number[],
): Uint8Array {
  const stride = Math.ceil((side * depth) / 8);
  // each row starts with the number of its filter, 0: none
  const rows = new Uint8Array(side * (1 + stride));
  for (const [i, value] of pixels.entries()) {
    const bit = (i % side) * depth;
    rows[Math.floor(i / side) * (1 + stride) + 1 + (bit >> 3)] |= value << (8 - depth - (bit & 7));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([depth, 3], 8);
  const chunk = (name: string, content: Uint8Array) => {
    const named = Buffer.concat([Buffer.from(name, "latin1"), content]);
    const whole = Buffer.alloc(named.length + 8);
    whole.writeUInt32BE(content.length, 0);
    whole.set(named, 4);
    whole.writeUInt32BE(crc32(named), named.length + 4);
    return whole;
  };
  return Buffer.concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", header),
    chunk("PLTE", Uint8Array.from(palette.flat())),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array()),
  ]);
}

describe("keratin predict", () => {
  it("gives the library's numbers for IDX data and for a picture", async () => {
    const wanted = await expected(tensor(Array.from(digit)).div(255) as Tensor);
    const [row] = await predicted("digits-idx3-ubyte");
    expect(row.probabilities).toEqual(wanted);
    expect(row.class).toBe(wanted.indexOf(Math.max(...wanted)));
    expect(await predicted("digit.png", "--threads", "1")).toEqual([row]);
  });

  it("inverts pictures and divides by what it is told", async () => {
    const [row] = await predicted("digit.png", "--invert", "--divide-by", "51");
    const wanted = await expected(tensor(Array.from(digit, (value) => 255 - value)).div(51) as Tensor);
    expect(row.probabilities).toEqual(wanted);
  });

  it.each([
    [1, [0, 255]],
    [2, [0, 85, 170, 255]],
    [4, [0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255]],
  ] as const)("reads grey pictures of %i bits a pixel", async (depth, levels) => {
    const pixels = Array.from({ length: 784 }, (_, i) => (i * 5 + (i >> 4)) % levels.length);
    const data = new Uint8Array((28 * 28 * depth) / 8 + 28);
    const stride = Math.ceil((28 * depth) / 8);
    for (const [i, value] of pixels.entries()) {
      const bit = (i % 28) * depth;
      data[Math.floor(i / 28) * stride + (bit >> 3)] |= value << (8 - depth - (bit & 7));
    }
    writeFileSync(
      at(`grey${depth}.png`),
      encode({ width: 28, height: 28, data: data.subarray(0, 28 * stride), depth, channels: 1 }),
    );
    const [row] = await predicted(`grey${depth}.png`);
    const wanted = await expected(tensor(pixels.map((value) => levels[value])).div(255) as Tensor);
    for (const [i, value] of row.probabilities.entries()) expect(value).toBeCloseTo(wanted[i], 6);
  });

  it("makes pictures in colour grey, and brings them to the model's size", async () => {
    const data = Uint8Array.from({ length: 56 * 56 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 13) % 256));
    writeFileSync(at("large.png"), encode({ width: 56, height: 56, data, channels: 4 }));
    const grey = Array.from(
      { length: 56 * 56 },
      (_, i) => 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2],
    );
    const small = ops.image.resize(tensor(grey).reshape([56, 56, 1]), [28, 28], { antialias: true });
    const [row] = await predicted("large.png");
    const wanted = await expected(small.div(255) as Tensor);
    for (const [i, value] of row.probabilities.entries()) expect(value).toBeCloseTo(wanted[i], 6);
  });

  it.each([1, 2, 4, 8] as const)("reads pictures with a palette, %i bits a pixel", async (depth) => {
    const palette = Array.from(
      { length: 2 ** Math.min(depth, 6) },
      (_, i) => [(i * 83 + 20) % 256, (i * 151) % 256, (i * 29 + 128) % 256] as const,
    );
    const pixels = Array.from({ length: 784 }, (_, i) => (i * 5 + (i >> 4)) % palette.length);
    writeFileSync(at(`palette${depth}.png`), indexedPng(28, depth, palette, pixels));
    const [row] = await predicted(`palette${depth}.png`);
    const grey = palette.map(([red, green, blue]) => 0.299 * red + 0.587 * green + 0.114 * blue);
    const wanted = await expected(tensor(pixels.map((color) => grey[color])).div(255) as Tensor);
    for (const [i, value] of row.probabilities.entries()) expect(value).toBeCloseTo(wanted[i], 6);
  });

  it("reads the samples of an .npz file: bytes as brightness, other numbers as they are", async () => {
    for (const [name, divisor] of [
      ["compressed", 255],
      ["stored", 255],
      ["float64", 1],
    ] as const) {
      const bytes = Buffer.from(npz[name], "base64");
      writeFileSync(at(`${name}.npz`), bytes);
      const { shape, data } = (await parseNpz(bytes, name)).get("x_test") ?? { shape: [], data: [] };
      expect(shape).toEqual([2, 28, 28]);
      const rows = await predicted(`${name}.npz`);
      expect(rows).toHaveLength(2);
      for (const [i, { probabilities }] of rows.entries()) {
        const sample = tensor(Array.from(data.slice(784 * i, 784 * (i + 1))));
        expect(probabilities, name).toEqual(await expected(sample.div(divisor) as Tensor));
      }
    }
    expect(await failing(["predict", "model.keras", "float64.npz", "--invert"])).toContain(
      "float64.npz has numbers, not the brightness of pixels",
    );
    // the names of members are no part of their checksums
    const renamed = Buffer.from(npz.stored, "base64")
      .toString("latin1")
      .replaceAll("x_test.npy", "images.npy");
    writeFileSync(at("renamed.npz"), Buffer.from(renamed, "latin1"));
    expect(await failing(["predict", "model.keras", "renamed.npz"])).toContain(
      "renamed.npz has no array x. Found: x_train, y_train, images, y_test",
    );
  });

  it("prints the classes of each sample, the most probable first", async () => {
    const { stdout } = await keratin(["predict", "model.keras", "digit.png"]);
    expect(stdout).toMatch(/^sample 0: class (\d) {2}\(\1: 0\.\d{4}(, \d: 0\.\d{4}){9}\)\n$/);
  });

  it("says what does not fit", async () => {
    expect(await failing(["predict", "model.keras", "none.png"])).toContain("There is no file none.png");
    expect(await failing(["predict", "line.keras", "digits-idx3-ubyte"])).toContain(
      "expected samples of shape (None, 3). Received: (1, 28, 28)",
    );
    expect(await failing(["predict", "line.keras", "digit.png"])).toContain("digit.png is a picture, but");
    expect(await failing(["predict", "model.keras", "model.keras"])).toContain("model.keras");
    writeFileSync(at("cut.png"), readFileSync(at("digit.png")).subarray(0, 200));
    expect(await failing(["predict", "model.keras", "cut.png"])).toContain("cut.png is damaged");
  });
});

describe("keratin explain", () => {
  it("shows the step of a saved model, and as JSON of one of the practical's", async () => {
    const shown = await keratin(["explain", "model.keras", "--threads", "1", "--batch-size", "8"]);
    expect({ code: shown.code, stderr: shown.stderr }).toEqual({ code: 0, stderr: "" });
    expect(shown.stdout).toMatch(/^One step: [\d.]+ µs on 1 thread, /);
    const pictures = await keratin(["explain", "cnn_2", "--threads", "1"]);
    expect(pictures.stdout).toContain("without zeros");
    expect(pictures.stdout).toMatch(/\nMeasured on made-up samples, [\s\S]*$/);
    const { stdout } = await keratin(["explain", "multinom", "--json", "--threads", "1"]);
    const { phases, threads } = JSON.parse(stdout);
    expect(threads).toBe(1);
    expect(phases[0].kernels[0].description).not.toBe("");
  });
});

describe("keratin convert", () => {
  it("goes to TensorFlow.js and back, and writes the weights alone", async () => {
    for (const args of [
      ["model.keras", "model.json"],
      ["model.json", "back.keras"],
      ["back.keras", "back.weights.h5"],
    ]) {
      const { code, stderr } = await keratin(["convert", ...args]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    }
    const back = await models.loadModel(at("back.keras"));
    const values = (of: Model) => of.weights.map((weight) => Array.from(weight.numpy() as Float32Array));
    expect(values(back)).toEqual(values(model));
    expect(existsSync(at("back.weights.h5"))).toBe(true);
  });

  it("reads the .h5 files of older versions, with the optimizer's state", async () => {
    const h5 = fileURLToPath(new URL("../golden/keras3.h5", import.meta.url));
    expect(await keratin(["convert", h5, "from-h5.keras"])).toMatchObject({ code: 0, stderr: "" });
    const [before, after] = [await models.loadModel(h5), await models.loadModel(at("from-h5.keras"))];
    const values = ({ weights, optimizer }: typeof before) =>
      [...weights, ...(optimizer?.variables ?? [])].map((variable) => Array.from(variable.value.data));
    expect(values(after)).toEqual(values(before));
    expect(after.optimizer?.variables.length).toBeGreaterThan(2);
  });

  it("refuses what cannot be written, and replaces nothing unasked", async () => {
    expect(await failing(["convert", "model.keras", "old.h5"])).toContain("Name a .keras file");
    expect(await failing(["convert", "model.keras", "old.onnx"])).toContain("the ending says no format");
    expect(await failing(["convert", "model.keras", "a.keras", "--quantization", "uint8"])).toContain(
      "--quantization uint8: only a TensorFlow.js model.json has it",
    );
    expect(await failing(["convert", "model.keras", "line.keras"])).toContain("pass --overwrite");
    expect((await keratin(["convert", "model.keras", "line.keras", "--overwrite"])).code).toBe(0);
  });
});
