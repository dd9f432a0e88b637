import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { callbacks, Input, layers, Sequential, tensor, utils } from "keratin";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventEncoder, type Summary } from "../../src/callbacks/tensorBoard/event.js";
import { tfRecord } from "../../src/callbacks/tensorBoard/eventFile.js";
import {
  histogramSummary,
  imageSummary,
  modelSummary,
  scalarSummary,
} from "../../src/callbacks/tensorBoard/summaries.js";
import { golden } from "../parity/golden.js";

const cases = golden<{ readonly numbers: number[]; readonly records: readonly string[] }>("eventFiles");

describe("event files", () => {
  it("have the bytes that TensorBoard's own classes write", async () => {
    const encode = await eventEncoder();
    const summaries: readonly (readonly [number, number, Summary])[] = [
      [1700000001.5, 0, scalarSummary("epoch_loss", 0.1)],
      [1700000002, 3_000_000_000, scalarSummary("batch_accuracy", Number.NaN)],
      [1700000003, 7, histogramSummary("dense/kernel/histogram", tensor(cases.numbers))],
      [1700000004, 0, modelSummary('{"name": "größe"}')],
    ];
    const events = [
      { wallTime: 1700000000.25, fileVersion: "brain.Event:2" },
      ...summaries.map(([wallTime, step, summary]) => ({ wallTime, step, summary })),
    ];
    for (const [i, event] of events.entries())
      expect(Buffer.from(tfRecord(encode(event))).toString("base64"), `event ${i}`).toBe(cases.records[i]);
  });

  it("count what lies in 30 intervals; a single value in the last; what is not finite is left out", () => {
    const rows = (data: number[]) => {
      const { tensor: content } = histogramSummary("w", tensor(data));
      const flat = [...(content as { double: Float64Array }).double];
      return Array.from({ length: 30 }, (_, i) => flat.slice(3 * i, 3 * i + 3));
    };
    expect(rows([2, 2, 2])).toEqual([...Array(29).fill([2, 2, 0]), [2, 2, 3]]);
    expect(rows([Number.NaN, 0, 30, Number.POSITIVE_INFINITY])).toEqual(
      Array.from({ length: 30 }, (_, i) => [i, i + 1, i === 0 || i === 29 ? 1 : 0]),
    );
    expect(rows([Number.NaN])).toEqual(Array(30).fill([0, 0, 0]));
  });

  it("hold weights as grey PNG files, arranged as Keras arranges them", async () => {
    const image = await imageSummary(
      "w",
      tensor(
        [
          [0, 0.5],
          [1, 2],
          [-1, 0.25],
        ],
        [3, 2],
      ),
    );
    const [width, height, png] = stringsOf(image).map((bytes) => Buffer.from(bytes));
    expect([String(width), String(height)]).toEqual(["3", "2"]);
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    const at = png.indexOf("IDAT");
    const pixels = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
    expect([...pixels]).toEqual([0, 0, 255, 0, 0, 127, 255, 63]);
    const kernel = await imageSummary("w", tensor(new Float32Array(3 * 4 * 5), [3, 4, 1, 5]));
    expect(stringsOf(kernel)).toHaveLength(2 + 3);
    expect(await imageSummary("w", tensor(new Float32Array(3 * 4 * 2 * 5), [3, 4, 2, 5]))).toBeUndefined();
  });
});

function stringsOf(summary: Summary | undefined): readonly Uint8Array[] {
  return summary && "string" in summary.tensor ? summary.tensor.string : [];
}

/** `[tag, step]` of the summaries in a folder's event files, in order. */
function summariesIn(folder: string): [string, number][] {
  const found: [string, number][] = [];
  for (const name of readdirSync(folder)) {
    expect(name).toMatch(/^events\.out\.tfevents\.\d+\..*\.v2$/);
    const file = readFileSync(join(folder, name));
    for (let at = 0; at < file.length; ) {
      const length = Number(file.readBigUInt64LE(at));
      const event = fields(file.subarray(at + 12, at + 12 + length));
      at += 16 + length;
      if (event.has(3)) expect(event.get(3)?.toString()).toBe("brain.Event:2");
      else {
        const value = fields(fields(event.get(5) as Buffer).get(1) as Buffer);
        found.push([String(value.get(1)), Number(event.get(2) ?? 0)]);
      }
    }
  }
  return found;
}

