import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatSummary, readableMemorySize, type SummaryDescription, type SummaryRow } from "./summary.js";

function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../tests/golden/${name}`, import.meta.url), "utf8"));
}

/** Bytes of float32 and int32 parameters. */
const total = (parameters: number) => ({ parameters, bytes: 4 * parameters });

function row(name: string, className: string, outputShape: number[], parameters: number): SummaryRow {
  const trainable = parameters > 0 ? true : null;
  return { name, className, outputShape: [null, ...outputShape], parameters, trainable };
}

const flatten = row("flatten", "Flatten", [784], 0);
const MODELS: Record<string, SummaryRow[]> = {
  multinom: [flatten, row("dense", "Dense", [10], 784 * 10 + 10)],
  ffnn: [flatten, row("dense", "Dense", [64], 784 * 64 + 64), row("dense_1", "Dense", [10], 64 * 10 + 10)],
  dffnn: [
    flatten,
    row("dense", "Dense", [128], 784 * 128 + 128),
    row("dense_1", "Dense", [64], 128 * 64 + 64),
    row("dense_2", "Dense", [10], 64 * 10 + 10),
  ],
  cnn: [
    row("conv2d", "Conv2D", [24, 24, 6], 5 * 5 * 6 + 6),
    row("max_pooling2d", "MaxPooling2D", [6, 6, 6], 0),
    row("flatten", "Flatten", [216], 0),
    row("dense", "Dense", [32], 216 * 32 + 32),
    row("dense_1", "Dense", [10], 32 * 10 + 10),
  ],
  cnn_2: [
    row("conv2d", "Conv2D", [26, 26, 6], 3 * 3 * 6 + 6),
    row("max_pooling2d", "MaxPooling2D", [13, 13, 6], 0),
    row("conv2d_1", "Conv2D", [11, 11, 12], 3 * 3 * 6 * 12 + 12),
    row("max_pooling2d_1", "MaxPooling2D", [5, 5, 12], 0),
    row("flatten", "Flatten", [300], 0),
    row("dropout", "Dropout", [300], 0),
    row("dense", "Dense", [32], 300 * 32 + 32),
    row("dense_1", "Dense", [10], 32 * 10 + 10),
  ],
};

function describeModel(rows: SummaryRow[], fitted: boolean): SummaryDescription {
  const trainable = rows.reduce((sum, { parameters }) => sum + (parameters ?? 0), 0);
  return {
    modelName: "sequential",
    rows,
    totals: {
      trainable: total(trainable),
      nonTrainable: total(0),
      // Adam: two moments for each parameter, the iteration and the learning rate.
      ...(fitted ? { optimizer: total(2 * trainable + 2) } : {}),
    },
    kind: "sequential",
    columns: 80,
    color: false,
  };
}

describe("formatSummary prints what Keras prints", () => {
  interface Texts {
    before_fit: Record<string, string>;
    after_fit: Record<string, string>;
    after_fit_show_trainable_100: string;
    after_fit_line_length_60: string;
  }
  const { models } = golden<{ models: Record<string, Texts> }>("summary.json");

  it("covers every model", () => {
    expect(Object.keys(MODELS).sort()).toEqual(Object.keys(models).sort());
  });

  describe.each(Object.entries(models))("%s", (name, texts) => {
    const before = describeModel(MODELS[name], false);
    const after = describeModel(MODELS[name], true);
    it.each([80, 100])("in %d columns", (columns) => {
      expect(formatSummary({ ...before, columns })).toBe(texts.before_fit[columns]);
      expect(formatSummary({ ...after, columns })).toBe(texts.after_fit[columns]);
    });
    it("with the trainable column", () => {
      expect(formatSummary({ ...after, columns: 100, showTrainable: true })).toBe(
        texts.after_fit_show_trainable_100,
      );
    });
    it("with a line length", () => {
      expect(formatSummary({ ...after, columns: 100, lineLength: 60 })).toBe(texts.after_fit_line_length_60);
    });
  });

  it("in colour", () => {
    const rows = [...MODELS.ffnn];
    rows.splice(2, 0, row("dropout", "Dropout", [64], 0));
    const { text } = golden<{ text: string }>("summary_tty.json");
    expect(formatSummary({ ...describeModel(rows, false), columns: 100, color: true })).toBe(text);
  });
});

// The texts below were checked against Python's `rich`, which draws Keras's tables.
const branched: SummaryDescription = {
  modelName: "functional",
  rows: [
    {
      name: "input_layer",
      className: "InputLayer",
      outputShape: [null, 8],
      parameters: 0,
    },
    {
      name: "dense",
      className: "Dense",
      outputShape: [null, 4],
      parameters: 36,
      trainable: true,
      connectedTo: ["input_layer[0][0]"],
    },
    {
      name: "dense_1",
      className: "Dense",
      outputShape: [null, 4],
      parameters: 36,
      trainable: false,
      connectedTo: ["input_layer[0][0]"],
    },
    {
      name: "concatenate",
      className: "Concatenate",
      outputShape: [null, 8],
      parameters: 0,
      connectedTo: ["dense[0][0]", "dense_1[0][0]"],
    },
  ],
  totals: { trainable: total(36), nonTrainable: total(36) },
  kind: "branched",
  columns: 100,
  color: false,
};

describe("a branched model", () => {
  it("has a column of connections", () => {
    expect(formatSummary(branched)).toBe(`Model: "functional"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)              ┃ Output Shape           ┃        Param # ┃ Connected to           ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━┩
