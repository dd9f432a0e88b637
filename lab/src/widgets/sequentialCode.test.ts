import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fieldText,
  fieldValue,
  formOf,
  layerConfig,
  layerForms,
  type Value,
  withArgument,
} from "./layerForms.js";
import {
  insertLayer,
  moveLayer,
  readSequential,
  removeLayer,
  replaceLayer,
  type SequentialCode,
  writeLayer,
} from "./sequentialCode.js";

const CODE = `// my model
utils.setRandomSeed(seed);
const mine: Sequential = new Sequential([
  Input([28, 28, 1]), // images
  new layers.Conv2D(8, [3, 3], { activation: 'relu', "useBias": false }),
  new layers.MaxPooling2D(),
  new layers.Dropout(0.2, { seed: -1_0 }),
  /* the end */ new layers.Dense(10, { activation: "softmax", kernelRegularizer: { l2: 1e-3 } }),
]);
mine.summary();
`;

function read(code: string): SequentialCode {
  const model = readSequential(code);
  if ("reason" in model) throw new Error(JSON.stringify(model));
  return model;
}

const names = (code: string) => read(code).layers.map(({ className }) => className);

describe("reading new Sequential([…])", () => {
  it("gives classes and arguments by their names", () => {
    expect(read(CODE).layers.map(({ className, args }) => ({ className, args }))).toEqual([
      { className: "InputLayer", args: { shape: [28, 28, 1] } },
      { className: "Conv2D", args: { filters: 8, kernelSize: [3, 3], activation: "relu", useBias: false } },
      { className: "MaxPooling2D", args: {} },
      { className: "Dropout", args: { rate: 0.2, seed: -10 } },
      { className: "Dense", args: { units: 10, activation: "softmax", kernelRegularizer: { l2: 0.001 } } },
    ]);
  });

  it.each([
    ["const x = 1;", { reason: "none" }],
    ["new Sequential(list)", { reason: "none" }],
    ["new Sequential([\n  ...more,\n])", { reason: "notPlain", line: 2, code: "..." }],
    ["new Sequential([new layers.Dense(units)])", { reason: "notPlain", line: 1, code: "units" }],
    ["new Sequential([new layers.Dense(2 * 5)])", { reason: "notPlain", line: 1, code: "2 * 5" }],
    ["new Sequential([\n\n  output,\n])", { reason: "notALayer", line: 3, code: "output" }],
    ["new Sequential([layers.Dense(3)])", { reason: "notALayer", line: 1, code: "layers.Dense(3)" }],
    ["new Sequential([new layers.Dense(3, 4)])", { reason: "unknownArgument", line: 1, code: "4" }],
    ["new Sequential([new layers.Dense(`3`)])", { reason: "notPlain", line: 1, code: "`3`" }],
    ["new Sequential([new layers.Dense({ ...o })])", { reason: "notPlain", line: 1, code: "...o" }],
    ["new Sequential([new layers.Dense({ units })])", { reason: "notPlain", line: 1, code: "units" }],
  ] as const)("says what it cannot read: %s", (code, problem) => {
    expect(readSequential(code)).toEqual(problem);
  });

  it("never throws and never takes half of a program for a whole one", () => {
    for (let length = 0; length <= CODE.length; length++) {
      const model = readSequential(CODE.slice(0, length));
      if (!("reason" in model)) expect(length).toBeGreaterThan(CODE.indexOf("]);"));
    }
    fc.assert(
      fc.property(fc.string(), fc.nat(CODE.length), (noise, at) => {
        readSequential(CODE.slice(0, at) + noise + CODE.slice(at));
      }),
    );
  });
});

const plainValue = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom("relu", "it's", 'say "no"'.replaceAll('"', "'")),
);
const value: fc.Arbitrary<Value> = fc.oneof(plainValue, fc.array(plainValue, { maxLength: 3 }));
const layer = fc
  .constantFrom(...layerForms)
  .chain((form) =>
    fc
      .record(
        Object.fromEntries([...form.fields.map(({ name }) => name), "name"].map((name) => [name, value])),
      )
      .map((args) => ({ className: form.className, args: args as Record<string, Value> })),
  );

describe("writing layers", () => {
  it("is read back as it was", () => {
    fc.assert(
      fc.property(fc.array(layer, { minLength: 1, maxLength: 5 }), (list) => {
        const code = `new Sequential([${list.map((one) => writeLayer(one)).join(", ")}])`;
        const again = read(code).layers.map(({ className, args }) => ({ className, args }));
        // -0 is 0
        expect(JSON.stringify(sorted(again))).toBe(JSON.stringify(sorted(list)));
      }),
    );
  });

  it("looks as a person would write it", () => {
    expect(writeLayer({ className: "Dense", args: { units: 10, activation: "softmax" } })).toBe(
      'new layers.Dense(10, { activation: "softmax" })',
    );
    expect(writeLayer({ className: "InputLayer", args: { shape: [28, 28] } })).toBe("Input([28, 28])");
    expect(writeLayer({ className: "Flatten", args: {} }, "")).toBe("new Flatten()");
  });
});

