import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { buildCommand, folderWith, keratin, scratch, smallMnist } from "./command.js";

let data: string;
beforeAll(async () => {
  await buildCommand();
  data = folderWith("mnist", smallMnist());
});

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Writes a user's file. */
function file(path: string, content: string): string {
  const whole = join(scratch, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}
/** A folder in which one package is installed. */
function folderWithPackage(folder: string, name: string): void {
  mkdirSync(join(scratch, folder, "node_modules"), { recursive: true });
  symlinkSync(join(modules, name), join(scratch, folder, "node_modules", name), "dir");
}
const practical = (model: string, out: string) => [
  ...["practical", "--data", data, "--models", "multinom", "--epochs", "1", "--verbose", "0"],
  ...["--model", model, "--out", out],
];

const TYPESCRIPT = `
import { Input, layers, Sequential, type Model } from "keratin";
import { hidden } from "./hidden.js";

export default function (): Model {
  const units: number = hidden satisfies number;
  return new Sequential([
    Input([28, 28, 1]),
    new layers.Conv2D(2, 3),
    new layers.Flatten(),
    new layers.Dense(units, { activation: "relu" }),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
}
`;

describe("keratin practical --model", () => {
  it("trains a model of the user's own beside the practical's, and compares them", async () => {
    const path = file(
      "own/mine.mjs",
      `import { Input, layers, Sequential } from "keratin";
export default async () => {
  const model = new Sequential([Input([784]), new layers.Dense(10, { activation: "softmax" })]);
  model.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy" });
  return model;
};`,
    );
    const { code, stdout, stderr } = await keratin(practical(path, "own-report"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("── mine ─");
    expect(stdout).toContain("Your own model, from mine.mjs.");
    expect(stdout).toMatch(/\nmultinom +7,850 +0\.\d{4} +0\.9259 .*\nmine +7,850 +0\.\d{4} {4,}/);
    const report = JSON.parse(readFileSync(join(scratch, "own-report", "report.json"), "utf8"));
    expect(report.models.map(({ name }: { name: string }) => name)).toEqual(["multinom", "mine"]);
    // compiled without the metric: the accuracy comes from the predictions
    expect(Object.keys(report.models[1].history)).toEqual(["loss", "val_loss"]);
    expect(report.models[1].test.accuracy).toBeGreaterThan(0);
  });

  it.each(["esbuild", "typescript"])("reads TypeScript with the %s of the user's project", async (name) => {
    folderWithPackage(name, name);
    file(`${name}/hidden.ts`, "export const hidden: number = 7;");
    const path = file(`${name}/conv.ts`, TYPESCRIPT);
    const { code, stdout, stderr } = await keratin(practical(path, `${name}-report`));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("dense: 1,352 × 7 weights + 7 biases = 9,471");
  });

  it.skipIf(Boolean((process.features as { typescript?: unknown }).typescript))(
    "says what to do where nothing can read TypeScript",
    async () => {
      const { code, stderr } = await keratin(practical(file("plain/conv.ts", TYPESCRIPT), "plain-report"));
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^keratin: --model .*conv\.ts: the file cannot be run\. .* is TypeScript, which Node .* does not run by itself\. Use Node 22\.18 or later, or install esbuild or typescript beside the file, or write it in JavaScript \(\.mjs\)\.\n$/,
      );
    },
  );

  const sequential = (...list: string[]) =>
    `import { Input, layers, Sequential } from "keratin"; export default () => new Sequential([${list.join(", ")}]);`;
  it.each([
    ["no such file", "nowhere.mjs", undefined, "there is no such file."],
    ["another kind of file", "model.py", "", "expected a file that ends in .ts, .mts, .js, .mjs."],
    ["a name that is taken", "cnn.mjs", "", "one of the practical's models is called 'cnn' already."],
    ["a mistake in the file", "syntax.mjs", "export default (", "the file cannot be run."],
    [
      "something that it needs and is not there",
      "needs.mjs",
      'import "nothing";',
      "Cannot find package 'nothing'",
    ],
    [
      "no default export",
      "none.mjs",
      "export const model = 1;",
      "expected the default export to be a function",
    ],
    [
      "a function that gives no model",
      "zero.mjs",
      "export default () => 0;",
      "return a model, for instance: export default () => new Sequential([Input([28, 28]), ",
    ],
    [
      "a layer's mistake",
      "layer.mjs",
      sequential("Input([28, 28])", "new layers.Dense(0)"),
      "`units` in layer dense, expected a positive integer. Received: units=0",
    ],
    [
      "an input of another size",
      "input.mjs",
      sequential("Input([32, 32])", "new layers.Flatten()", "new layers.Dense(10)"),
      "whose input is Input([28, 28]), Input([28, 28, 1]) or Input([784]). Received: [null,32,32].",
    ],
    [
      "outputs for other classes",
      "classes.mjs",
      sequential("Input([28, 28])", "new layers.Flatten()", "new layers.Dense(9)"),
      "expected 10 outputs, a probability for each digit",
    ],
  ])("refuses %s before anything is trained", async (_, name, content, message) => {
    const path = content === undefined ? name : file(`refused/${name}`, content);
    const { code, stdout, stderr } = await keratin(practical(path, "refused-report"));
    expect(stderr).toContain(`keratin: --model ${path}: `);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });
});