│ input_layer (InputLayer)  │ (None, 8)              │              0 │ -                      │
├───────────────────────────┼────────────────────────┼────────────────┼────────────────────────┤
│ dense (Dense)             │ (None, 4)              │             36 │ input_layer[0][0]      │
├───────────────────────────┼────────────────────────┼────────────────┼────────────────────────┤
│ dense_1 (Dense)           │ (None, 4)              │             36 │ input_layer[0][0]      │
├───────────────────────────┼────────────────────────┼────────────────┼────────────────────────┤
│ concatenate (Concatenate) │ (None, 8)              │              0 │ dense[0][0],           │
│                           │                        │                │ dense_1[0][0]          │
└───────────────────────────┴────────────────────────┴────────────────┴────────────────────────┘
 Total params: 72 (288.00 B)
 Trainable params: 36 (144.00 B)
 Non-trainable params: 36 (144.00 B)
`);
  });

  it("shares the width among five columns, and cuts long words", () => {
    expect(formatSummary({ ...branched, columns: 80, showTrainable: true })).toBe(`Model: "functional"
┏━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┳━━━━━━━┓
┃ Layer (type)      ┃ Output Shape    ┃   Param # ┃ Connected to   ┃ Trai… ┃
┡━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━━━━━━━╇━━━━━━━┩
│ input_layer       │ (None, 8)       │         0 │ -              │   -   │
│ (InputLayer)      │                 │           │                │       │
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤
│ dense (Dense)     │ (None, 4)       │        36 │ input_layer[0… │   Y   │
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤
│ dense_1 (Dense)   │ (None, 4)       │        36 │ input_layer[0… │   N   │
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤
│ concatenate       │ (None, 8)       │         0 │ dense[0][0],   │   -   │
│ (Concatenate)     │                 │           │ dense_1[0][0]  │       │
└───────────────────┴─────────────────┴───────────┴────────────────┴───────┘
 Total params: 72 (288.00 B)
 Trainable params: 36 (144.00 B)
 Non-trainable params: 36 (144.00 B)
`);
  });

  it("colours the numbers of connections and frozen layers", () => {
    const text = formatSummary({ ...branched, columns: 140, showTrainable: true, color: true });
    expect(text).toContain("│ dense[\x1b[38;5;34m0\x1b[0m][\x1b[38;5;34m0\x1b[0m],  ");
    expect(text).toContain("│ dense_1[\x1b[38;5;34m0\x1b[0m][\x1b[38;5;34m0\x1b[0m]  ");
    expect(text).toContain("\x1b[1;38;5;34mY\x1b[0m");
    expect(text).toContain("\x1b[1;91mN\x1b[0m");
    expect(text).toContain("\x1b[1m-\x1b[0m");
  });
});

describe("cells", () => {
  const lines = (cells: Partial<SummaryRow>, options: Partial<SummaryDescription> = {}): string[] => {
    const base: SummaryRow = { name: "layer", className: "Layer", outputShape: [null], parameters: 0 };
    const text = formatSummary({
      ...branched,
      kind: "sequential",
      rows: [{ ...base, ...cells }],
      ...options,
    });
    return text.split("\n").filter((line) => /^[│\x1b]/.test(line));
  };

  it("break between words", () => {
    expect(
      lines({ name: "batch_normalization", className: "BatchNormalization" }, { lineLength: 60 }),
    ).toEqual([
      "│ batch_normalization      │ (None)            │         0 │",
      "│ (BatchNormalization)     │                   │           │",
    ]);
  });

  it("cut words that are too long", () => {
    const [first, second] = lines({ name: "a_name_longer_than_its_column" }, { lineLength: 60 });
    expect(first).toBe("│ a_name_longer_than_its_… │ (None)            │         0 │");
    expect(second).toBe("│ (Layer)                  │                   │           │");
  });

  it("say what is unknown or not built", () => {
    expect(lines({ outputShape: null, parameters: null }, { lineLength: 60 })).toEqual([
      "│ layer (Layer)            │ ?                 │         0 │",
      "│                          │                   │ (unbuilt) │",
    ]);
  });

  it("list several output shapes, and indent nested layers", () => {
    const shapes = { outputShape: [[null, 4], [null]], nestedLevel: 2 };
    expect(lines(shapes, { lineLength: 76 })).toEqual([
      "│       └ layer (Layer)           │ [(None, 4), (None)]    │             0 │",
    ]);
    expect(lines({ outputShape: [[null, 4]] }, { lineLength: 76 })[0]).toContain("│ (None, 4)  ");
    expect(lines({ outputShape: [] }, { lineLength: 76 })[0]).toContain("│ ()  ");
  });

  it("keep their colours when broken", () => {
    const [, first, second] = lines(
      { name: "batch_normalization", className: "BatchNormalization" },
      { lineLength: 60, color: true },
    );
    expect(first).toContain("│ batch_normalization      │ (\x1b[38;5;45mNone\x1b[0m) ");
    expect(second).toContain("│ (\x1b[38;5;33mBatchNormalization\x1b[0m)     │");
  });
});

describe("widths", () => {
  const borders = (options: Partial<SummaryDescription>): number[] => {
    const rule = formatSummary({ ...branched, ...options }).split("\n")[1];
    return rule
      .slice(1, -1)
      .split("┳")
      .map((part) => part.length);
  };

  it.each([
    { kind: "sequential", lineLength: 76, expected: [33, 24, 15] },
    { kind: "sequential", lineLength: 88, expected: [38, 29, 17] },
    { kind: "sequential", lineLength: 60, expected: [26, 19, 11] },
    { kind: "branched", lineLength: 96, expected: [27, 24, 16, 24] },
  ] as const)("$kind $lineLength", ({ kind, lineLength, expected }) => {
    expect(borders({ kind, lineLength, columns: 120 })).toEqual(expected);
  });

  it("stop growing with the terminal", () => {
    const length = (options: Partial<SummaryDescription>) =>
      formatSummary({ ...branched, columns: 300, ...options }).split("\n")[1].length;
    expect(length({ kind: "sequential" })).toBe(88);
    expect(length({ kind: "branched" })).toBe(108);
    expect(length({ kind: "branched", showTrainable: true })).toBe(120);
  });

  it("follow given positions", () => {
    expect(borders({ kind: "sequential", lineLength: 76, positions: [0.5, 0.75, 1] })).toEqual([37, 17, 18]);
    expect(() => formatSummary({ ...branched, positions: [0.5, 1] })).toThrow("Received: positions=[0.5, 1]");
  });

  it("are cut off at the terminal's", () => {
    for (const line of formatSummary({ ...branched, columns: 80, lineLength: 100 })
      .trimEnd()
      .split("\n")) {
      expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  it("have to leave room", () => {
    expect(() => formatSummary({ ...branched, lineLength: 20 })).toThrow(
      "Insufficient console width to print summary",
    );
  });
});

describe("readableMemorySize", () => {
  it.each([
    [0, "0.00 B"],
    [1023, "1023.00 B"],
    [1024, "1.00 KB"],
    [42728, "41.73 KB"],
    [1024 ** 2, "1.00 MB"],
    [1.5 * 1024 ** 3, "1.50 GB"],
    [1024 ** 6, "1024.00 PB"],
  ])("writes %d bytes as %s", (bytes, expected) => {
    expect(readableMemorySize(bytes)).toBe(expected);
  });
});