/** With arguments in the order of their names. */
const sorted = (list: readonly { className: string; args: Readonly<Record<string, Value>> }[]) =>
  list.map(({ className, args }) => [className, Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1))]);

describe("changing code", () => {
  const model = read(CODE);

  it("replaces one layer and leaves the rest, comments too", () => {
    const changed = replaceLayer(CODE, model, 4, { className: "Dense", args: { units: 5 } });
    expect(changed).toBe(CODE.replace(/new layers\.Dense\(.*\)(?=,\n\])/, "new layers.Dense(5)"));
    expect(changed).toContain("/* the end */ new layers.Dense(5),");
  });

  it("inserts at each place, laid out as the others", () => {
    const flatten = { className: "Flatten", args: {} };
    expect(insertLayer(CODE, model, 2, flatten)).toBe(
      CODE.replace("  new layers.MaxPooling2D", "  new layers.Flatten(),\n  new layers.MaxPooling2D"),
    );
    for (let index = 0; index <= 5; index++) {
      const order = names(CODE);
      order.splice(index, 0, "Flatten");
      expect(names(insertLayer(CODE, model, index, flatten))).toEqual(order);
    }
    const line = "new Sequential([new Dense(1)])";
    expect(insertLayer(line, read(line), 1, flatten)).toBe("new Sequential([new Dense(1), new Flatten()])");
    const empty = "  const m = new Sequential([]);";
    expect(insertLayer(empty, read(empty), 0, flatten)).toBe(
      "  const m = new Sequential([\n    new layers.Flatten(),\n  ]);",
    );
  });

  it("removes each, down to none", () => {
    for (let index = 0; index < 5; index++) {
      expect(names(removeLayer(CODE, model, index))).toEqual(names(CODE).filter((_, i) => i !== index));
    }
    let code = CODE;
    while (read(code).layers.length > 0) code = removeLayer(code, read(code), 0);
    expect(code).toContain("mine.summary();");
  });

  it("moves a layer without touching lines or comments", () => {
    const moved = moveLayer(CODE, model, 3, 1);
    expect(names(moved)).toEqual(["InputLayer", "Dropout", "Conv2D", "MaxPooling2D", "Dense"]);
    expect(moved.split("\n")).toHaveLength(CODE.split("\n").length);
    expect(moveLayer(moved, read(moved), 1, 3)).toBe(CODE);
  });
});

describe("the form's fields", () => {
  const field = (className: string, name: string) => {
    const found = formOf(className)?.fields.find((one) => one.name === name);
    if (!found) throw new Error(name);
    return found;
  };

  it.each([
    ["Dense", "units", " 64 ", 64],
    ["Dense", "units", "", undefined],
    ["Dense", "units", "many", undefined],
    ["Dropout", "rate", "0.25", 0.25],
    ["Conv2D", "kernelSize", "3 × 5", [3, 5]],
    ["Conv2D", "kernelSize", "[3, 3]", [3, 3]],
    ["Conv2D", "kernelSize", "3", 3],
    ["Conv2D", "kernelSize", "3, x", undefined],
    ["MaxPooling2D", "strides", "", null],
    ["InputLayer", "shape", "784", [784]],
    ["Dense", "useBias", "false", false],
  ] as const)("%s.%s reads %j", (className, name, typed, expected) => {
    expect(fieldValue(field(className, name), typed)).toEqual(expected);
  });

  it("show what is there, or Keras's default", () => {
    expect(fieldText(field("Conv2D", "kernelSize"), { kernelSize: [3, 5] })).toBe("3, 5");
    expect(fieldText(field("MaxPooling2D", "poolSize"), {})).toBe("2");
    expect(fieldText(field("Dense", "activation"), {})).toBe("linear");
    expect(fieldText(field("Dense", "useBias"), { useBias: false })).toBe("false");
  });

  it("leave out of the code what Keras would take anyway", () => {
    const args = { units: 3, activation: "relu" };
    expect(withArgument(args, field("Dense", "activation"), "linear")).toEqual({ units: 3 });
    expect(withArgument(args, field("Dense", "useBias"), true)).toEqual(args);
    expect(withArgument(args, field("Dense", "useBias"), false)).toEqual({ ...args, useBias: false });
    expect(Object.keys(withArgument(args, field("Dense", "units"), 4))).toEqual(["units", "activation"]);
  });

  it("become Keras's config", () => {
    expect(read(CODE).layers.map(layerConfig).slice(0, 2)).toEqual([
      { className: "InputLayer", config: { batch_shape: [null, 28, 28, 1] } },
      {
        className: "Conv2D",
        config: { filters: 8, kernel_size: [3, 3], activation: "relu", use_bias: false },
      },
    ]);
  });
});
