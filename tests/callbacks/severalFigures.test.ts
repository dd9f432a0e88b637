import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callbacks, Input, layers, metrics, optimizers, Sequential } from "keratin";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type GoldenArray, golden, goldenTensor } from "../parity/golden.js";

type Figure = metrics.Figure;

const expected = golden<{
  readonly x: GoldenArray;
  readonly y: GoldenArray;
  readonly kernel: GoldenArray;
  readonly history: Record<string, Figure[]>;
  readonly csv: string;
  readonly lines: string[];
  readonly bar: string[];
  readonly evaluate: Figure[];
  readonly evaluate_dict: Record<string, Figure>;
  readonly test_on_batch: Figure[];
  readonly train_on_batch: Record<string, Figure>;
  readonly throws: Record<"EarlyStopping" | "ReduceLROnPlateau" | "ModelCheckpoint", boolean>;
}>("severalFigures");
const [x, y, kernel] = [expected.x, expected.y, expected.kernel].map(goldenTensor);

function made() {
  const model = new Sequential([Input([4]), new layers.Dense(3, { activation: "softmax" })]);
  const [, bias] = model.getWeights();
  model.setWeights([kernel, bias]);
  model.compile({
    optimizer: new optimizers.SGD({ learningRate: 0.05 }),
    loss: "categorical_crossentropy",
    metrics: [
      new metrics.F1Score({ average: null }),
      new metrics.Precision({ thresholds: [0.3, 0.6] }),
      new metrics.R2Score({ classAggregation: null }),
    ],
  });
  return model;
}

/** The same structure of the same numbers, within float32's rounding of sums. */
function expectClose(found: unknown, wanted: unknown, where = ""): void {
  if (typeof wanted === "number") {
    expect(typeof found, where).toBe("number");
    expect(Math.abs((found as number) - wanted), where).toBeLessThan(2e-6 * Math.max(1, Math.abs(wanted)));
    return;
  }
  const [a, b] = [found, wanted].map((value) => Object.entries(value as object));
  expect(Array.isArray(found), where).toBe(Array.isArray(wanted));
  expect(
    a.map(([key]) => key),
    where,
  ).toEqual(b.map(([key]) => key));
  for (const [i, [key, value]] of b.entries()) expectClose(a[i][1], value, `${where}.${key}`);
}

/** Words and numbers of a text; numbers need not agree in their last digits. */
function expectSameText(found: string, wanted: string): void {
  const number = /-?\d+\.\d+(?:e[-+]\d+)?/g;
  expect(found.replace(number, "#")).toBe(wanted.replace(number, "#"));
  expectClose((found.match(number) ?? []).map(Number), (wanted.match(number) ?? []).map(Number), wanted);
}

let folder: string;
let printed = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keratin-figures-"));
  printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());
const shown = () => [...printed.matchAll(/\/step((?: - \w+: [-+.\de]+)+)/g)].map(([, figures]) => figures);

describe("metrics that give several figures", () => {
  it("are arrays in history, CSV and results, and their mean in what is printed, as in Keras", async () => {
    const model = made();
    const path = join(folder, "log.csv");
    const { history } = await model.fit(x, y, {
      epochs: 2,
      batchSize: 8,
      verbose: 2,
      shuffle: false,
      validationSplit: 0.25,
      callbacks: [new callbacks.CSVLogger(path)],
    });
    expectClose(history, expected.history);
    expectSameText(await readFile(path, "utf8"), expected.csv);
    expect(shown()).toEqual(expected.lines);
    printed = "";
    expectClose(await model.evaluate<Figure>(x, y), expected.evaluate);
    expect(shown().slice(-1)).toEqual(expected.bar);
    expectClose(await model.evaluate<Figure>(x, y, { verbose: 0, returnDict: true }), expected.evaluate_dict);
    expectClose(await model.testOnBatch<Figure>(x, y), expected.test_on_batch);
    expectClose(await model.trainOnBatch<Figure>(x, y, { returnDict: true }), expected.train_on_batch);
  });

  it("cannot be monitored where one figure is needed, as in Keras; the error says what to do", async () => {
    const options = { monitor: "f1_score", mode: "max" } as const;
    for (const name of ["EarlyStopping", "ReduceLROnPlateau"] as const) {
      expect(expected.throws[name]).toBe(true);
      const fit = made().fit(x, y, { epochs: 2, verbose: 0, callbacks: [new callbacks[name](options)] });
      await expect(fit).rejects.toThrow(
        `${name} callback received monitor=f1_score, a metric that gives 3 figures`,
      );
    }
  });

  it("make ModelCheckpoint save every model, with a warning, and TensorBoard leave them out", async () => {
    expect(expected.throws.ModelCheckpoint).toBe(false);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const filepath = join(folder, "m{epoch}.keras");
    await made().fit(x, y, {
      epochs: 2,
      verbose: 0,
      callbacks: [
        new callbacks.ModelCheckpoint(filepath, { monitor: "f1_score", mode: "max", saveBestOnly: true }),
        new callbacks.TensorBoard(join(folder, "logs")),
        new callbacks.BackupAndRestore(join(folder, "backup"), { deleteCheckpoint: false }),
      ],
    });
    expect((await readdir(folder)).sort()).toEqual(["backup", "logs", "m1.keras", "m2.keras"]);
    const said = warn.mock.calls.map(([text]) => String(text));
    expect(said.filter((text) => text.includes("only when `monitor` is a scalar"))).toHaveLength(2);
    expect(said.filter((text) => text.includes("'epoch_f1_score' gives several figures"))).toHaveLength(1);
  });
});