/** The fields of a message by number. */
function fields(bytes: Uint8Array): Map<number, Buffer | number> {
  const reader = new BinaryReader(bytes);
  const found = new Map<number, Buffer | number>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited) found.set(field, Buffer.from(reader.bytes()));
    else if (type === WireType.Varint) found.set(field, Number(reader.int64()));
    else reader.skip(type, field);
  }
  return found;
}

describe("TensorBoard", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keratin-tensorboard-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function train(options: callbacks.TensorBoardOptions) {
    utils.clearSession();
    const model = new Sequential([Input([2]), new layers.Dense(3), new layers.Dense(1)]);
    model.compile({ optimizer: "sgd", loss: "mse", metrics: ["mae"] });
    const x = tensor(
      Float32Array.from({ length: 20 }, (_, i) => i / 20),
      [10, 2],
    );
    await model.fit(x, x.sum(1).reshape([10, 1]), {
      batchSize: 2,
      epochs: 2,
      validationSplit: 0.2,
      verbose: 0,
      callbacks: [new callbacks.TensorBoard(folder, { writeGraph: false, ...options })],
    });
    return { train: summariesIn(join(folder, "train")), validation: summariesIn(join(folder, "validation")) };
  }

  it("writes the figures of epochs under Keras's names", async () => {
    const found = await train({});
    const epoch = (n: number) => ["epoch_loss", "epoch_mae", "epoch_learning_rate"].map((tag) => [tag, n]);
    expect(found.train).toEqual([...epoch(0), ...epoch(1)]);
    const validation = (n: number) => [
      ["evaluation_loss_vs_iterations", 4 * (n + 1)],
      ["evaluation_mae_vs_iterations", 4 * (n + 1)],
      ["epoch_loss", n],
      ["epoch_mae", n],
    ];
    expect(found.validation).toEqual([...validation(0), ...validation(1)]);
  });

  it("writes figures of steps, the speed, histograms and pictures of weights if asked", async () => {
    const options = {
      updateFreq: 2,
      histogramFreq: 2,
      writeImages: true,
      writeStepsPerSecond: true,
    } as const;
    const found = (await train(options)).train;
    expect(found.filter(([tag]) => tag.startsWith("batch_"))).toEqual(
      [2, 4, 6, 8].flatMap((step) =>
        ["batch_steps_per_second", "batch_loss", "batch_mae"].map((tag) => [tag, step]),
      ),
    );
    expect(found.filter(([tag]) => tag === "epoch_steps_per_second")).toHaveLength(2);
    const weights = ["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"];
    expect(found.filter(([tag]) => /histogram|image/.test(tag))).toEqual(
      weights.flatMap((path) => [
        [`sequential/${path}/histogram`, 0],
        // a single number is no picture
        ...(path === "dense_1/bias" ? [] : [[`sequential/${path}/image`, 0]]),
      ]),
    );
    rmSync(folder, { recursive: true });
    const every = (await train({ updateFreq: "batch" })).train;
    expect(every.filter(([tag]) => tag === "batch_loss").map(([, step]) => step)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
  });

  it("writes the layers, for the graph of layers", async () => {
    const { train: found } = await train({ writeGraph: true });
    expect(found[0]).toEqual(["keras", 0]);
  });

  it("refuses bad arguments", () => {
    expect(() => new callbacks.TensorBoard("logs", { updateFreq: 0 })).toThrow("`updateFreq`");
    expect(() => new callbacks.TensorBoard("logs", { histogramFreq: -1 })).toThrow("`histogramFreq`");
  });
});
